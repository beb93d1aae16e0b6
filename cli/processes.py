"""honcho's manager, with what a run on a laptop needs besides."""

import os
import signal
import ssl
import subprocess
from collections.abc import Callable
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Thread
from typing import Any

import click
import honcho.manager
from honcho.manager import SIGNALS, Manager
from honcho.process import Popen, Process

from models.clock import SystemClock
from models.settings import Settings

# Longer than the web server waits for its last requests; honcho kills after that. There is no
# argument for it.
honcho.manager.KILL_WAIT = 10

READY_SECONDS = 60
ORPHAN_SECONDS = 5


class WatchedProcess(Process):  # type: ignore[misc]  # honcho has no types.
    """A process whose end is seen although its children live on.

    honcho waits until nobody holds the output any more. A killed worker leaves its scheduler
    behind, which holds it for ever, and the run would go on without a worker.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._child_ctor = _start_watched


def _start_watched(*args: Any, **options: Any) -> subprocess.Popen[bytes]:
    child: subprocess.Popen[bytes] = Popen(*args, **options)
    Thread(target=_end_children_of, args=(child,), daemon=True).start()
    return child


def _end_children_of(leader: subprocess.Popen[bytes]) -> None:
    leader.wait()
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(leader.pid, number)
        SystemClock().sleep(ORPHAN_SECONDS)


class Processes(Manager):  # type: ignore[misc]  # honcho has no types.
    """Says where to go once the web answers, and survives being stopped while it starts."""

    def __init__(self, settings: Settings, welcome: str, asked: Callable[[], bool]) -> None:
        super().__init__()
        self._process_ctor = WatchedProcess
        self._settings = settings
        self._welcome = welcome
        self._asked_before = asked
        self._stop_when_started = False

    @property
    def was_asked_to_stop(self) -> bool:
        """Whether a signal ended the loop, and not a process that died."""
        return self.returncode in {known["rc"] for known in SIGNALS.values()}

    def _start(self) -> None:
        super()._start()
        if self._asked_before():  # In the moment before the loop listened to signals itself.
            self.returncode = SIGNALS[signal.SIGTERM]["rc"]
            self._stop_when_started = True
        # Only now, because honcho forks, and a fork with a second thread running may hang.
        Thread(target=self._greet, daemon=True).start()

    def _greet(self) -> None:
        clock = SystemClock()
        for _ in range(READY_SECONDS * 10):
            if is_healthy(self._settings):
                click.echo(self._welcome)
                return
            clock.sleep(0.1)

    def terminate(self) -> None:
        # honcho signals processes by their ids, which it does not know before all have reported.
        if super()._all_started():
            super().terminate()
        else:
            self._stop_when_started = True

    def _all_started(self) -> bool:
        started = bool(super()._all_started())
        if started and self._stop_when_started:
            self._stop_when_started = False
            super().terminate()
        return started


def _connection(settings: Settings) -> HTTPConnection:
    host, port, seconds = settings.local_host, settings.port, 2
    if not settings.tls:
        return HTTPConnection(host, port, timeout=seconds)
    trusted = ssl.create_default_context(cafile=str(settings.authority))
    return HTTPSConnection(host, port, timeout=seconds, context=trusted)


def is_healthy(settings: Settings) -> bool:
    """Whether the web process answers /healthz. Asked directly, never through a proxy."""
    try:
        with closing(_connection(settings)) as connection:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
    except (OSError, HTTPException):  # An OSError too where the certificate is not made yet.
        return False

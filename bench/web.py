"""The web process as the Procfile starts it, and a client that keeps its connection."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

from honcho.environ import parse_procfile

from cli.environment import ROOT
from models.clock import SystemClock
from tests.servers import free_port

HOST = "127.0.0.1"
START_SECONDS = 60
STOP_SECONDS = 60


@dataclass
class Client:
    """One phone's connection. Nothing is compressed on the way."""

    port: int
    token: str = ""
    connection: HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = HTTPConnection(HOST, self.port)

    def post(self, path: str, body: bytes) -> bytes:
        """The answer's body; anything but 200 is an error."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
        }
        self.connection.request("POST", path, body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}: {content[:500]!r}")
        return content

    def reconnect(self) -> None:
        """A fresh connection: the server closes one that has been idle for two seconds."""
        self.connection.close()
        self.post("/bench/bytes/1", b"{}")


class Web(NamedTuple):
    """Where the web process listens, and the process that has started the others."""

    port: int
    pid: int


@contextmanager
def running_web(home: Path, database_url: str, redis_url: str, workers: int) -> Iterator[Web]:
    """The Procfile's web process with the bare views, for as long as the block lasts."""
    port = free_port()
    variables = {
        "ONSITE_HOME": home,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "ONSITE_BIND": HOST,
        "PORT": port,
    }
    named = [f"{name}={value}" for name, value in variables.items()]
    command = ["env", *named, "sh", "-c", web_command(workers)]
    with (home / "web.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT)
    try:
        _wait_for(port, server, home / "web.log")
        yield Web(port, server.pid)
    finally:
        server.send_signal(signal.SIGQUIT)  # At once: nobody is being served any more.
        server.wait(STOP_SECONDS)


def web_command(workers: int) -> str:
    """The Procfile's line for the web, with the bench's application in place of its own."""
    command: str = parse_procfile((ROOT / "Procfile").read_text()).processes["web"]
    command = command.replace("api.app:", "bench.app:")
    command = command.replace("exec gunicorn", f"exec {sys.executable} -m gunicorn")
    return re.sub(r"--workers \d+", f"--workers {workers}", command)


def _wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    clock = SystemClock()
    client = Client(port)
    for _ in range(START_SECONDS * 20):
        try:
            client.reconnect()
            client.connection.close()
            return
        except OSError:
            if server.poll() is not None:
                break
            clock.sleep(0.05)
    raise RuntimeError("the web process did not start:\n" + log.read_text())

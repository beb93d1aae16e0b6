"""`onsite run`: everything on this machine, started by one command and stopped by Ctrl-C.

Redis first and last, the release as a step of its own, and between them what the Procfile says.
"""

import fcntl
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from types import FrameType

import click
import segno
from honcho.environ import parse_procfile
from redis import Redis
from redis.exceptions import RedisError

from cli.decided import decided
from cli.environment import ROOT, read_settings
from cli.processes import Processes
from cli.redis_server import NoRedis, find_program, running_redis
from cli.secrets import OTP_FILE, PASSWORD_FILE, SAMPLE_PASSWORD_FILE, SUPERVISOR
from cli.tls import addresses, certificate
from models.clock import SystemClock
from models.dialect import file_of
from models.settings import Settings, misspelt

DEFAULT_PORT = 8000
UNRELEASED = "The release did not succeed, so nothing was started"


class StopRequest:
    """Remembers that somebody asked to stop, until a step of the start can act on it.

    Raising from a signal is shorter, but may strike while a process has been started and nobody
    knows it yet; Redis would stay behind.
    """

    def __init__(self) -> None:
        self.made = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._make)

    def _make(self, _number: int, _frame: FrameType | None) -> None:
        self.made = True


@click.command()
def run() -> None:
    """Start Redis, web, worker and cron on this machine, and stop them all on Ctrl-C."""
    settings = read_settings()
    stop = StopRequest()
    with _only_one(settings.home):
        _check_port(settings)
        if settings.tls:
            certificate(settings.tls_folder, SystemClock().now(), addresses())
        with _redis(settings) as redis_url:
            environ = _environment(settings, redis_url)
            commands = dict(parse_procfile((ROOT / "Procfile").read_text()).processes)
            release = commands.pop("release")
            if is_first(settings):
                _make_sample(release, environ, settings, stop)
            elif not stop.made:
                _step(release, environ, stop, UNRELEASED)
            code = 0 if stop.made else _manage(commands, environ, settings, stop)
    sys.exit(code)


@contextmanager
def _only_one(home: Path) -> Iterator[None]:
    """Two runs in one home would share a Redis folder and do every job twice."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (home / "run.lock").open("a+")
    except OSError as error:
        raise click.ClickException(f"ONSITE_HOME {home} cannot be used: {error.strerror}") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise click.ClickException(
                f"Onsite already runs in {home} (process {lock.read().strip()}): stop it, "
                "or give this run another ONSITE_HOME"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _check_port(settings: Settings) -> None:
    """Find out now, in one line, what the web process would say later in fifty."""
    host = settings.bind.strip("[]")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        # As the server does: a port whose last connections are still fading away is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, settings.port))
        except OSError as error:
            raise click.ClickException(
                f"Port {settings.port} of {host} cannot be used ({error.strerror}): "
                f"stop what uses it, or choose another: PORT={settings.port % 65535 + 1}"
            ) from None


@contextmanager
def _redis(settings: Settings) -> Iterator[str]:
    """The Redis that was named, or one of our own for as long as the block lasts."""
    try:
        if settings.redis_url:
            yield _answering(settings.redis_url)
            return
        with running_redis(find_program(settings.redis_server), settings.home / "redis") as url:
            yield url
    except NoRedis as error:
        raise click.ClickException(str(error)) from None


def _answering(url: str) -> str:
    try:
        with Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5) as client:
            client.ping()
    except (RedisError, ValueError) as error:
        raise NoRedis(f"REDIS_URL names a Redis that does not answer: {error}") from None
    return url


def _environment(settings: Settings, redis_url: str) -> dict[str, str]:
    """What the processes are told: ours, with every path made absolute and nothing left open."""
    wrong = misspelt(os.environ)  # They have been told of once.
    ours = {name: text for name, text in os.environ.items() if name not in wrong}
    return {
        **ours,
        **decided(settings, os.environ),
        "REDIS_URL": redis_url,
        "ONSITE_HOME": str(settings.home),
        "DATABASE_URL": settings.database_url,
        "BLOB_URL": settings.blob_url,
        "ONSITE_BIND": settings.bind,
        "TLS": "1" if settings.tls else "0",
        "ONSITE_LOG_LEVEL": settings.log_level,
        "PORT": str(settings.port),
        "PYTHONUNBUFFERED": "1",
        # The commands of this installation come first, whether or not it was activated.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }


def is_first(settings: Settings) -> bool:
    """Whether this start makes its own database file, and may fill it with the sample company."""
    if os.environ.get("DATABASE_URL", "").strip() or settings.sample == "0":
        return False
    file = file_of(settings.database_url)
    return file is not None and not file.exists()


def _make_sample(
    release: str, environ: dict[str, str], settings: Settings, stop: StopRequest
) -> None:
    """Make the sample company in a draft, which becomes the database once it is whole: a start
    that is broken off leaves nothing half-made."""
    file = file_of(settings.database_url)
    assert file is not None  # `is_first` has seen to it
    draft = file.with_name(f"draft-{file.name}")
    for left in file.parent.glob(f"{draft.name}*"):
        left.unlink()
    environ = environ | {"DATABASE_URL": f"sqlite:///{draft}"}
    click.echo("First start: making a sample company, which takes a few minutes on a slow machine.")
    click.echo("To start without: ONSITE_SAMPLE=0 make run")
    _step(release, environ, stop, UNRELEASED)
    command = "exec onsite sample --quiet" + (" --small" if settings.sample == "small" else "")
    if not stop.made:
        _step(command, environ, stop, "No sample company; start without it: ONSITE_SAMPLE=0")
    if not stop.made:
        # The file itself comes last: where it is, it is whole.
        for part in sorted(file.parent.glob(f"{draft.name}*"), reverse=True):
            part.rename(part.with_name(part.name.removeprefix("draft-")))


def _step(command: str, environ: dict[str, str], stop: StopRequest, complaint: str) -> None:
    """Run a command to its end before anything else is started."""
    # In a session of its own, so that Ctrl-C reaches it by us only and leaves no traceback.
    process = subprocess.Popen(command, shell=True, env=environ, cwd=ROOT, start_new_session=True)
    while process.poll() is None:
        if stop.made:
            process.terminate()
        SystemClock().sleep(0.05)
    if process.returncode and not stop.made:
        raise click.ClickException(complaint)


def _manage(
    commands: dict[str, str], environ: dict[str, str], settings: Settings, stop: StopRequest
) -> int:
    click.echo(f"Starting {', '.join(commands)} ...")
    processes = Processes(settings, _welcome(settings), lambda: stop.made)
    for name, command in commands.items():
        processes.add_process(name, command, env=environ, cwd=str(ROOT))
    processes.loop()
    if processes.was_asked_to_stop:
        return 0
    click.echo("A process stopped by itself, so all were stopped; see its last lines.", err=True)
    return 1


def _welcome(settings: Settings) -> str:
    """Where to go next, said when there is somewhere to go."""
    lines = [f"Onsite is ready: {settings.local_url}"]
    if settings.tls:
        lines += _for_phones(settings)
    password = settings.home / PASSWORD_FILE
    if password.exists():
        lines.append(f"Log in as {SUPERVISOR}; the password is in {password}")
    otp = settings.home / OTP_FILE
    if otp.exists():
        lines.append(f"... and the second factor, for an app that shows its codes, in {otp}")
    if (settings.home / SAMPLE_PASSWORD_FILE).exists():
        from cli.sample import log_ins

        lines += log_ins(settings).splitlines()
    tour = "make tour"
    if settings.port != DEFAULT_PORT:
        tour = f"PORT={settings.port} {tour}"
    if settings.tls:
        tour = f"TLS=1 {tour}"
    lines += [f"See a working day go by, in another terminal: {tour}", "Stop with Ctrl-C."]
    return "\n".join(["", *(f"    {line}" for line in lines), "", ""])


def _for_phones(settings: Settings) -> list[str]:
    """Where a phone in the same network goes, to be typed or taken by its camera."""
    urls = [settings.url_at(str(address)) for address in addresses()] or [settings.local_url]
    return [
        f"From a phone in the same network: {' or '.join(urls)}",
        *(click.style(line, fg="bright_white", bg="black") for line in qr_code(urls[0])),
        f"Its browser warns once: go on, and open {urls[0]}/onsite-ca.crt to install the",
        "certificate; on an iPhone, then switch it on in Settings > General > About.",
    ]


def qr_code(text: str) -> list[str]:
    """The text as lines of blocks, which a camera reads from a terminal."""
    picture = StringIO()
    segno.make(text).terminal(picture, compact=True)
    return picture.getvalue().splitlines()

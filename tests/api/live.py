"""A real server over a world's house, and connections that can be cut."""

import http.client
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from models.clock import SystemClock
from tests.api.door import BYTES, TUS, Phone
from tests.servers import free_port
from tests.world import World

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 30
RESET = struct.pack("ii", 1, 0)  # linger for no time at all: closing sends RST


@dataclass(frozen=True)
class Live:
    """A server that listens on a port of this machine, and what it says."""

    port: int
    log: Path
    pid: int = 0

    def ask(
        self, method: str, path: str, phone: Phone, data: bytes = b"", **headers: str
    ) -> http.client.HTTPResponse:
        """One request on a connection of its own; the answer has been read."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent |= {**TUS, "Authorization": f"Bearer {phone.token}", "Connection": "close"}
        try:
            connection.request(method, path, data, sent)
            answer = connection.getresponse()
            answer.read()
            return answer
        finally:
            connection.close()

    def append(self, path: str, phone: Phone, offset: int, data: bytes) -> int:
        """Append bytes; answers the status."""
        return self.ask(
            "PATCH", path, phone, data, Upload_Offset=str(offset), Content_Type=BYTES
        ).status

    def offset(self, path: str, phone: Phone) -> int:
        """How far the upload has come."""
        answer = self.ask("HEAD", path, phone)
        assert answer.status == 200
        return int(answer.headers["Upload-Offset"])

    @contextmanager
    def appending(self, path: str, phone: Phone, offset: int, size: int) -> Iterator[socket.socket]:
        """A connection on which so many bytes are announced, and none is sent yet."""
        lines = [
            f"PATCH {path} HTTP/1.1",
            "Host: onsite",
            f"Authorization: Bearer {phone.token}",
            "Tus-Resumable: 1.0.0",
            f"Upload-Offset: {offset}",
            f"Content-Type: {BYTES}",
            f"Content-Length: {size}",
            "Connection: close",
        ]
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE_SECONDS) as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode())
            yield connection


def reset(connection: socket.socket) -> None:
    """Have the connection end with RST when it is closed."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def wait_until(true: Callable[[], bool]) -> None:
    """Wait until the function says so."""
    for _ in range(PATIENCE_SECONDS * 50):
        if true():
            return
        SystemClock().sleep(0.02)
    raise AssertionError("it did not come true in time")


@contextmanager
def running(world: World, **variables: str) -> Iterator[Live]:
    """gunicorn as the Procfile starts it, over the world's database and blobs."""
    settings = world.house.settings
    environ = {
        **os.environ,
        "ONSITE_HOME": str(settings.home),
        "DATABASE_URL": settings.database_url,
        "BLOB_URL": settings.blob_url,
        "ONSITE_SECOND_FACTOR": settings.second_factor,
        **variables,
    }
    environ.pop("REDIS_URL", None)
    port = free_port()
    command = ["gunicorn", "api.app:create_app()", "--bind", f"127.0.0.1:{port}"]
    options = [
        "--config",
        "python:api.serving",
        "--worker-class",
        "gthread",
        "--workers",
        "2",
        "--threads",
        "8",
        "--no-control-socket",
    ]
    log = settings.home / "gunicorn.log"
    with log.open("wb") as file:
        server = subprocess.Popen(
            [sys.executable, "-m", *command, *options], cwd=ROOT, env=environ, stderr=file
        )
    try:
        wait_until(lambda: _listens(port))
        yield Live(port, log, server.pid)
    finally:
        server.terminate()
        server.wait(PATIENCE_SECONDS)
    assert b"Traceback" not in log.read_bytes(), log.read_text()


def _listens(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()

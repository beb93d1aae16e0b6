"""The real server: its limits, its log, and the figures of all its processes together."""

import http.client
import json
import re
import selectors
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.api.door import Door
from tests.api.live import Live, running, wait_until
from tests.servers import DatabaseServer
from tests.world import World

PATIENCE_SECONDS = 30
STALL_SECONDS = 1


@pytest.fixture(scope="module")
def live(
    sqlite: DatabaseServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Live, World]]:
    """One server of two processes for all these tests."""
    url = sqlite.fresh()
    world = World.open(url, tmp_path_factory.mktemp("home"))
    with running(world, ONSITE_STALL_SECONDS=str(STALL_SECONDS)) as server:
        yield server, world
    world.close()
    sqlite.drop(url)


def get(live: Live, path: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=PATIENCE_SECONDS)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", path, headers={"Connection": "close", **named})
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def raw(live: Live, text: bytes) -> bytes:
    """What comes back for these bytes, until the server ends the connection."""
    with socket.create_connection(("127.0.0.1", live.port), PATIENCE_SECONDS) as connection:
        connection.sendall(text)
        received = b""
        while piece := connection.recv(65536):
            received += piece
        return received


def figure(live: Live, name: str) -> float | None:
    """One of the figures, as whichever process is asked tells it."""
    figures = get(live, "/metrics")[1].decode()
    found = re.search(rf"^{re.escape(name)} (\S+)$", figures, re.MULTILINE)
    return float(found[1]) if found else None


def lines(live: Live) -> list[dict[str, Any]]:
    return [json.loads(line) for line in live.log.read_text().splitlines()]


def test_every_process_tells_the_figures_of_all(live: tuple[Live, World]) -> None:
    server, _ = live
    asked_times = 0

    def both_answered() -> bool:
        nonlocal asked_times
        asked_times += 20
        with ThreadPoolExecutor(10) as many:
            list(many.map(lambda number: get(server, f"/nothing/{number}"), range(20)))
        answers = [line for line in lines(server) if line["logger"] == "onsite.request"]
        return len({line["process"] for line in answers}) == 2

    wait_until(both_answered)
    asked = 'onsite_requests_total{method="GET",route="none",status="404"}'
    wait_until(
        lambda: figure(server, asked) == asked_times
    )  # a request is told of when it has ended
    wait_until(lambda: figure(server, "onsite_requests_running") == 1)
    assert {figure(server, asked) for _ in range(10)} == {asked_times}
    assert figure(server, 'onsite_ready{check="database"}') == 1


def test_every_line_of_the_log_is_json(live: tuple[Live, World]) -> None:
    server, _ = live
    id_ = get(server, "/nothing?token=hunter2", Authorization="Bearer hunter2")[0].headers[
        "X-Request-Id"
    ]
    wait_until(lambda: id_ in server.log.read_text())
    (line,) = [line for line in lines(server) if line.get("id") == id_]
    assert (line["status"], line["path"], line["client"]) == (404, "/…", "127.0.0.1")
    assert {"gunicorn.error", "onsite.request"} <= {line["logger"] for line in lines(server)}
    assert "hunter2" not in server.log.read_text()


def test_what_is_no_request_is_refused_and_not_repeated_in_the_log(
    live: tuple[Live, World],
) -> None:
    server, _ = live
    for nonsense in (
        b"hunter2\r\n\r\n",
        b"GET /?token=hunter2 HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization : Bearer hunter2\r\n\r\n",
    ):
        assert b" 400 " in raw(server, nonsense).splitlines()[0]
    wait_until(lambda: server.log.read_text().count("Invalid request from ip=127.0.0.1") >= 3)
    assert "hunter2" not in server.log.read_text()


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /" + b"x" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b" 414 "),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 9000 + b"\r\n\r\n", b" 431 "),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: x\r\n" * 100 + b"\r\n", b" 431 "),
    ],
    ids=["a long line", "a large header", "many headers"],
)
def test_a_request_has_limits(live: tuple[Live, World], request_: bytes, status: bytes) -> None:
    assert status in raw(live[0], request_).splitlines()[0]


def test_the_server_does_not_tell_its_version(live: tuple[Live, World]) -> None:
    answer, _ = get(live[0], "/healthz")
    assert answer.headers["Server"] == "gunicorn"


def test_nobody_else_says_by_which_scheme_it_was_asked(live: tuple[Live, World]) -> None:
    answer, _ = get(live[0], "/healthz", X_Forwarded_Proto="https", X_Forwarded_For="6.6.6.6")
    assert answer.headers["Strict-Transport-Security"] is None


@pytest.mark.parametrize(
    "begun",
    [
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: 100\r\n\r\n{",
    ],
    ids=["within the headers", "within the body"],
)
def test_clients_that_fall_silent_hold_no_thread(live: tuple[Live, World], begun: bytes) -> None:
    """More of them than there are threads. The server ends them, and answers somebody else."""
    server, _ = live
    with selectors.DefaultSelector() as silent:
        for _ in range(20):
            connection = socket.create_connection(("127.0.0.1", server.port), PATIENCE_SECONDS)
            connection.sendall(begun)
            silent.register(connection, selectors.EVENT_READ)
        while silent.get_map():
            ready = silent.select(PATIENCE_SECONDS)
            assert ready != []
            for key, _ in ready:
                assert isinstance(key.fileobj, socket.socket)
                if not key.fileobj.recv(65536):
                    silent.unregister(key.fileobj)
                    key.fileobj.close()
    assert get(server, "/healthz")[0].status == 200


def test_an_upload_that_falls_silent_keeps_what_came(live: tuple[Live, World]) -> None:
    server, world = live
    door = Door(world)
    phone, visit = door.phone(), world.open_visit()
    data = b"0123456789" * 10_000
    phone.promise(data, visit)
    place = door.begin_upload(phone, data).headers["Location"]
    with server.appending(place, phone, 0, len(data)) as connection:
        connection.sendall(data[:50_000])
        while connection.recv(65536):
            pass
    assert 50_000 - 16_384 <= server.offset(place, phone) <= 50_000
    begun = server.offset(place, phone)
    assert server.append(place, phone, begun, data[begun:]) == 204


def test_a_wrong_setting_is_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gunicorn", "api.app:create_app()"]
    told = subprocess.run(
        [*command, "--config", "python:api.serving"],
        env={"PORT": "x", "ONSITE_HOME": str(tmp_path), "PATH": "/usr/bin"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1
    assert told.stderr.splitlines() == [
        "Error: PORT must be a number from 1 to 65535, for example PORT=8000"
    ]

"""`onsite run` as a newcomer meets it: a process of its own, with a real Redis."""

import json
import os
import signal
import socket
import ssl
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from cli.decided import decided
from cli.processes import is_healthy
from cli.run import qr_code
from cli.tls import addresses
from models.clock import SystemClock
from models.settings import Settings
from tests.cli.conftest import Run, Start


def test_it_says_where_to_go_answers_and_stops_without_a_trace(start: Start) -> None:
    run = start(ONSITE_LOG_LEVEL="DEBUG")
    run.wait_until_started()
    with urlopen(f"{run.settings.local_url}/readyz?exclude=backlog") as answer:
        assert json.load(answer)["ready"]
    check_second_run(start(), run)
    said = stopped(run, signal.SIGINT)
    assert f"Onsite is ready: {run.settings.local_url}" in said
    assert "200 GET /readyz" in said


def check_second_run(second: Run, first: Run) -> None:
    """A second run in the same home is told so, in one line, and disturbs nobody."""
    said = second.ended()
    assert second.process.returncode == 1
    assert said.startswith("Error: Onsite already runs in ")
    assert str(first.process.pid) in said
    assert len(said.splitlines()) == 1
    assert is_healthy(first.settings)


def stopped(run: Run, number: int) -> str:
    """What a run said that stops by this signal, as it should."""
    said = run.stop(number)
    assert run.process.returncode == 0, said
    assert "Traceback" not in said
    assert run.processes() == {}
    return said


def test_with_tls_a_phone_can_come_and_the_tour_too_and_machines_can_read_what_is_said(
    start: Start,
) -> None:
    run = start(TLS="1", ONSITE_LOG_FORMAT="json", ONSITE_LOG_LEVEL="DEBUG")
    run.wait_until_started()
    address = str(addresses()[0])
    trusted = ssl.create_default_context(cafile=str(run.settings.authority))
    url = f"{run.settings.url_at(address)}/onsite-ca.crt"
    with urlopen(url, context=trusted) as answer:
        assert answer.read() == run.settings.authority.read_bytes()
    with pytest.raises(URLError):
        urlopen(url, context=ssl.create_default_context())
    tour = run.onsite("tour")
    assert tour.returncode == 0, tour.stdout + tour.stderr
    said = stopped(run, signal.SIGTERM)
    assert f"From a phone in the same network: {run.settings.url_at(address)}" in said
    assert all(line in said for line in qr_code(run.settings.url_at(address)))
    assert '"path": ' in said


@pytest.mark.parametrize(
    ("said", "offered"),
    [
        ({}, "offered"),
        ({"ONSITE_BIND": "[::1]"}, "offered"),
        ({"ONSITE_BIND": "0.0.0.0"}, "required"),
        ({"DATABASE_URL": "postgresql://db/onsite"}, "required"),
        ({"ONSITE_SECOND_FACTOR": "required"}, None),
        ({"ONSITE_SECOND_FACTOR": "offered", "ONSITE_BIND": "0.0.0.0"}, None),
    ],
)
def test_a_second_factor_is_only_offered_where_nobody_else_gets_in(
    said: dict[str, str], offered: str | None
) -> None:
    assert decided(Settings.read(said), said).get("ONSITE_SECOND_FACTOR") == offered


def test_a_process_that_dies_ends_the_run(start: Start) -> None:
    run = start()
    run.wait_until_started()
    worker = [pid for pid, command in run.processes().items() if "-m worker" in command]
    os.kill(min(worker), signal.SIGKILL)
    said = run.ended()
    assert run.process.returncode == 1
    assert "A process stopped by itself" in said
    assert run.processes() == {}


def test_a_port_in_use_is_told_before_anything_starts(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        run = start(PORT=str(port))
        said = run.ended()
    assert run.process.returncode == 1
    assert said.startswith(f"Error: Port {port} of 127.0.0.1 cannot be used")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({"PORT": "lots"}, "Error: PORT must be a number"),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, "Error: REDIS_URL names a Redis that does not"),
        ({"DATABASE_URL": "postgresql://127.0.0.1:1/x"}, "Error: DATABASE_URL names a database"),
        ({"ONSITE_HOME": "/proc/home"}, "Error: ONSITE_HOME /proc/home cannot be used"),
    ],
)
def test_a_wrong_surrounding_is_one_line(
    start: Start, variables: dict[str, str], line: str
) -> None:
    run = start(**variables)
    said = run.ended()
    assert run.process.returncode == 1
    assert any(one.startswith(line) for one in said.splitlines())
    assert "Traceback" not in said


@pytest.mark.parametrize("seconds", [0, 0.4, 1.2])
def test_stopping_while_it_starts_leaves_nothing(start: Start, seconds: float) -> None:
    run = start()
    while not (run.settings.home / "run.lock").exists():
        SystemClock().sleep(0.01)
    SystemClock().sleep(seconds)
    said = run.stop()
    assert run.process.returncode == 0, said
    assert "Traceback" not in said
    assert run.processes() == {}

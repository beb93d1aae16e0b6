"""`onsite run` as a newcomer meets it: a process of its own, with a real Redis."""

import os
import signal
import socket

import pytest

from cli.processes import is_healthy
from models.clock import SystemClock
from tests.cli.conftest import Start


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_starts_answers_and_stops_without_a_trace(start: Start, number: int) -> None:
    run = start()
    run.wait_until_started()
    said = run.stop(number)
    assert run.process.returncode == 0, said
    assert "Traceback" not in said
    assert run.processes() == {}


def test_it_says_where_to_go(start: Start) -> None:
    run = start()
    run.wait_until_started()
    SystemClock().sleep(0.5)
    said = run.stop()
    assert f"Onsite is ready: {run.settings.local_url}" in said


def test_a_second_run_in_the_same_home_is_told_so(start: Start) -> None:
    first = start()
    first.wait_until_started()
    second = start()
    said = second.ended()
    assert second.process.returncode == 1
    assert said.startswith("Error: Onsite already runs in ")
    assert str(first.process.pid) in said
    assert len(said.splitlines()) == 1
    assert is_healthy(first.settings)


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
    assert said.startswith(line)
    assert "Traceback" not in said


def test_a_process_that_dies_ends_the_run_with_an_error(start: Start) -> None:
    run = start()
    run.wait_until_started()
    worker = [pid for pid, command in run.processes().items() if "-m worker" in command]
    os.kill(min(worker), signal.SIGKILL)
    said = run.ended()
    assert run.process.returncode == 1
    assert "A process stopped by itself" in said
    assert run.processes() == {}


@pytest.mark.parametrize("seconds", [0, 0.2, 0.4, 0.7, 1.0, 1.4])
def test_stopping_while_it_starts_leaves_nothing(start: Start, seconds: float) -> None:
    run = start()
    while not (run.settings.home / "run.lock").exists():
        SystemClock().sleep(0.01)
    SystemClock().sleep(seconds)
    said = run.stop()
    assert run.process.returncode == 0, said
    assert "Traceback" not in said
    assert run.processes() == {}

"""`onsite run` as a newcomer meets it: a process of its own, with a real Redis."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis

from cli.processes import is_healthy
from models.clock import SystemClock
from models.settings import Settings

ONSITE = Path(sys.executable).parent / "onsite"
SECONDS = 60
KEPT = ("PATH", "HOME", "REDIS_SERVER")  # A run is told nothing else of our surroundings.


@dataclass
class Run:
    """One run, its home and what it said."""

    variables: dict[str, str]
    process: subprocess.Popen[str]

    @property
    def settings(self) -> Settings:
        return Settings.read(self.variables)

    def wait_until_started(self) -> None:
        for _ in range(SECONDS * 10):
            if is_healthy(self.settings) and self.cron_is_there():
                return
            if self.process.poll() is not None:
                break
            SystemClock().sleep(0.1)
        pytest.fail("not healthy:\n" + self.stop(signal.SIGKILL))

    def cron_is_there(self) -> bool:
        """Whether cron has reported. Stopped while it does, RQ 3 shows a (harmless) traceback."""
        with Redis.from_url(f"unix://{self.settings.home}/redis/redis.sock") as client:
            return int(client.zcard("rq:cron_schedulers")) > 0

    def stop(self, number: int = signal.SIGINT) -> str:
        self.process.send_signal(number)
        return self.process.communicate(timeout=SECONDS)[0]

    def ended(self) -> str:
        """What it said, once it has ended of its own accord."""
        return self.process.communicate(timeout=SECONDS)[0]

    def processes(self) -> dict[int, str]:
        """The command lines of all processes that have this run's home in their environment."""
        found = {}
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                if f"ONSITE_HOME={self.settings.home}\0".encode() in path.read_bytes():
                    command = (path.parent / "cmdline").read_text().replace("\0", " ")
                    found[int(path.parent.name)] = command
            except OSError:
                continue  # It ended while we looked, or is somebody else's.
        return found


Start = Callable[..., Run]


@pytest.fixture
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts a run with a home of its own on a free port, and ends what a failed test leaves."""
    folder = tmp_path_factory.mktemp("run")  # A short name, so that Redis gets a socket.
    runs = []

    def begin(**variables: str) -> Run:
        said = {"ONSITE_HOME": str(folder / "home"), "PORT": str(free_port()), **variables}
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        process = subprocess.Popen(
            [ONSITE, "run"],
            env=kept | said,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        runs.append(Run(said, process))
        return runs[-1]

    yield begin
    for run in runs:
        if run.process.poll() is None:
            run.stop(signal.SIGTERM)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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

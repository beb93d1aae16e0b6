"""Starting `onsite run` in a process of its own, as a newcomer would."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis

from cli.processes import is_healthy
from models.clock import SystemClock
from models.settings import Settings
from tests.servers import free_port

ONSITE = Path(sys.executable).parent / "onsite"
SECONDS = 180  # A first start makes a company, on whatever machine this is.
KEPT = ("PATH", "HOME", "REDIS_SERVER")  # A run is told nothing else of our surroundings.


@dataclass
class Run:
    """One run, its home and what it said."""

    variables: dict[str, str]
    process: subprocess.Popen[str]
    log: Path

    @property
    def settings(self) -> Settings:
        return Settings.read(self.variables)

    def onsite(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Another command beside the run, told the same."""
        return subprocess.run(
            [ONSITE, *words],
            env=kept() | self.variables,
            capture_output=True,
            text=True,
            check=False,
        )

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
        own = f"unix://{self.settings.home}/redis/redis.sock"
        with Redis.from_url(self.settings.redis_url or own) as client:
            return int(client.zcard("rq:cron_schedulers")) > 0

    def stop(self, number: int = signal.SIGINT) -> str:
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> str:
        """What it said, once it has ended."""
        self.process.wait(SECONDS)
        return self.log.read_text()

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
    with starting(tmp_path_factory.mktemp("run")) as begin:
        yield begin


@contextmanager
def starting(folder: Path) -> Iterator[Start]:
    """The same, in that folder. It has a short name, so that Redis gets a socket."""
    runs: list[Run] = []

    def begin(**variables: str) -> Run:
        own = {"ONSITE_HOME": str(folder / "home"), "PORT": str(free_port()), "ONSITE_SAMPLE": "0"}
        said = own | variables
        log = folder / f"{len(runs)}.log"
        with log.open("w") as file:
            process = subprocess.Popen(
                [ONSITE, "run"],
                env=kept() | said,
                cwd=folder,
                stdout=file,
                stderr=subprocess.STDOUT,
                text=True,
            )
        runs.append(Run(said, process, log))
        return runs[-1]

    try:
        yield begin
    finally:
        for run in runs:
            if run.process.poll() is None:
                run.stop(signal.SIGTERM)


def kept() -> dict[str, str]:
    """What a run is told of our surroundings."""
    return {name: os.environ[name] for name in KEPT if name in os.environ}

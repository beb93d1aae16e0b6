"""Many histories, one after the other or side by side, and what was hit in them."""

import gc
import hashlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from simulation.company import Company
from simulation.history import History
from simulation.play import kinds
from simulation.running import Outcome, play
from simulation.shrink import shrunk, until

MEMORY = Path("/dev/shm")
TRIES = 150  # of shrinking
GARBAGE = 50_000  # objects between two collections, as most of them go by themselves


@dataclass(frozen=True)
class Campaign:
    """Which histories are played: so many phones, so many steps each."""

    devices: int = 8
    steps: int = 300

    def history(self, seed: int) -> History:
        """The history of a seed."""
        return History.draw(seed, self.devices, self.steps, kinds())


@dataclass
class Report:
    """What was played, in how many histories each thing was hit, and what failed."""

    seeds: int = 0
    exchanges: int = 0
    hits: Counter[str] = field(default_factory=Counter)
    failed: list[Outcome] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Count one history."""
        self.seeds += 1
        self.exchanges += outcome.exchanges
        self.hits.update(outcome.hits.keys())
        self.digests.append(outcome.digest)
        if outcome.broken is not None:
            self.failed.append(outcome)

    @property
    def digest(self) -> str:
        """What is equal wherever the same histories came to the same."""
        return hashlib.sha256("\n".join(self.digests).encode()).hexdigest()

    def share(self, what: str) -> float:
        """In which share of the histories it was hit."""
        return self.hits[what] / self.seeds if self.seeds else 0.0


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for the files of a simulation, in memory where there is such a one."""
    folder = Path(tempfile.mkdtemp(prefix="onsite-", dir=MEMORY if MEMORY.is_dir() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def outcomes(campaign: Campaign, seeds: Sequence[int], jobs: int = 1) -> Iterator[Outcome]:
    """Play the histories of the seeds, in their order; so many at a time."""
    with scratch() as folder:
        if jobs == 1:
            company = Company(folder, campaign.devices)
            with collecting_seldom():
                yield from (play(company, campaign.history(seed)) for seed in seeds)
            return
        with ProcessPoolExecutor(jobs, initializer=_begin, initargs=(folder, campaign)) as pool:
            yield from pool.map(_play, seeds)


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Within, what is there already is no garbage, and what comes mostly goes by itself."""
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(GARBAGE)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


_here: dict[str, tuple[Company, Campaign]] = {}


def _begin(folder: Path, campaign: Campaign) -> None:
    """Found the process's own company."""
    company = Company(Path(tempfile.mkdtemp(dir=folder)), campaign.devices)
    _here["company"] = company, campaign
    gc.freeze()
    gc.set_threshold(GARBAGE)


def _play(seed: int) -> Outcome:
    company, campaign = _here["company"]
    return play(company, campaign.history(seed))


def run(
    campaign: Campaign,
    seeds: Sequence[int],
    jobs: int = 1,
    played: Callable[[Outcome], None] = lambda outcome: None,
) -> Report:
    """Play the seeds until one fails; `played` is told of each."""
    report = Report()
    for outcome in outcomes(campaign, seeds, jobs):
        report.add(outcome)
        played(outcome)
        if report.failed:
            break
    return report


def replay(campaign: Campaign, seed: int, numbers: Iterable[int]) -> Outcome:
    """Play some steps of a seed's history."""
    with scratch() as folder:
        company = Company(folder, campaign.devices)
        return play(company, campaign.history(seed).only(set(numbers)))


def shrink(failed: Outcome, tried: Callable[[], None] = lambda: None) -> Outcome:
    """The outcome of the shortest history found in which the same does not hold."""
    best = failed
    with scratch() as folder:
        company = Company(folder, failed.history.devices)

        def fails(history: History) -> bool:
            nonlocal best
            tried()
            outcome = play(company, history)
            if outcome.broken != failed.broken:
                return False
            best = outcome
            return True

        last = len(failed.told) + 1
        shrunk(until(failed.history, last), fails, TRIES)
    return best

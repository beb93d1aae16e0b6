"""Planted bugs are found: a simulation that finds none would prove nothing."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from simulation.campaign import Campaign
from simulation.company import Company
from simulation.running import play
from tests.conftest import Figures
from tests.simulation.bugs import BUGS, as_markdown
from tests.simulation.conftest import DEVICES

STEPS = 150
DOCS = Path(__file__).parents[2] / "docs"
QUICK = {"what is missing is forgotten", "a channel leaks"}  # seen at once


@dataclass(frozen=True)
class Find:
    """In which history, the first being 1, something did not hold, and what."""

    seed: int
    broken: str


def found(company: Company, name: str) -> Find | None:
    """What does not hold with the bug, in the first history in which something does not."""
    campaign = Campaign(DEVICES, STEPS)
    for seed in range(1, BUGS[name].seeds + 1):
        outcome = play(company, campaign.history(seed))
        if outcome.broken is not None:
            return Find(seed, outcome.broken)
    return None


@pytest.mark.parametrize("name", sorted(QUICK))
def test_a_planted_bug_is_found(
    name: str, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    BUGS[name].plant(monkeypatch)
    find = found(company, name)
    assert find is not None
    assert find.broken in BUGS[name].broken


def test_the_documentation_tells_which_bugs_are_found() -> None:
    assert len(BUGS) >= 12
    assert as_markdown() in (DOCS / "simulation.md").read_text(), "run: make docs"


@pytest.mark.proof
@pytest.mark.parametrize("name", sorted(BUGS))
def test_every_planted_bug_is_found(
    name: str, company: Company, monkeypatch: pytest.MonkeyPatch, figures: Figures
) -> None:
    BUGS[name].plant(monkeypatch)
    find = found(company, name)
    assert find is not None
    assert find.broken in BUGS[name].broken
    figures(found_at_seed=find.seed, within=BUGS[name].seeds, by=find.broken)

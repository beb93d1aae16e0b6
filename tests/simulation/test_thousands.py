"""The long proof: thousands of histories, in parts, so that it may be broken off and go on."""

import hashlib
import json
import os
from collections import Counter

import pytest

from models.clock import SystemClock
from simulation.campaign import Campaign, run
from simulation.faults import CODES, FAULTS
from sync.invariants import INVARIANTS
from tests.conftest import PROOFS, Figures
from tests.simulation.conftest import DEVICES

STEPS_EACH = 300
PROVED, PART = 2000, 100
CROWD, CROWDED, CROWD_STEPS = 100, 20, 600
HIT_IN = 0.05  # of the histories

pytestmark = pytest.mark.proof


@pytest.mark.parametrize("first", range(1, PROVED, PART))
def test_thousands_of_histories_break_no_law(figures: Figures, first: int) -> None:
    """Budget: ten minutes on 2 cores for each part."""
    _prove(figures, Campaign(DEVICES, STEPS_EACH), range(first, first + PART))


def test_everything_that_may_go_wrong_does_so_often_enough() -> None:
    """Over all parts, which must have been played with the program as it is."""
    known = json.loads(PROOFS.read_text())
    name = test_thousands_of_histories_break_no_law.__name__
    parts = [known.get(f"{name}[{first}]", {}) for first in range(1, PROVED, PART)]
    assert {part.get("program") for part in parts} == {program()}
    hits = sum((Counter(part["hits"]) for part in parts), Counter[str]())
    shares = {what: hits[what] / PROVED for what in (*FAULTS, *CODES)}
    assert {what: share for what, share in shares.items() if share < HIT_IN} == {}


def test_a_crowd_of_phones_breaks_no_law(figures: Figures) -> None:
    """Budget: half an hour on 2 cores."""
    _prove(figures, Campaign(CROWD, CROWD_STEPS), range(1, CROWDED + 1))


def _prove(figures: Figures, campaign: Campaign, seeds: range) -> None:
    clock = SystemClock()
    began = clock.seconds()
    report = run(campaign, seeds, jobs=os.cpu_count() or 1)
    seconds = clock.seconds() - began
    assert [(one.history.seed, one.broken, one.sentences) for one in report.failed] == []
    figures(
        program=program(),
        seeds=report.seeds,
        steps=campaign.steps,
        devices=campaign.devices,
        exchanges=report.exchanges,
        exchanges_per_second=round(report.exchanges / seconds, 1),
        hits=dict(report.hits),
        invariants=len(INVARIANTS),
        faults=len(FAULTS),
        seconds=round(seconds, 1),
    )


def program() -> str:
    """What is proved, so that parts of different programs are not taken for one proof."""
    digest = hashlib.sha256()
    for folder in ("models", "sync", "simulation"):
        for file in sorted((PROOFS.parents[1] / folder).rglob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]

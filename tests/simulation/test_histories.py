"""Histories follow from their seeds, shrink to what fails, and are told to whoever runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.simulate import simulate
from models.findings import KINDS
from simulation import foretelling
from simulation.campaign import Campaign
from simulation.company import Company
from simulation.faults import CODES, NEVER
from simulation.history import History
from simulation.play import STEPS, kinds
from simulation.running import play
from simulation.shrink import shrunk, until
from sync.facts.text import read_text
from tests.simulation.bugs import BUGS
from tests.simulation.conftest import DEVICES
from tests.sync.test_laws import CLOCKS

SEEDS = 2  # of every run of the tests; `make proof` plays the rest
STEPS_EACH = 300
DOCS = Path(__file__).parents[2] / "docs"


def test_a_handful_of_histories_breaks_no_law(company: Company) -> None:
    campaign = Campaign(DEVICES, STEPS_EACH // 2)
    for seed in range(1, SEEDS + 1):
        outcome = play(company, campaign.history(seed))
        assert (seed, outcome.broken, outcome.sentences) == (seed, None, [])


def test_a_history_follows_from_its_seed_and_begins_as_a_shorter_one_does() -> None:
    long, short = (History.draw(7, DEVICES, steps, kinds()) for steps in (300, 100))
    assert long == History.draw(7, DEVICES, 300, kinds())
    assert long.steps[:100] == short.steps
    assert long.steps != History.draw(8, DEVICES, 300, kinds()).steps
    assert {step.kind for step in long.steps} <= STEPS.keys()


def test_equal_histories_come_to_the_same_on_any_machine() -> None:
    """The order of sets and dictionaries differs between the two, and nothing else may."""
    command = [sys.executable, "-m", "cli", "simulate", "--seeds", "1", "--steps", "60", "--json"]
    told = []
    for number in ("1", "2"):
        environ = {**os.environ, "PYTHONHASHSEED": number}
        done = subprocess.run(command, env=environ, capture_output=True, check=True, text=True)
        report = json.loads(done.stdout)
        report.pop("seconds"), report.pop("exchanges_per_second")
        told.append(report)
    assert told[0] == told[1]


def test_every_code_of_the_catalogue_is_brought_about_or_the_documentation_tells_why_not() -> None:
    told = (DOCS / "simulation.md").read_text()
    for code in KINDS:
        assert (code in CODES) != (f"- `{code}`: {NEVER.get(code)}\n" in told), code
    assert NEVER.keys() <= KINDS.keys()


def test_shrinking_leaves_what_fails_and_nothing_else() -> None:
    history = History.draw(1, DEVICES, 200, kinds())
    guilty = {17, 90, 144}
    tried = []

    def fails(shorter: History) -> bool:
        tried.append(shorter)
        return guilty <= {step.number for step in shorter.steps}

    assert {step.number for step in shrunk(history, fails, 1000).steps} == guilty
    assert len(tried) < 200
    assert len(shrunk(history, fails, 5).steps) > len(guilty)
    assert until(history, 20).steps == history.steps[:20]


def test_a_failure_is_told_with_its_law_the_shortest_history_and_how_to_repeat_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    BUGS["a channel leaks"].plant(monkeypatch)
    told = CliRunner().invoke(simulate, ["--seeds", "3", "--steps", "40"])
    assert told.exit_code == 1
    assert "Seed 1 breaks nobody sees anothers" in told.stdout
    again = told.stdout.split("Again: onsite simulate ")[1].split()
    assert len(again[again.index("--only") + 1].split(",")) <= 3
    repeated = CliRunner().invoke(simulate, again)
    assert repeated.exit_code == 1
    assert "breaks nobody sees anothers" in repeated.stdout
    monkeypatch.undo()
    assert CliRunner().invoke(simulate, again).exit_code == 0


def test_a_failure_is_one_document_for_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    BUGS["a channel leaks"].plant(monkeypatch)
    told = CliRunner().invoke(simulate, ["--seeds", "3", "--steps", "40", "--json"])
    assert told.exit_code == 1
    (failed,) = json.loads(told.stdout)["failed"]
    assert (failed["seed"], failed["broken"]) == (1, "nobody_sees_anothers")
    assert len(failed["history"]) <= 3
    again = failed["again"].split()[2:]
    repeated = CliRunner().invoke(simulate, [*again, "--json"])
    assert json.loads(repeated.stdout) == failed


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (["--devices", "1"], "--devices"),
        (["--seeds", "0"], "--seeds"),
        (["--steps", "0"], "--steps"),
        (["--jobs", "0"], "--jobs"),
        (["--only", "3,x"], "--only"),
        (["--only", "3,301"], "--only"),
    ],
)
def test_what_cannot_be_played_is_refused_by_its_option(said: list[str], wrong: str) -> None:
    told = CliRunner().invoke(simulate, said)
    assert (told.exit_code, wrong in told.stderr) == (2, True)


def test_the_auditor_reads_clocks_as_the_protocol_does() -> None:
    for clock, at, *_ in CLOCKS:
        text: dict[str, Any] = {
            "id": "01938000-0000-7000-8000-000000000000", "seq": 1, "kind": "note.added", "v": 1,
            "at": at, "clock": clock, "data": {},
            "subject": {"type": "visit", "id": "01938000-0000-7000-8000-000000000000"},
        }  # fmt: skip
        assert foretelling.when(text) == read_text(json.dumps(text)).happened, (clock, at)

"""Every figure of every plan is pinned by an example: one more or one less, and something fails.

The examples were worked out by hand, so no figure is compared with itself.
"""

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from models.contracts.checking import faults_in
from tests.conftest import Figures
from tests.contracts.examples import PLANS, Example, disagreement, raw_plan
from tests.contracts.test_examples import OF_TIME, OURS, name
from tests.contracts.translation import OTHERWISE

AT_LEAST = 0.95
Json = dict[str, Any]
Changed = tuple[str, Json]

NUMBER = re.compile(r"(?<![$\w:])[0-9]+(?![\w:-])")
SHIFT = re.compile(r"([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})")


def changed_figures(raw: Json) -> Iterator[Changed]:
    """The plan with one figure one more or one less, and which one it is."""
    for path, value in _places(raw, ()):
        for other in (*_numbers(value), *_shifts(value)):
            yield f"{'.'.join(map(str, path))}: {other}", _with(raw, path, other)


FIELDS = {"within", "house", "lasts", "after", "hours", "default"}
Path = tuple[str | int, ...]


def _places(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Every place in a plan where a figure may stand."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    elif FIELDS & set(path[-2:]):
        yield path, value
    for key, inner in items:
        yield from _places(inner, (*path, key))


def _with(raw: Json, path: Path, value: Any) -> Json:
    fresh: Any = deepcopy(raw)
    inner = fresh
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return dict(fresh)


def _numbers(value: Any) -> Iterator[Any]:
    if isinstance(value, int):
        yield from (value + 1, value - 1)
    elif isinstance(value, str) and (found := NUMBER.search(value)):
        for other in (int(found[0]) + 1, int(found[0]) - 1):
            if other > 0:
                yield value[: found.start()] + str(other) + value[found.end() :]


def _shifts(value: Any) -> Iterator[str]:
    found = SHIFT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return
    opens, closes = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    for one, other in ((opens + 1, closes), (opens - 1, closes), (opens, closes + 1),
                       (opens, closes - 1)):  # fmt: skip
        if one >= 0 and other <= 1440:
            yield f"{one // 60:02}:{one % 60:02}-{other // 60:02}:{other % 60:02}"


def examples_of(plan: str) -> list[Example]:
    """The examples that the plan agrees with."""
    found = [one for one in OF_TIME if one.plan == plan and name(one) not in OTHERWISE]
    return found + [one for one in OURS if one.plan == plan]


def survivors(plans: list[str]) -> tuple[int, list[str]]:
    """How many figures were changed, and which changes nothing noticed."""
    count, found = 0, []
    for plan in plans:
        examples = examples_of(plan)
        for what, changed in changed_figures(raw_plan(plan)):
            count += 1
            if not any(_fails(example, changed) for example in examples):
                found.append(f"{plan}: {what}")
    return count, found


def _fails(example: Example, raw: Json) -> bool:
    return bool(list(faults_in(raw))) or disagreement(example, raw) != ""


ALL_PLANS = sorted(path.stem for path in PLANS.glob("*.yaml") if path.stem != "register")
TEN = [
    "barcode-printer", "it-onsite-maintenance", "monitoring-centre", "network-servers",
    "project-60-months", "mgmt-system-72h", "pc-three-guarantees", "hospital-software",
    "phased-rollout-software", "vip-feedback-desk",
]  # fmt: skip


@pytest.mark.parametrize("plan", TEN)
def test_a_figure_changed_by_one_makes_an_example_fail(plan: str) -> None:
    count, found = survivors([plan])
    assert len(found) <= (1 - AT_LEAST) * count, found


def test_a_figure_that_no_example_knows_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = raw_plan("mgmt-system-72h")
    monkeypatch.setitem(globals(), "examples_of", lambda plan: [])
    count, found = survivors(["mgmt-system-72h"])
    assert len(found) == count == len(list(changed_figures(raw))) == 12
    monkeypatch.undo()
    reply = [one for one in examples_of("mgmt-system-72h") if one.kind == "reply"]
    monkeypatch.setitem(globals(), "examples_of", lambda plan: reply)
    assert "mgmt-system-72h: targets.0.within: 73 hours" in survivors(["mgmt-system-72h"])[1]


@pytest.mark.proof
def test_figures_of_all_plans_are_pinned(figures: Figures) -> None:
    count, found = survivors(ALL_PLANS)
    figures(changed=count, noticed=count - len(found), survivors="; ".join(found) or "none")
    assert len(found) <= (1 - AT_LEAST) * count, found


def test_there_are_figures_to_change() -> None:
    changes = dict(changed_figures(raw_plan("mgmt-system-72h")))
    assert {
        "targets.0.within: 73 hours",
        "calendars.service.week.0.hours.0: 08:00-11:59",
        "terms.0.lasts: 11 months",
    } <= changes.keys()

"""Plans against what somebody worked out by hand from the agreements alone.

`examples/` was written by a reader who saw neither code nor plans; `more/` pins, by hand again,
figures that those leave loose.
"""

from collections import Counter

import pytest

from tests.contracts.examples import HERE, PLANS, Example, disagreement, raw_plan, read_examples
from tests.contracts.translation import LATER, OTHERWISE

INDEPENDENT = read_examples(HERE / "examples")
OURS = read_examples(HERE / "more")
STEPS = {
    f"{plan}-{number}": step
    for step, plans in LATER.items()
    for plan, numbers in plans.items()
    for number in numbers
}


def name(example: Example) -> str:
    return f"{example.plan}-{example.number}"


OF_TIME = [one for one in INDEPENDENT if name(one) not in STEPS]
PUT_OFF = [one for one in INDEPENDENT if name(one) in STEPS]


@pytest.mark.parametrize("example", OF_TIME, ids=name)
def test_a_plan_says_what_the_agreement_says(example: Example) -> None:
    differs = disagreement(example, raw_plan(example.plan))
    assert (differs != "") == (name(example) in OTHERWISE), differs


@pytest.mark.parametrize("example", OURS, ids=lambda one: f"ours-{name(one)}")
def test_a_figure_is_pinned(example: Example) -> None:
    assert disagreement(example, raw_plan(example.plan)) == ""


@pytest.mark.parametrize("example", PUT_OFF, ids=name)
def test_nothing_that_can_be_answered_is_put_off(example: Example) -> None:
    assert disagreement(example, raw_plan(example.plan)) != ""


def test_the_page_tells_how_many_examples_there_are_and_which_step_answers_them() -> None:
    page = " ".join((PLANS.parent / "docs" / "plans.md").read_text().split())
    assert f"worked out {len(INDEPENDENT)} examples from the agreements alone" in page
    assert f"{len(OF_TIME)} of them are matters of time" in page
    waiting = Counter(STEPS[name(one)] for one in PUT_OFF)
    told = ", ".join(f"{step} {count}" for step, count in sorted(waiting.items()))
    assert f"{len(PUT_OFF)} wait for a later step: {told}" in page


def test_each_disagreement_is_on_the_page() -> None:
    page = (PLANS.parent / "docs" / "plans.md").read_text()
    for plan, _, number in (one.rpartition("-") for one in OTHERWISE):
        assert f"`{plan}` {number}" in page


def test_every_plan_with_a_target_has_three_examples_at_least() -> None:
    counted = Counter(one.plan for one in OF_TIME)
    targets = {plan for plan in counted if raw_plan(plan).get("targets")}
    assert {plan for plan in targets if counted[plan] < 3} == set()

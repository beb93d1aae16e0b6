"""Plans against what somebody worked out by hand from the agreements alone.

`examples/` was written by a reader who saw neither code nor plans; `more/` pins, by hand again,
figures that those leave loose.
"""

from collections import Counter

import pytest

from tests.contracts.examples import HERE, Example, disagreement, raw_plan, read_examples
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


@pytest.mark.parametrize("example", INDEPENDENT, ids=name)
def test_a_plan_says_what_the_agreement_says(example: Example) -> None:
    if name(example) in STEPS:
        pytest.skip(f"answered by the step of {STEPS[name(example)]}")
    differs = disagreement(example, raw_plan(example.plan))
    assert (differs != "") == (name(example) in OTHERWISE), differs


@pytest.mark.parametrize("example", OURS, ids=lambda one: f"ours-{name(one)}")
def test_a_figure_is_pinned(example: Example) -> None:
    assert disagreement(example, raw_plan(example.plan)) == ""


def test_every_plan_with_a_target_has_three_examples_at_least() -> None:
    counted = Counter(one.plan for one in INDEPENDENT if name(one) not in STEPS)
    targets = {plan for plan in counted if raw_plan(plan).get("targets")}
    assert {plan for plan in targets if counted[plan] < 3} == set()

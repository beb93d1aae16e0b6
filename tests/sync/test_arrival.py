"""Laws 1 and 3 as properties: however one day's facts arrive, the same is true afterwards."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from time import perf_counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models.stock.proof import Held, held_at
from sync.facts.registry import KINDS
from tests.conftest import Figures
from tests.histories import QUARREL, Snapshot, day, difference
from tests.servers import DatabaseServer
from tests.week import DAYS, STATED, week
from tests.world import World

PROVED = 40
WEEKS, PROVED_WEEKS = range(1, 3), range(3, 63)
FACTS = 2 * len(KINDS) + QUARREL
BOUNDED = settings(
    phases=[Phase.explicit, Phase.generate],  # Making an example smaller costs a world each time.
    max_examples=5,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


Past = dict[tuple[str, str], Sequence[Held]]
EXPECTED: dict[str, Snapshot] = {}


def in_order(server: DatabaseServer, home: Path) -> Snapshot:
    """What is true where everything arrived at once, each device's facts in order."""
    kind = type(server).__name__
    if kind not in EXPECTED:
        with day(server, home) as known:
            assert len(known.facts) == FACTS
            list(known.deliver(range(FACTS)))
            EXPECTED[kind] = known.settle()
    return EXPECTED[kind]


@dataclass(frozen=True)
class Arrival:
    """In which order the facts arrive, cut into which requests, and which of them come again."""

    order: list[int]
    cuts: set[int]
    again: list[int]
    drained: bool

    def requests(self) -> Iterator[list[int]]:
        """The numbers of the facts, request by request."""
        starts = [0, *sorted(self.cuts)]
        for start, end in zip(starts, [*starts[1:], len(self.order)], strict=True):
            yield self.order[start:end]
        yield self.again


def changes_nothing(server: DatabaseServer, home: Path, arrival: Arrival) -> None:
    """Assert that the day ends as it does in order, and that every receipt is always the same."""
    expected = in_order(server, home)
    receipts: dict[int, set[bytes]] = {}
    with day(server, home) as other:
        for numbers in arrival.requests():
            for number, receipt in other.deliver(numbers):
                receipts.setdefault(number, set()).add(receipt)
            if arrival.drained:
                other.world.drain()
        assert difference(expected, other.settle()) == {}
    assert all(len(different) == 1 for different in receipts.values())


@BOUNDED
@given(
    order=st.permutations(range(FACTS)),
    cuts=st.sets(st.integers(1, FACTS - 1), max_size=6),
    again=st.lists(st.integers(0, FACTS - 1), max_size=12),
    drained=st.booleans(),
)
def test_arrival_order_does_not_matter_and_a_receipt_is_the_same_every_time(
    server: DatabaseServer,
    scratch: Path,
    order: list[int],
    cuts: set[int],
    again: list[int],
    drained: bool,
) -> None:
    changes_nothing(server, scratch / "home", Arrival(order, cuts, again, drained))


def books_are_equal(server: DatabaseServer, home: Path, seed: int) -> None:
    """Assert that a week's books come to the same in order and in disorder, in any batches and
    with repetitions; and what they say of every past moment too."""
    chance, came = Random(seed), list[tuple[Snapshot, Past]]()
    for arrival in (Arrival([*range(STATED)], set(), [], False), disorder(chance, STATED)):
        with day(server, home, week(seed)) as known:
            for numbers in arrival.requests():
                list(known.deliver(numbers))
                if arrival.drained:
                    known.world.drain()
            came.append((known.settle(), past(known.world)))
    (one, held), (other, also) = came
    assert difference(one, other) == {}
    assert held == also
    assert held.values()


def past(world: World) -> Past:
    """By part and moment, every two hours of the week, what lay where."""
    now = world.clock.now()
    moments = [now - timedelta(hours=hours) for hours in range(0, DAYS * 24, 2)]

    def read(session: Session) -> Past:
        return {
            (part, at.isoformat()): held_at(session, world.named[part], at, now)
            for part in ("roller", "head")
            for at in moments
        }

    return world.house.database.read(read)


def disorder(chance: Random, facts: int) -> Arrival:
    """Any order, any batches, any repetitions."""
    return Arrival(
        order=chance.sample(range(facts), facts),
        cuts=set(chance.sample(range(1, facts), chance.randrange(12))),
        again=chance.choices(range(facts), k=chance.randrange(40)),
        drained=chance.random() < 0.5,
    )


@pytest.mark.parametrize("seed", WEEKS)
def test_what_lies_where_does_not_depend_on_arrival(
    server: DatabaseServer, scratch: Path, seed: int
) -> None:
    books_are_equal(server, scratch / "home", seed)


@pytest.mark.proof
def test_many_weeks_come_to_the_same(
    server: DatabaseServer, scratch: Path, figures: Figures
) -> None:
    """Budget: 10 minutes a database on 2 cores."""
    for seed in PROVED_WEEKS:
        books_are_equal(server, scratch / "home", seed)
    figures(weeks=len(PROVED_WEEKS), facts_each=STATED)


@pytest.mark.proof
def test_many_arrivals_of_one_day_end_alike(
    server: DatabaseServer, scratch: Path, figures: Figures
) -> None:
    """Budget: 10 minutes a database on 2 cores. The arrivals follow from their number."""
    began = perf_counter()
    for number in range(PROVED):
        changes_nothing(server, scratch / "home", disorder(Random(number), FACTS))
    seconds = round(perf_counter() - began, 1)
    figures(arrivals=PROVED, facts_each=FACTS, kinds=len(KINDS), seconds=seconds)

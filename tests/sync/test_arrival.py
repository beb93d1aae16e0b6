"""Laws 1 and 3 as properties: however one day's facts arrive, the same is true afterwards."""

from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sync.facts.registry import KINDS
from tests.histories import QUARREL, Snapshot, day, difference
from tests.servers import DatabaseServer

FACTS = 2 * len(KINDS) + QUARREL
BOUNDED = settings(
    phases=[Phase.explicit, Phase.generate],  # Making an example smaller costs a world each time.
    max_examples=5,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


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
    expected = in_order(server, scratch / "home")
    receipts: dict[int, set[bytes]] = {}
    with day(server, scratch / "home") as other:
        starts = [0, *sorted(cuts)]
        for start, end in zip(starts, [*starts[1:], FACTS], strict=True):
            for number, receipt in other.deliver(order[start:end]):
                receipts.setdefault(number, set()).add(receipt)
            if drained:
                other.world.drain()
        for number, receipt in other.deliver(again):
            receipts.setdefault(number, set()).add(receipt)
        assert difference(expected, other.settle()) == {}
    assert all(len(different) == 1 for different in receipts.values())

"""The order in which entries count, whatever order they came in."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from models.derived import Subject
from models.ids import derived
from models.timeline import Decided, Entry, Folding, Passed, Stated, ordered

START = datetime(2026, 11, 22, tzinfo=UTC)
DEVICES = [UUID(int=1), UUID(int=2)]


def stated(seq: int, device: int, minutes: int, twin: int = 0) -> Stated:
    id_ = derived("fact", seq, device, twin)
    return Stated(
        key=id_, id=id_, origin_id=DEVICES[device], author_id=None, seq=seq, kind="note.added",
        happened=START + timedelta(minutes=minutes), own=True, root="", held=None, doubt=None,
        ahead=None, data={}, parts={}, hashes={}, basis=None,
    )  # fmt: skip


def decided(number: int, minutes: int) -> Decided:
    at = START + timedelta(minutes=minutes)
    return Decided(derived("decision", number), "visit.planned", UUID(int=3), at, {})


def passed(number: int, minutes: int) -> Passed:
    return Passed(derived("moment", number), "due", START + timedelta(minutes=minutes))


minutes = st.integers(0, 20)  # few, so that many stand at the same moment
entries = st.lists(
    st.one_of(
        st.builds(stated, st.integers(1, 10), st.integers(0, 1), minutes, st.integers(0, 1)),
        st.builds(decided, st.integers(0, 99), minutes),
        st.builds(passed, st.integers(0, 99), minutes),
    ),
    unique_by=lambda entry: entry.id,
    max_size=20,
)


@given(entries, st.integers())
def test_the_order_does_not_depend_on_the_order_given(some: list[Entry], seed: int) -> None:
    shuffled = Random(seed).sample(some, len(some))
    assert ordered(shuffled) == ordered(some)
    assert sorted(map(id, ordered(some))) == sorted(map(id, some))


@given(entries)
def test_facts_of_one_device_never_stand_against_their_numbers(some: list[Entry]) -> None:
    for device in DEVICES:
        facts = [one for one in ordered(some) if isinstance(one, Stated)]
        seqs = [fact.seq for fact in facts if fact.origin_id == device]
        assert seqs == sorted(seqs)


@given(entries)
def test_decisions_and_moments_stand_in_the_order_of_their_time(some: list[Entry]) -> None:
    others = [one for one in ordered(some) if not isinstance(one, Stated)]
    assert [one.at for one in others] == sorted(one.at for one in others)


def test_at_one_moment_decisions_come_first_then_moments_then_facts() -> None:
    some: list[Entry] = [stated(1, 0, 5), passed(1, 5), decided(1, 5)]
    assert [type(one) for one in ordered(some)] == [Decided, Passed, Stated]


def test_a_fact_whose_clock_jumped_back_takes_the_place_of_the_one_before() -> None:
    early, late, between = stated(1, 0, 10), stated(2, 0, 1), decided(1, 5)
    assert ordered([late, between, early]) == [between, early, late]
    assert late.happened == START + timedelta(minutes=1)


def test_what_is_found_twice_is_one_finding_with_the_first_time_and_the_last_evidence() -> None:
    folding = Folding(Subject("visit", UUID(int=9)))
    folding.find("visit.late_work", START, "a", facts=[1])
    folding.find("visit.late_work", START + timedelta(1), "a", facts=[1, 2])
    folding.find("visit.late_work", START, "b")
    assert [(one.since, one.evidence) for one in folding.found] == [
        (START, {"facts": [1, 2]}),
        (START, {}),
    ]

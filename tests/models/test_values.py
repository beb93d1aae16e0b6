"""Exact quantities, times with zones, ids and the clock."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, insert, select
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from models.clock import EARLIEST, LATEST, ManualClock, bounded, instant_from, instant_text
from models.feed import Window
from models.ids import CODE_ALPHABET, Ids, derived, secret_hash
from models.stock.rows import Balance
from models.types import QUANTITY_MAX, SUM_MAX, exact_quantity, said_quantity
from sync.invariants import violations
from tests.world import World, seeded

instants = st.datetimes(
    EARLIEST.replace(tzinfo=None), LATEST.replace(tzinfo=None), timezones=st.just(UTC)
)


@given(st.decimals(min_value=-QUANTITY_MAX, max_value=QUANTITY_MAX, places=3))
def test_a_quantity_of_three_decimals_is_exact(value: Decimal) -> None:
    assert said_quantity(value) == exact_quantity(value) == value


@pytest.mark.parametrize("value", ["0.0001", "NaN", "Infinity", "-Infinity", "1e999", "1e15"])
def test_what_is_no_exact_quantity_is_refused(value: str) -> None:
    for read in (exact_quantity, said_quantity):
        with pytest.raises(ValueError, match="quantit"):
            read(Decimal(value))


def test_what_comes_together_may_be_more_than_anybody_may_say(world: World) -> None:
    with pytest.raises(ValueError, match="9 digits"):
        said_quantity(QUANTITY_MAX + 1)
    assert exact_quantity(SUM_MAX) == SUM_MAX
    for _ in range(2):
        world.stock_van("van-a", str(QUANTITY_MAX))
    world.drain()
    assert [row.quantity for row in world.rows(Balance)] == [2 * QUANTITY_MAX]
    assert world.house.database.read(violations) == {}


def test_quantities_and_times_come_back_as_they_were_stored(world: World) -> None:
    quantity, later = Decimal("0.001"), datetime(2026, 1, 1, 8, tzinfo=UTC) + timedelta(hours=8)
    world.stock_van("van-a", "0.001")
    assert [row.quantity for row in world.rows(Balance)] == [quantity]
    assert instant_from("2026-01-01T16:00:00+00:00") == later


def test_a_time_without_zone_cannot_be_stored(world: World) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001

    def body(session: Session, now: datetime) -> None:
        session.execute(insert(Window).values(name="x", at=naive))

    with pytest.raises(StatementError, match="without zone"):
        world.house.database.transact(body)


def test_sums_of_quantities_are_exact_in_the_database(world: World) -> None:
    for _ in range(10):
        world.stock_van("van-a", "0.1")
    total = world.house.database.read(
        lambda session: session.scalar(select(func.sum(Balance.quantity)))
    )
    assert total == Decimal("1.000")


@given(instants)
def test_an_instant_survives_being_written_to_the_millisecond(instant: datetime) -> None:
    text = instant_text(instant)
    assert instant_text(instant_from(text)) == text
    assert abs(instant_from(text) - instant) < timedelta(milliseconds=1)


@pytest.mark.parametrize("text", ["2026-11-22T08:00:00", "2026-11-22", "now", ""])
def test_a_text_that_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        instant_from(text)


@given(instants, st.timedeltas())
def test_no_offset_leads_beyond_the_bounds(instant: datetime, offset: timedelta) -> None:
    assert EARLIEST <= bounded(instant, offset) <= LATEST


def test_a_manual_clock_moves_when_it_is_told_to() -> None:
    clock = ManualClock()
    before = clock.now()
    assert clock.now() == before
    clock.sleep(1.5)
    assert clock.now() - before == timedelta(seconds=1.5)


@given(instants, st.integers(0))
def test_a_new_id_is_a_version_7_of_its_moment(instant: datetime, seed: int) -> None:
    id_ = seeded(seed).new(instant)
    assert (id_.version, id_.variant) == (7, "specified in RFC 4122")
    assert id_.int >> 80 == (instant - EARLIEST) // timedelta(milliseconds=1)


def test_ids_of_one_moment_differ() -> None:
    ids, now = Ids(), ManualClock().now()
    assert len({ids.new(now) for _ in range(100)}) == 100


def test_a_derived_id_is_a_version_8_and_stable() -> None:
    id_ = derived("place", "customer")
    assert (id_.version, id_.variant) == (8, "specified in RFC 4122")
    assert str(id_) == "bff804ba-4a61-887c-a3ad-2c1dcb5502ed"
    assert derived("a", 1, 2) == derived("a", 1, 2) != derived("a", 2, 1)


def test_codes_and_secrets_are_random_and_kept_as_hashes() -> None:
    ids = Ids()
    code = ids.code()
    assert len(code) == 11
    assert set(code) - {"-"} <= set(CODE_ALPHABET)
    assert len(ids.secret()) == 64
    assert secret_hash("a") == "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"

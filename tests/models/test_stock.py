"""The books: pure properties of the replay, and of posting its difference."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models.ids import derived
from models.stock import ledger
from models.stock.replay import (
    DISCREPANCY,
    IN_TRANSIT,
    Book,
    Line,
    Wanted,
    replay_quantity,
    replay_serial,
    replay_transfer,
)
from models.stock.rows import Balance, Item, Move, book_of, virtual_place
from models.timeline import Stating, ranks
from sync.invariants import violations
from tests.statements import state
from tests.world import World

VAN, BAD, CUSTOMER = UUID(int=1), UUID(int=2), virtual_place("customer")
ZONE = "Asia/Shanghai"
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
TRACKED = {VAN, BAD, IN_TRANSIT}

Spec = tuple[bool, int, int]  # an inflow?, thousandths, minutes since noon


def line(number: int, from_: UUID, to: UUID, quantity: Decimal, minutes: int) -> Line:
    id_, happened = derived("line", number), NOON + timedelta(minutes=minutes)
    rank = ranks([Stating(id_, happened)])[id_]
    return Line(id_, id_, from_, to, quantity, happened, rank)


def lines_from(specs: list[Spec]) -> list[Line]:
    return [
        line(n, *((CUSTOMER, VAN) if inflow else (VAN, CUSTOMER)), Decimal(q) / 1000, minutes)
        for n, (inflow, q, minutes) in enumerate(specs)
    ]


specs = st.lists(st.tuples(st.booleans(), st.integers(1, 5000), st.integers(0, 5000)), max_size=12)
places = st.sampled_from([VAN, BAD, CUSTOMER, IN_TRANSIT, virtual_place("supplier")])


def balances_along(book: Book, place: UUID) -> list[Decimal]:
    """The balance after each statement together with its cover."""
    steps: dict[UUID, Decimal] = {}
    for move in book.moves:
        change = (move.to_place == place) * move.quantity - (
            move.from_place == place
        ) * move.quantity
        steps[move.cause_id] = steps.get(move.cause_id, Decimal(0)) + change
    total, along = Decimal(0), []
    for step in steps.values():
        total += step
        along.append(total)
    return along


@given(specs)
def test_a_book_is_never_below_zero_and_its_moves_come_to_its_balance(some: list[Spec]) -> None:
    book = replay_quantity(VAN, ZONE, lines_from(some))
    along = balances_along(book, VAN)
    assert all(balance >= 0 for balance in along)
    assert book.balances[VAN] == (along[-1] if along else 0)


@given(specs, st.randoms(use_true_random=False))
def test_the_replay_does_not_depend_on_the_order_given(some: list[Spec], random: object) -> None:
    given_lines = lines_from(some)
    shuffled = list(given_lines)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert replay_quantity(VAN, ZONE, shuffled) == replay_quantity(VAN, ZONE, given_lines)


@given(specs)
def test_a_cover_exactly_fills_what_is_short_and_an_inflow_before_it_takes_it_away(
    some: list[Spec],
) -> None:
    book = replay_quantity(VAN, ZONE, lines_from(some))
    short = sum((cover.quantity for cover in book.covers), Decimal(0))
    if short:
        early = line(-1, CUSTOMER, VAN, short, -1)
        filled = replay_quantity(VAN, ZONE, [early, *lines_from(some)])
        assert filled.covers == []
        assert filled.balances == book.balances


def test_within_one_local_day_inflows_come_first_and_across_midnight_they_do_not() -> None:
    taken = line(0, VAN, CUSTOMER, Decimal(1), 0)
    after_lunch = line(1, CUSTOMER, VAN, Decimal(1), 120)
    next_day = line(2, CUSTOMER, VAN, Decimal(1), 13 * 60)
    assert replay_quantity(VAN, ZONE, [taken, after_lunch]).covers == []
    assert len(replay_quantity(VAN, ZONE, [taken, next_day]).covers) == 1
    # The day is the place's own: in London it is still the same day.
    assert replay_quantity(VAN, "Europe/London", [taken, next_day]).covers == []


@given(st.lists(st.tuples(places, places, st.integers(0, 100)), max_size=10))
def test_a_serial_is_in_one_place_at_a_time(hops: list[tuple[UUID, UUID, int]]) -> None:
    chain = [
        line(n, from_, to, Decimal(1), minutes)
        for n, (from_, to, minutes) in enumerate(hops)
        if from_ != to
    ]
    book = replay_serial(chain, TRACKED)
    held: dict[UUID, Decimal] = {}
    for move in book.moves:
        assert move.from_place != move.to_place
        held[move.from_place] = held.get(move.from_place, Decimal(0)) - 1
        held[move.to_place] = held.get(move.to_place, Decimal(0)) + 1
        tracked = [held.get(place, Decimal(0)) for place in TRACKED]
        assert min(tracked) >= 0
        assert sum(tracked) <= 1
    assert {place: 1 for place in TRACKED if held.get(place)} == book.balances
    assert replay_serial(chain[::-1], TRACKED) == book


def test_a_serial_that_was_never_seen_may_come_from_outside_but_not_from_a_van() -> None:
    outside = line(0, CUSTOMER, VAN, Decimal(1), 0)
    used = line(1, VAN, CUSTOMER, Decimal(1), 1)
    assert replay_serial([outside, used], TRACKED).covers == []
    assert [cover.line for cover in replay_serial([used], TRACKED).covers] == [used]
    elsewhere = line(2, BAD, CUSTOMER, Decimal(1), 2)
    jump = replay_serial([outside, elsewhere], TRACKED)
    assert [(cover.before, cover.line) for cover in jump.covers] == [(outside, elsewhere)]
    assert [move.role for move in jump.moves] == ["stated", "lost", "cover", "stated"]


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 5000)), max_size=8))
def test_a_transfer_is_shipped_less_received_and_never_below_zero(
    halves: list[tuple[bool, int]],
) -> None:
    lines = [
        line(n, *((VAN, IN_TRANSIT) if shipped else (IN_TRANSIT, BAD)), Decimal(q) / 1000, n)
        for n, (shipped, q) in enumerate(halves)
    ]
    shipped, received = [
        sum((one.quantity for one in lines if (one.to_place == IN_TRANSIT) is way), Decimal(0))
        for way in (True, False)
    ]
    book = replay_transfer(lines)
    assert book.balances[IN_TRANSIT] == max(shipped - received, Decimal(0))
    covered = sum((cover.quantity for cover in book.covers), Decimal(0))
    assert covered == max(received - shipped, Decimal(0))
    assert {move.from_place for move in book.moves} <= {DISCREPANCY}
    assert replay_transfer(lines[::-1]) == book


def test_books_of_pieces_and_of_places_never_meet() -> None:
    place, part = UUID(int=5), UUID(int=6)
    by_quantity = book_of(place, Item(part, None, None))
    assert by_quantity != book_of(UUID(int=9), Item(place, None, str(part)))
    assert by_quantity != book_of(place, Item(part, str(part), None))
    assert book_of(place, Item(part, None, "S")) == book_of(part, Item(part, None, "S"))


def test_posting_is_idempotent_and_what_turns_out_otherwise_is_reversed(world: World) -> None:
    book, roller = UUID(int=7), Item(world.named["roller"], None, None)
    van, main = world.named["van-a"], world.named["main"]
    now = world.clock.now()

    def post(*wanted: Wanted) -> list[tuple[int, UUID, Decimal]]:
        def body(session: Session, _: datetime) -> list[Move]:
            return ledger.post(session, now, book, roller, wanted, ledger.journal_of(session, book))

        moves = world.house.database.transact(body)
        return [(move.ordinal, move.from_place, move.quantity) for move in moves]

    two = Wanted(UUID(int=8), "stated", van, main, Decimal(2), now, UUID(int=9))
    three = Wanted(UUID(int=8), "stated", van, main, Decimal(3), now, UUID(int=9))
    assert post(two) == [(0, van, Decimal(2))]
    assert post(two) == []
    assert post(three) == [(1, main, Decimal(2)), (2, van, Decimal(3))]
    assert post() == [(3, main, Decimal(3))]
    assert post() == []
    assert post(two) == [(4, van, Decimal(2))]
    assert world.house.database.read(ledger.net_of_moves) == {
        (van, roller.part_id): Decimal(-2),
        (main, roller.part_id): Decimal(2),
    }


def test_a_piece_is_one_piece_whatever_lot_it_is_said_to_be_of(world: World) -> None:
    device = world.device()
    world.new("transfer")
    for lot in ("L", None):
        line = {"part": world["head"], "quantity": "1", "lot": lot, "serial": "S"}
        state(device, world, "stock.received", world["van-a"], lines=[line])
    device.sync()
    world.drain()
    assert [(row.lot, row.serial) for row in world.rows(Balance, Balance.quantity > 0)] == [
        (None, "S")
    ]
    assert world.house.database.read(violations) == {}

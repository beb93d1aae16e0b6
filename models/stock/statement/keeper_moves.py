"""What moved at the places that somebody kept, by part and column, as it was posted."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from models.stock.demand import Transfer
from models.stock.rows import Move, Place, PlaceKeeper, StockStatement
from models.stock.statement.month import Month
from models.types import exact_quantity

COLUMNS = ("received", "used", "handed_on", "returned", "counted", "other")
LEAVING = ("used", "handed_on", "returned")  # these tell what left as more than nothing
ZERO = Decimal("0.000")
RETURNED_TO = ("warehouse", "defective", "workshop")

Columns = dict[str, Decimal]


@dataclass(frozen=True)
class Window:
    """How long in the month a place was kept: its moves posted then count."""

    place: Place
    since: datetime
    until: datetime


@dataclass
class Line:
    """What a part came to at a place: with how much it began, and by column what changed."""

    opening: Decimal = ZERO
    columns: Columns = field(default_factory=lambda: defaultdict(lambda: ZERO))

    def add(self, column: str, entered: Decimal) -> None:
        self.columns[column] += -entered if column in LEAVING else entered

    def told(self) -> dict[str, str]:
        return {name: str(exact_quantity(self.columns[name])) for name in COLUMNS}

    @property
    def closing(self) -> Decimal:
        entered = (-self.columns[name] if name in LEAVING else self.columns[name]
                   for name in COLUMNS)  # fmt: skip
        return sum(entered, self.opening)


def windows(session: Session, user_id: UUID, month: Month) -> Iterator[Window]:
    """The places that the user kept in the month, from the first moment to the last."""
    query = select(Place, PlaceKeeper.since, PlaceKeeper.until).join(
        PlaceKeeper, PlaceKeeper.place_id == Place.id
    )
    kept = PlaceKeeper.until.is_(None) | (PlaceKeeper.until > month.since)
    query = query.where(PlaceKeeper.user_id == user_id, PlaceKeeper.since < month.until, kept)
    found: dict[UUID, Window] = {}
    for place, since, until in session.execute(query.order_by(Place.code)):
        before = found.get(place.id, Window(place, month.until, month.since))
        found[place.id] = Window(
            place,
            min(before.since, max(since, month.since)),
            max(before.until, min(until or month.until, month.until)),
        )
    yield from found.values()


def lines_of(
    session: Session, window: Window, month: Month
) -> tuple[dict[UUID, Line], dict[str, dict[UUID, Line]]]:
    """By part what moved at the place in the window, and by period what of it is from earlier."""
    now: dict[UUID, Line] = defaultdict(Line)
    before: dict[str, dict[UUID, Line]] = defaultdict(lambda: defaultdict(Line))
    for part, quantity in _opening(session, window):
        now[part].opening = quantity
    goals = _goals(session, window)
    kinds = {id_: kind for id_, kind in session.execute(select(Place.id, Place.kind))}
    for move in session.scalars(_moved(window)):
        column, entered = _column(move, window.place.id, kinds, goals)
        now[move.part_id].add(column, entered)
        period = month.earlier(move.happened)
        if period is not None:
            before[period][move.part_id].add(column, entered)
    return now, before


def _here(window: Window) -> Any:
    return or_(Move.from_place == window.place.id, Move.to_place == window.place.id)


def _moved(window: Window) -> Any:
    within = (Move.posted >= window.since, Move.posted < window.until)
    return select(Move).where(_here(window), *within)


def _opening(session: Session, window: Window) -> Iterable[tuple[UUID, Decimal]]:
    """What the moves posted before come to."""
    ends = (Move.to_place, Move.quantity), (Move.from_place, -Move.quantity)
    entered, left = (
        select(Move.part_id.label("part"), quantity.label("quantity")).where(
            place == window.place.id, Move.posted < window.since
        )
        for place, quantity in ends
    )
    both = entered.union_all(left).subquery()
    query = select(both.c.part, func.sum(both.c.quantity)).group_by(both.c.part)
    return [(part, exact_quantity(quantity)) for part, quantity in session.execute(query)]


def _goals(session: Session, window: Window) -> dict[UUID, str]:
    """By statement the kind of the place to which its transfer goes."""
    sent = _moved(window).with_only_columns(Move.cause_id)
    query = (
        select(StockStatement.id, Place.kind)
        .join(Transfer, Transfer.transfer_id == StockStatement.transfer_id)
        .join(Place, Place.id == Transfer.to_place)
        .where(StockStatement.id.in_(sent))
    )
    return {id_: kind for id_, kind in session.execute(query)}


def _column(
    move: Move, place: UUID, kinds: Mapping[UUID, str], goals: Mapping[UUID, str]
) -> tuple[str, Decimal]:
    """In which column the move stands, and how much entered by it. A reversal (every second move of
    a line) stands where what it takes back does."""
    leaves = (move.from_place == place) != (move.ordinal % 2 == 1)
    entered = move.quantity if move.to_place == place else -move.quantity
    other = kinds[move.to_place if move.from_place == place else move.from_place]
    if other == "in_transit" and leaves:
        goal = goals.get(move.cause_id)
        return ("returned" if goal in RETURNED_TO else "handed_on"), entered
    if other in ("in_transit", "supplier") and not leaves:
        return "received", entered
    return {"customer": "used", "adjustment": "counted"}.get(other, "other"), entered

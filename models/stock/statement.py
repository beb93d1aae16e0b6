"""The statement 对账单 of somebody who keeps places, for one month: what they held, got, used,
handed on and returned, by part.

A move belongs to the month in which it was *posted*, in the company's zone: so a month that is over
never changes, and what is stated late stands in the next one, as from the period in which it
happened. Once somebody confirmed it, its content and hash are kept by that decision.
"""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from models.clock import instant_text
from models.company import COMPANY_ID, Company
from models.decisions import Decision, decisions_about
from models.derived import Subject
from models.ids import derived
from models.people import User
from models.refusals import Refused
from models.stock.demand import Transfer
from models.stock.rows import Debt, Move, Part, Place, PlaceKeeper, StockStatement
from models.types import exact_quantity

MONTH = re.compile(r"(19[789]|20\d|21[0-8])\d-(0[1-9]|1[0-2])")
CONFIRMED = "statement.confirmed"
COLUMNS = ("received", "used", "handed_on", "returned", "counted", "other")
LEAVING = ("used", "handed_on", "returned")  # these tell what left as more than nothing
GRACE = timedelta(hours=1)  # whoever began to post before midnight has done so by then
ZERO = Decimal("0.000")
RETURNED_TO = ("warehouse", "defective", "workshop")

Data = Mapping[str, Any]
Columns = dict[str, Decimal]


class Month(NamedTuple):
    """A month of the company's zone, as `2026-11`, and from when until when it is."""

    name: str
    zone: ZoneInfo
    since: datetime
    until: datetime


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


def month_of(session: Session, name: str) -> Month:
    """The month of that name. Raises Refused."""
    if not MONTH.fullmatch(name):
        raise Refused("wrong_value", "month", "as in 2026-11")
    first = date.fromisoformat(f"{name}-01")
    zone = ZoneInfo(session.get_one(Company, COMPANY_ID).zone)
    following = (first + timedelta(days=31)).replace(day=1)
    ends = [datetime.combine(day, time(), zone).astimezone(UTC) for day in (first, following)]
    return Month(name, zone, *ends)


def content_of(session: Session, user_id: UUID, name: str) -> dict[str, Any]:
    """What the statement says, as JSON. Raises Refused for nobody, and for no month."""
    if session.get(User, user_id) is None:
        raise Refused("unknown", "user")
    month = month_of(session, name)
    lines: list[dict[str, Any]] = []
    earlier: list[dict[str, Any]] = []
    for window in _windows(session, user_id, month):
        now, before = _lines(session, window, month)
        lines += _told(session, window.place, now)
        for period in sorted(before):
            told = _told(session, window.place, before[period])
            earlier += [{"period": period, **_without_ends(one)} for one in told]
    return {
        "user": str(user_id),
        "month": name,
        "since": instant_text(month.since),
        "until": instant_text(month.until),
        "lines": lines,
        "earlier": earlier,
        "debts": [_owed(debt, part) for debt, part in _debts(session, user_id, month)],
    }


def digest(content: Data) -> str:
    """The hash of a statement's content."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


# What was kept, and what moved there


def _windows(session: Session, user_id: UUID, month: Month) -> Iterator[Window]:
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


def _lines(
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
        if move.happened < month.since:
            period = move.happened.astimezone(month.zone).strftime("%Y-%m")
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


# In words


def _told(session: Session, place: Place, lines: Mapping[UUID, Line]) -> list[dict[str, Any]]:
    """The lines by the code of their part, but those of which there was nothing."""
    query = select(Part).where(Part.id.in_(lines)).order_by(Part.code)
    return [
        {
            "place": str(place.id),
            "place_code": place.code,
            "part": str(part.id),
            "part_code": part.code,
            "part_name": part.name,
            "unit": part.unit,
            "opening": str(exact_quantity(lines[part.id].opening)),
            **lines[part.id].told(),
            "closing": str(exact_quantity(lines[part.id].closing)),
        }
        for part in session.scalars(query)
        if lines[part.id].opening or any(lines[part.id].columns.values())
    ]


def _without_ends(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in ("opening", "closing")}


def _debts(session: Session, user_id: UUID, month: Month) -> Any:
    """What the user still owes of what they took out until the month ended."""
    query = select(Debt, Part).outerjoin(Part, Part.id == Debt.part_id)
    query = query.where(Debt.user_id == user_id, Debt.since < month.until)
    return session.execute(query.order_by(Debt.since, Debt.id))


def _owed(debt: Debt, part: Part | None) -> dict[str, Any]:
    return {
        "debt": str(debt.id),
        "visit": str(debt.visit_id),
        "part": str(debt.part_id),
        "part_code": None if part is None else part.code,
        "part_name": None if part is None else part.name,
        "serial": debt.serial,
        "quantity": str(debt.quantity),
        "since": instant_text(debt.since),
    }


# Confirming it


def subject_of(user_id: UUID, month: str) -> Subject:
    """The statement, as decisions name it."""
    return Subject("statement", derived("statement", user_id, month))


def subjects(data: Data) -> list[Subject]:
    """The statement."""
    return [subject_of(UUID(data["user"]), data["month"])]


def confirmed(session: Session, user_id: UUID, month: str) -> Decision | None:
    """The decision that confirmed the statement, if any."""
    taken = decisions_about(session, subject_of(user_id, month), CONFIRMED)
    return taken[0] if taken else None


def check(session: Session, data: Data) -> None:
    """Nobody confirmed it before. Raises Refused."""
    if confirmed(session, UUID(data["user"]), data["month"]) is not None:
        raise Refused("exists", "month", "it was confirmed before")


def freeze(session: Session, now: datetime, data: Data) -> Data:
    """The decision with the content that is confirmed. Raises Refused where the month is not over,
    or where the content is not the one that was seen."""
    content = content_of(session, UUID(data["user"]), data["month"])
    over = month_of(session, data["month"]).until + GRACE
    if now < over:
        raise Refused("wrong_value", "month", f"it can be confirmed from {instant_text(over)} on")
    if digest(content) != data["sha256"]:
        raise Refused("statement_changed", "sha256")
    return {**data, "content": content}

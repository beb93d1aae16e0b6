"""The statement 对账单 of a customer, a dealer mostly, for one month: what was shipped to them of
their orders, sold or in the guarantee period, and what was accepted of their returns, by part.

It is told from moves, by when they were posted, as a keeper's is. Beside them stands what is still
open of what was asked for until the month ended.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, literal, select
from sqlalchemy.orm import Session

from models.clock import instant_text
from models.customers import Customer
from models.decisions import DecisionSubject
from models.refusals import Refused
from models.returns.rows import Return, ReturnLine
from models.stock.demand import ENDED, Requisition
from models.stock.rows import Move, Part, StockStatement, virtual_place
from models.stock.serving import to_ship
from models.stock.statement.month import Month, month_of
from models.types import exact_quantity

COLUMNS = ("sold", "guarantee", "returned")
ZERO = Decimal("0.000")

Lines = dict[UUID, dict[str, Decimal]]  # by part and column
Told = dict[str, Any]


def content_of(session: Session, customer_id: UUID, name: str) -> Told:
    """What the statement says, as JSON. Raises Refused for nobody, and for no month."""
    customer = session.get(Customer, customer_id)
    if customer is None:
        raise Refused("unknown", "customer")
    month = month_of(session, name)
    now, before = _lines_of(session, customer_id, month)
    return {
        "customer": str(customer_id),
        "customer_code": customer.code,
        "customer_name": customer.name,
        "month": name,
        "since": instant_text(month.since),
        "until": instant_text(month.until),
        "lines": list(_told(session, now)),
        "earlier": [
            {"period": period, **line}
            for period in sorted(before)
            for line in _told(session, before[period])
        ],
        "orders": list(_orders(session, customer_id, month)),
        "returns": list(_returns(session, customer_id, month)),
    }


def _lines_of(session: Session, customer_id: UUID, month: Month) -> tuple[Lines, dict[str, Lines]]:
    """By part what moved in the month, and by period what of it is from earlier. A reversal (every
    second move of a line) stands where what it takes back does."""
    now: Lines = defaultdict(lambda: defaultdict(lambda: ZERO))
    before: dict[str, Lines] = defaultdict(lambda: defaultdict(lambda: defaultdict(lambda: ZERO)))
    for query in (_shipped(customer_id, month), _accepted(customer_id, month)):
        for move, column in session.execute(query):
            quantity = -move.quantity if move.ordinal % 2 else move.quantity
            now[move.part_id][column] += quantity
            period = month.earlier(move.happened)
            if period is not None:
                before[period][move.part_id][column] += quantity
    return now, before


def _shipped(customer_id: UUID, month: Month) -> Select[Any]:
    """The moves of what decisions shipped to the customer of their orders, and for which kind."""
    of_orders = _moved("requisition", month).add_columns(Requisition.kind)
    return of_orders.join(Requisition, Requisition.id == DecisionSubject.subject_id).where(
        Requisition.customer_id == customer_id,
        StockStatement.to_place == virtual_place("customer"),
    )


def _accepted(customer_id: UUID, month: Month) -> Select[Any]:
    """The moves of what decisions took in of the customer's returns."""
    of_returns = _moved("return", month).add_columns(literal("returned"))
    return of_returns.join(Return, Return.id == DecisionSubject.subject_id).where(
        Return.customer_id == customer_id,
        StockStatement.from_place == virtual_place("customer"),
    )


def _moved(subject_type: str, month: Month) -> Select[Any]:
    """What was posted in the month of lines that decisions about such a subject state. What only
    covers a difference in our books is none of the customer's."""
    line = and_(StockStatement.id == Move.cause_id, StockStatement.book_id == Move.book_id)
    return (
        select(Move)
        .join(StockStatement, line)
        .join(DecisionSubject, DecisionSubject.decision_id == StockStatement.cause_id)
        .where(
            DecisionSubject.subject_type == subject_type,
            Move.role == "stated",
            Move.posted >= month.since,
            Move.posted < month.until,
        )
    )


def _told(session: Session, lines: Lines) -> Iterator[Told]:
    """The lines by the code of their part, but those of which there was nothing."""
    for part in _parts(session, lines):
        columns = lines[part.id]
        if any(columns.values()):
            told = {name: str(exact_quantity(columns[name])) for name in COLUMNS}
            yield {**_named(part), **told}


def _parts(session: Session, ids: Mapping[UUID, Any]) -> Iterator[Part]:
    yield from session.scalars(select(Part).where(Part.id.in_(ids)).order_by(Part.code))


def _named(part: Part) -> Told:
    return {
        "part": str(part.id),
        "part_code": part.code,
        "part_name": part.name,
        "unit": part.unit,
    }


def _day(month: Month, at: datetime) -> str:
    return at.astimezone(month.zone).date().isoformat()


def _orders(session: Session, customer_id: UUID, month: Month) -> Iterator[Told]:
    """What the customer ordered until the month ended, and what is not shipped of it by now."""
    query = select(Requisition).where(
        Requisition.customer_id == customer_id,
        Requisition.asked < month.until,
        Requisition.status.not_in(ENDED),
    )
    for order in session.scalars(query.order_by(Requisition.asked, Requisition.id)):
        left = to_ship(session, order.id)
        for part in _parts(session, left):
            if left[part.id]:
                yield {
                    "requisition": str(order.id),
                    "kind": order.kind,
                    "asked": _day(month, order.asked),
                    **_named(part),
                    "quantity": str(exact_quantity(left[part.id])),
                }


def _returns(session: Session, customer_id: UUID, month: Month) -> Iterator[Told]:
    """What the customer may send back as they asked until the month ended, and what of its list did
    not come by now. What goes straight to the supplier never comes."""
    query = select(Return, ReturnLine, Part).where(
        ReturnLine.return_id == Return.id,
        Part.id == ReturnLine.part_id,
        Return.customer_id == customer_id,
        Return.asked < month.until,
        Return.status.in_(("permitted", "partly_received")),
        Return.outcome != "supplier",
    )
    order = (Return.asked, Return.id, Part.code, ReturnLine.id)
    for one, line, part in session.execute(query.order_by(*order)):
        if line.awaited:
            yield {
                "return": str(one.id),
                "asked": _day(month, one.asked),
                **_named(part),
                "serial": line.serial,
                "quantity": str(exact_quantity(line.awaited)),
            }

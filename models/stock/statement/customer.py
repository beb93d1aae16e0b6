"""The statement 对账单 of a customer, a dealer mostly, for one month: what was shipped to them of
their orders, sold or in the guarantee period, and what was accepted of their returns, by part.

It is told from moves, by when they were posted, as a keeper's is. Beside them stands what is still
open of what was asked for until the month ended.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import instant_text
from models.customers import Customer
from models.refusals import Refused
from models.returns.rows import Return, ReturnLine
from models.stock.demand import ENDED, Requisition
from models.stock.rows import Part
from models.stock.serving import to_ship
from models.stock.statement.customer_moves import COLUMNS, Lines, lines_of
from models.stock.statement.month import Month, month_of
from models.types import exact_quantity

Told = dict[str, Any]


def content_of(session: Session, customer_id: UUID, name: str) -> Told:
    """What the statement says, as JSON. Raises Refused for nobody, and for no month."""
    customer = session.get(Customer, customer_id)
    if customer is None:
        raise Refused("unknown", "customer")
    month = month_of(session, name)
    now, before = lines_of(session, customer_id, month)
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

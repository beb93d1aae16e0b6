"""Which customers' orders time has overtaken: not shipped, or not told of, when it was due."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from models.facts import Moment
from models.stock.demand import ENDED, Requisition
from models.stock.order_rows import CustomerShipment
from models.stock.orders import LATE, UNTOLD


def newly_late(session: Session, now: datetime) -> Sequence[tuple[UUID, str, datetime]]:
    """The orders that were due by now and are not done, unnoticed so far; for what, and when it was
    due."""
    late = select(Requisition.id, Requisition.ship_due).where(
        Requisition.ship_due <= now,
        Requisition.status.not_in(ENDED),
        ~_noticed(LATE, Requisition.id, Requisition.ship_due),
    )
    order, due = CustomerShipment.requisition_id, CustomerShipment.tell_due
    untold = select(order, due).where(
        due <= now, CustomerShipment.told.is_(None), ~_noticed(UNTOLD, order, due)
    )
    both = ((LATE, late.order_by(Requisition.ship_due)), (UNTOLD, untold.distinct().order_by(due)))
    return [
        (id_, kind, at)
        for kind, query in both
        for id_, at in session.execute(query)
        if at is not None
    ]


def _noticed(kind: str, id_: Any, at: Any) -> ColumnElement[bool]:
    return exists().where(
        Moment.subject_type == "requisition",
        Moment.subject_id == id_,
        Moment.kind == kind,
        Moment.at == at,
    )

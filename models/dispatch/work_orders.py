"""A work order follows from what the desk decided of it, and from how its visits stand."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from models.clock import instant_from
from models.contracts.promising import next_due, promise_rows, reopened_at
from models.contracts.rows import PromiseRow
from models.derived import Derived, Subject
from models.dispatch.rows import Visit, WorkItem, WorkOrder
from models.records.rows import RecordVersion
from models.timeline import Decided

WORK_ORDER_TABLES: tuple[type[Derived], ...] = (WorkOrder, PromiseRow)

UNDER_WAY = {"travelling", "on_site", "paused"}
PLANNED = {"planned", "assigned", "accepted", "declined"}


def fold_work_order(
    session: Session, subject: Subject, decisions: Sequence[Decided]
) -> list[Derived]:
    """The work order's row and its promises, by the decisions in their order; none where nobody
    opened it."""
    opened = next((one for one in decisions if one.kind == "work_order.opened"), None)
    if opened is None:
        return []
    data: dict[str, Any] = dict(opened.data)
    cancelled: Decided | None = None
    for one in decisions:
        if one.kind == "work_order.changed":
            data |= one.data["changed"]
        elif one.kind == "work_order.cancelled":
            cancelled = one
    statuses = visit_statuses(session, subject.id, reopened_at(decisions))
    status = status_from(statuses, cancelled is not None)
    order = WorkOrder(
        id=subject.id,
        site_id=UUID(data["site"]),
        asset_id=UUID(data["asset"]) if data["asset"] else None,
        request=data["request"],
        level=data["level"],
        due=instant_from(data["due"]) if data["due"] else None,
        due_basis="manual",
        opened=opened.at,
        status=status,
        cancel_reason=None if cancelled is None else cancelled.data["reason"],
    )
    # Nothing is promised any more for what was cancelled.
    promised = [] if status == "cancelled" else promise_rows(session, subject.id, decisions)
    first = next_due(promised)
    if order.due is None and first is not None:
        order.due, order.due_basis = first.due, first.clause
    return [order, *promised]


def visit_statuses(
    session: Session, work_order_id: UUID, reopened: datetime | None = None
) -> set[str]:
    """How the visits for the work order stand; without those that were done before it was
    reopened."""
    query = select(Visit.status).join(WorkItem, WorkItem.visit_id == Visit.id)
    query = query.where(WorkItem.work_order_id == work_order_id)
    if reopened is not None:
        done_since = exists().where(
            RecordVersion.visit_id == Visit.id, RecordVersion.sealed > reopened
        )
        query = query.where(or_(Visit.status != "done", done_since))
    return set(session.scalars(query))


def status_from(visits: set[str], cancelled: bool = False) -> str:
    """The status that the visits' statuses make; what was cancelled and yet done is resolved."""
    if visits & UNDER_WAY:
        return "in_progress"
    if "done" in visits:
        return "resolved"
    if cancelled:
        return "cancelled"
    if visits & PLANNED:
        return "planned"
    return "received"

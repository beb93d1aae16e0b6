"""A work order's status follows from what the desk decided and how its visits stand."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import instant_from
from models.derived import Derived, Subject
from models.dispatch.rows import Visit, WorkItem, WorkOrder
from models.timeline import Decided

WORK_ORDER_TABLES: tuple[type[Derived], ...] = (WorkOrder,)

UNDER_WAY = {"travelling", "on_site", "paused"}
PLANNED = {"planned", "assigned", "accepted", "declined"}


def fold_work_order(
    session: Session, subject: Subject, decisions: Sequence[Decided]
) -> list[Derived]:
    """The work order's row; none where nobody opened it."""
    opened = next((one for one in decisions if one.kind == "work_order.opened"), None)
    if opened is None:
        return []
    data = opened.data
    query = select(Visit.status).join(WorkItem, WorkItem.visit_id == Visit.id)
    statuses = set(session.scalars(query.where(WorkItem.work_order_id == subject.id)))
    order = WorkOrder(
        id=subject.id,
        site_id=UUID(data["site"]),
        asset_id=UUID(data["asset"]) if data["asset"] else None,
        request=data["request"],
        level=data["level"],
        due=instant_from(data["due"]) if data["due"] else None,
        due_basis="manual",
        opened=opened.at,
        status=status_from(statuses),
    )
    return [order]


def status_from(visits: set[str]) -> str:
    """The status that the visits' statuses make."""
    if visits & UNDER_WAY:
        return "in_progress"
    if "done" in visits:
        return "resolved"
    if visits & PLANNED:
        return "planned"
    return "received"

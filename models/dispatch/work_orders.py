"""A work order follows from what the desk decided of it, and from how its visits stand."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from models.clock import instant_from
from models.contracts.promising import findings_of, next_due, promise_rows, reopened_at
from models.contracts.rows import PromiseRow
from models.customers import Asset, Site
from models.derived import Derived
from models.dispatch.beginning import OPENED
from models.dispatch.rows import Visit, WorkItem, WorkOrder
from models.finding_kinds import SETTLED
from models.records.rows import RecordVersion
from models.timeline import Decided, Entry, Folding, Passed, Stated

WORK_ORDER_TABLES: tuple[type[Derived], ...] = (WorkOrder, PromiseRow)

UNDER_WAY = {"travelling", "on_site", "paused"}
PLANNED = {"planned", "assigned", "accepted", "declined"}


def fold_work_order(session: Session, folding: Folding, entries: Sequence[Entry]) -> None:
    """The work order's row, its promises and what is found of them; nothing where nobody opened it,
    neither the desk nor a technician on the spot."""
    decisions = [one for one in entries if isinstance(one, Decided)]
    opening = _opened_by_desk(decisions) or _opened_on_site(session, folding.subject.id, entries)
    if opening is None:
        return
    subject = folding.subject
    data, opened = opening
    changes = [one.data["changed"] for one in decisions if one.kind == "work_order.changed"]
    for changed in changes:
        data |= changed
    reason = _cancelled(decisions)
    statuses = visit_statuses(session, subject.id, reopened_at(decisions))
    status = status_from(statuses, reason is not None)
    order = WorkOrder(
        id=subject.id,
        site_id=UUID(data["site"]),
        asset_id=UUID(data["asset"]) if data["asset"] else None,
        request=data["request"],
        level=data["level"],
        due=instant_from(data["due"]) if data["due"] else None,
        due_basis="manual",
        opened=opened,
        status=status,
        cancel_reason=reason,
        changes=len(changes),
    )
    # Nothing is promised any more for what was cancelled.
    promised = [] if status == "cancelled" else promise_rows(session, subject.id, decisions)
    first = next_due(promised)
    if order.due is None and first is not None:
        order.due, order.due_basis = first.due, first.clause
    folding.rows += [order, *promised]
    folding.found += findings_of(promised, _moments(entries))


def _moments(entries: Sequence[Entry]) -> dict[str, set[datetime]]:
    """When promises came in danger or were broken."""
    moments = defaultdict[str, set[datetime]](set)
    for entry in entries:
        if isinstance(entry, Passed):
            moments[entry.kind].add(entry.at)
    return moments


Opening = tuple[dict[str, Any], datetime]


def _opened_by_desk(decisions: Sequence[Decided]) -> Opening | None:
    """What the desk decided when it opened the work order, and when."""
    opened = next((one for one in decisions if one.kind == "work_order.opened"), None)
    return None if opened is None else (dict(opened.data), opened.at)


def _opened_on_site(session: Session, id_: UUID, entries: Sequence[Entry]) -> Opening | None:
    """What a technician was asked for on the spot, by the fact that opened the visit of the same
    id. An asset that is not known yet comes later."""
    visit = session.get(Visit, id_)
    named = None if visit is None else visit.plan.get("opened")
    facts = (one for one in entries if isinstance(one, Stated) and one.kind == OPENED)
    for fact in facts:
        if fact.held is not None or session.get(Site, fact.data["site"].id) is None:
            continue
        if named is not None and str(fact.key) != named:
            continue
        data = {
            "site": str(fact.data["site"].id),
            "asset": _asset_at(session, fact),
            "request": fact.parts.get("request", ""),
            "level": fact.data["level"],
            "due": None,
        }
        return data, fact.happened
    return None


def _asset_at(session: Session, fact: Stated) -> str | None:
    """The asset that the fact names, if it is known and stands at the site."""
    named, site = fact.data["asset"], fact.data["site"]
    asset = None if named is None else session.get(Asset, named.id)
    return str(asset.id) if asset is not None and asset.site_id == site.id else None


def _cancelled(decisions: Sequence[Decided]) -> str | None:
    """Why the work order is not to be done, if the desk said so."""
    reason = None
    for one in decisions:
        if one.kind == "work_order.cancelled":
            reason = str(one.data["reason"])
        elif one.kind == SETTLED and one.data["resolution"] == "decline":
            reason = "declined"
    return reason


def visit_statuses(
    session: Session, work_order_id: UUID, reopened: datetime | None = None
) -> set[str]:
    """How the visits for the work order stand; without those that were done before it was
    reopened."""
    if reopened is None:
        return set(session.scalars(STATUSES, {"order": work_order_id}))
    return set(session.scalars(STATUSES_SINCE, {"order": work_order_id, "reopened": reopened}))


STATUSES = (
    select(Visit.status)
    .join(WorkItem, WorkItem.visit_id == Visit.id)
    .where(WorkItem.work_order_id == bindparam("order"))
)
STATUSES_SINCE = STATUSES.where(
    (Visit.status != "done")
    | exists().where(
        RecordVersion.visit_id == Visit.id,
        RecordVersion.stands,
        RecordVersion.sealed > bindparam("reopened"),
    )
)


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

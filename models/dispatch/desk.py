"""What the desk decides of work orders and visits, and what is checked before it is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import instant_from, instant_text
from models.contracts.desk import check_note
from models.contracts.promising import reasons_of, reopened_at
from models.customers import Asset, Site
from models.decisions import Decision, decisions_about
from models.derived import Changes, Job, Subject
from models.dispatch.bookings import Window, calendars, check_free, crew_of
from models.dispatch.lifecycle import ENDED
from models.dispatch.rows import Assignment, Visit, WorkItem, WorkOrder
from models.dispatch.work_orders import PLANNED, UNDER_WAY, status_from, visit_statuses
from models.loaners.rows import Loaner
from models.people import Role, User
from models.refusals import Refused
from models.stock.rows import Part

Data = Mapping[str, Any]


def work_order_subjects(data: Data) -> list[Subject]:
    """The work order itself."""
    return [Subject("work_order", UUID(data["work_order"]))]


def visit_subjects(data: Data) -> list[Subject]:
    """The visit itself."""
    return [Subject("visit", UUID(data["visit"]))]


def beside_plan(session: Session, data: Data) -> list[Subject]:
    """The work orders, lest they are cancelled meanwhile, and the calendars of who is assigned."""
    orders = {UUID(item["work_order"]) for item in data["items"]}
    crew = crew_of(session, UUID(data["visit"]))
    return [*(Subject("work_order", order) for order in orders), *calendars(crew)]


def beside_crew(session: Session, data: Data) -> list[Subject]:
    """The calendars of the crew."""
    return calendars({UUID(one["user"]) for one in data["crew"]})


def status_seen(session: Session, data: Data) -> Data:
    """How the visit stood as far as anybody at the desk could know."""
    visit = session.get(Visit, UUID(data["visit"]))
    return {} if visit is None else {"status": visit.status}


def keep_opening(session: Session, now: datetime, data: Data) -> Data:
    """A visit that was opened in the field stays the one that was."""
    visit = session.get(Visit, UUID(data["visit"]))
    if visit is None or "opened" not in visit.plan:
        return data
    return {**data, "opened": visit.plan["opened"]}


# Work orders


def check_work_order(session: Session, data: Data) -> None:
    """The order is new, the site exists, and the asset stands there. Raises Refused."""
    if session.get(WorkOrder, UUID(data["work_order"])) is not None:
        raise Refused("exists", "work_order")
    site = UUID(data["site"])
    if session.get(Site, site) is None:
        raise Refused("unknown", "site")
    if data["asset"] is None:
        return
    asset = session.get(Asset, UUID(data["asset"]))
    if asset is None:
        raise Refused("unknown", "asset")
    if asset.site_id != site:
        raise Refused("wrong_value", "asset", "the asset stands at another site")


def check_noted(session: Session, data: Data) -> None:
    """The work order exists, and its clocks know what is noted. Raises Refused."""
    order = UUID(data["work_order"])
    if session.get(WorkOrder, order) is None:
        raise Refused("unknown", "work_order")
    check_note(session, data, reasons_of(session, order))


def check_change(session: Session, data: Data) -> None:
    """The work order exists and has not been cancelled. Raises Refused."""
    if _order(session, data).status == "cancelled":
        raise Refused("work_order_ended", "work_order", "it was cancelled")


def judge_visits(session: Session, decision: Decision) -> Changes:
    """The visits for the work order are looked at again: who works on one may not know of it."""
    order = UUID(decision.data["work_order"])
    query = select(WorkItem.visit_id).where(WorkItem.work_order_id == order)
    jobs = {Job("judge", Subject("visit", visit)) for visit in session.scalars(query)}
    return Changes(set(), jobs)


def check_cancelling(session: Session, data: Data) -> None:
    """The work order is neither resolved nor cancelled, and no visit is to come. Raises Refused."""
    order = _order(session, data)
    if order.status == "cancelled":
        raise Refused("work_order_ended", "work_order", "it was cancelled")
    query = select(Visit).join(WorkItem, WorkItem.visit_id == Visit.id).order_by(Visit.starts)
    query = query.where(WorkItem.work_order_id == order.id, Visit.status.in_(PLANNED | UNDER_WAY))
    visits = [
        f"visit {one.id} is {one.status}, {instant_text(one.starts)}"
        for one in session.scalars(query)
    ]
    if visits:
        raise Refused("in_use", "work_order", "; ".join(visits))
    reopened = reopened_at(decisions_about(session, Subject("work_order", order.id)))
    if status_from(visit_statuses(session, order.id, reopened)) == "resolved":
        raise Refused("work_order_ended", "work_order", "it is resolved")


def _order(session: Session, data: Data) -> WorkOrder:
    order = session.get(WorkOrder, UUID(data["work_order"]))
    if order is None:
        raise Refused("unknown", "work_order")
    return order


# Visits


def check_plan(session: Session, data: Data) -> None:
    """The visit may still be planned, its work orders belong to its site, and whoever is assigned
    to it already is free then. Raises Refused."""
    if instant_from(data["ends"]) < instant_from(data["starts"]):
        raise Refused("wrong_value", "ends", "a window ends after it starts")
    visit = session.get(Visit, UUID(data["visit"]))
    if visit is not None:
        _check_open(visit)
    if session.get(Site, UUID(data["site"])) is None:
        raise Refused("unknown", "site")
    _check_items(session, data)
    for number, planned in enumerate(data["parts_planned"]):
        if session.get(Part, UUID(planned["part"])) is None:
            raise Refused("unknown", f"parts_planned.{number}.part")
    duty = data["loaner_duty"]
    if duty is not None and session.get(Loaner, UUID(duty)) is None:
        raise Refused("unknown", "loaner_duty")
    crew = crew_of(session, UUID(data["visit"]))
    window = Window(instant_from(data["starts"]), instant_from(data["ends"]))
    check_free(session, data, dict.fromkeys(crew, "starts"), window)


def _check_items(session: Session, data: Data) -> None:
    orders = [UUID(item["work_order"]) for item in data["items"]]
    if len(set(orders)) != len(orders):
        raise Refused("wrong_value", "items", "a work order is named twice")
    for number, item in enumerate(data["items"]):
        order = session.get(WorkOrder, UUID(item["work_order"]))
        if order is None:
            raise Refused("unknown", f"items.{number}.work_order")
        if str(order.site_id) != data["site"]:
            raise Refused("not_at_site", f"items.{number}.work_order")
        if order.status == "cancelled":
            raise Refused("work_order_ended", f"items.{number}.work_order", "it was cancelled")


def check_crew(session: Session, data: Data) -> None:
    """The visit is open, and the crew are technicians with exactly one lead, who are free then.
    Raises Refused."""
    visit = check_not_ended(session, data)
    crew = [UUID(one["user"]) for one in data["crew"]]
    if len(set(crew)) != len(crew):
        raise Refused("wrong_value", "crew", "somebody is named twice")
    if [one["role"] for one in data["crew"]].count("lead") != 1:
        raise Refused("lead_needed", "crew")
    technicians = select(User.id).where(
        User.id.in_(crew), User.role == Role.TECHNICIAN, User.active
    )
    # Who is leaving at this moment is waited for.
    still = technicians.order_by(User.id).with_for_update(read=True, key_share=True)
    unfit = set(crew) - set(session.scalars(still))
    for number, user_id in enumerate(crew):
        if user_id in unfit:
            raise Refused("not_technician", f"crew.{number}.user")
    fields = {user_id: f"crew.{number}.user" for number, user_id in enumerate(crew)}
    check_free(session, data, fields, Window(visit.starts, visit.ends))


def check_unassigning(session: Session, data: Data) -> None:
    """The visit is open, the user goes there, and no crew is left without lead. Raises Refused."""
    check_not_ended(session, data)
    query = select(Assignment.user_id, Assignment.role).where(
        Assignment.visit_id == UUID(data["visit"]), Assignment.until.is_(None)
    )
    crew: dict[UUID, str] = {user_id: role for user_id, role in session.execute(query)}
    role = crew.pop(UUID(data["user"]), None)
    if role is None:
        raise Refused("unknown", "user")
    if crew and role == "lead":
        raise Refused("lead_needed", "user", "name the crew that stays, with another lead")


def check_not_ended(session: Session, data: Data) -> Visit:
    """The visit, which has neither ended nor been cancelled. Raises Refused."""
    visit = session.get(Visit, UUID(data["visit"]))
    if visit is None:
        raise Refused("unknown", "visit")
    _check_open(visit)
    return visit


def _check_open(visit: Visit) -> None:
    if visit.status in ENDED or visit.status == "cancelled":
        raise Refused("visit_ended", "visit", f"it is {visit.status}")

"""What the desk decides of work orders and visits, and what is checked before it is."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import instant_from
from models.customers import Asset, Site
from models.derived import Subject
from models.dispatch.lifecycle import ENDED
from models.dispatch.rows import Visit, WorkOrder
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


def check_plan(session: Session, data: Data) -> None:
    """The visit may still be planned, and its work orders belong to its site. Raises Refused."""
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


def check_crew(session: Session, data: Data) -> None:
    """The visit is open, and the crew are technicians with exactly one lead. Raises Refused."""
    check_not_ended(session, data)
    crew = [UUID(one["user"]) for one in data["crew"]]
    if len(set(crew)) != len(crew):
        raise Refused("wrong_value", "crew", "somebody is named twice")
    if [one["role"] for one in data["crew"]].count("lead") != 1:
        raise Refused("lead_needed", "crew")
    technicians = select(User.id).where(
        User.id.in_(crew), User.role == Role.TECHNICIAN, User.active
    )
    unfit = set(crew) - set(session.scalars(technicians))
    for number, user_id in enumerate(crew):
        if user_id in unfit:
            raise Refused("not_technician", f"crew.{number}.user")


def check_not_ended(session: Session, data: Data) -> None:
    """The visit exists and has neither ended nor been cancelled. Raises Refused."""
    visit = session.get(Visit, UUID(data["visit"]))
    if visit is None:
        raise Refused("unknown", "visit")
    _check_open(visit)


def _check_open(visit: Visit) -> None:
    if visit.status in ENDED or visit.status == "cancelled":
        raise Refused("visit_ended", "visit", f"it is {visit.status}")

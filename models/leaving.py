"""What stands open of somebody: what has to be settled before they leave, and what to look at."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from models.customers import Customer, Site
from models.dispatch.lifecycle import ENDED
from models.dispatch.rows import Assignment, Visit, visits_of
from models.findings import Finding
from models.loaners.rows import HERE, Custody, Loaner
from models.people import Device, Role, User
from models.stock.fitted import Debt
from models.stock.rows import Balance, Part, Place, PlaceKeeper, kept_by

OVER = (*sorted(ENDED), "cancelled")

Values = dict[str, Any]
Rows = Select[*tuple[Any, ...]]


def standing(session: Session, user_id: UUID) -> dict[str, list[Values]]:
    """Everything that stands open of the user, part by part."""
    return {
        "visits": visits(session, user_id),
        "places": places(session, user_id),
        "debts": debts(session, user_id),
        "loaners": loaners(session, user_id),
        "devices": devices(session, user_id),
        "findings": findings(session, user_id),
    }


def visits(session: Session, user_id: UUID) -> list[Values]:
    """The visits to which the user is assigned and that have not ended."""
    query = (
        select(
            Visit.id, Visit.status, Visit.starts, Visit.ends, Assignment.role,
            Site.name.label("site_name"), Customer.name.label("customer_name"),
        )
        .join(Assignment, Assignment.visit_id == Visit.id)
        .join(Site, Site.id == Visit.site_id)
        .join(Customer, Customer.id == Site.customer_id)
        .where(
            Assignment.user_id == user_id, Assignment.until.is_(None), Visit.status.not_in(OVER)
        )
    )  # fmt: skip
    return _rows(session, query.order_by(Visit.starts, Visit.id))


def crew_of(session: Session, visit_id: UUID) -> dict[UUID, str]:
    """Who is assigned to the visit, and as what."""
    query = select(Assignment.user_id, Assignment.role).where(
        Assignment.visit_id == visit_id, Assignment.until.is_(None)
    )
    return {user_id: role for user_id, role in session.execute(query.order_by(Assignment.id))}


def places(session: Session, user_id: UUID) -> list[Values]:
    """The places that the user keeps, who else does, and what lies there."""
    query = select(Place.id, Place.code, Place.name, Place.kind).where(
        Place.id.in_(kept_by(user_id))
    )
    found = _rows(session, query.order_by(Place.code))
    others = select(PlaceKeeper.place_id, PlaceKeeper.user_id).where(
        PlaceKeeper.place_id.in_(kept_by(user_id)),
        PlaceKeeper.until.is_(None),
        PlaceKeeper.user_id != user_id,
    )
    keepers = set(map(tuple, session.execute(others)))
    lines = _rows(session, _lying(user_id))
    return [
        {
            **place,
            "others": sorted(keeper for place_id, keeper in keepers if place_id == place["id"]),
            "lines": [line for line in lines if line["place_id"] == place["id"]],
        }
        for place in found
    ]


def _lying(user_id: UUID) -> Rows:
    return (
        select(
            Balance.place_id, Balance.part_id, Part.code.label("part_code"),
            Part.name.label("part_name"), Balance.lot, Balance.serial, Balance.quantity,
        )
        .join(Part, Part.id == Balance.part_id)
        .where(Balance.place_id.in_(kept_by(user_id)), Balance.quantity > 0)
        .order_by(Part.code, Balance.book_id)
    )  # fmt: skip


def debts(session: Session, user_id: UUID) -> list[Values]:
    """The old parts that the user owes."""
    query = (
        select(
            Debt.id, Debt.part_id, Part.code.label("part_code"), Part.name.label("part_name"),
            Debt.serial, Debt.quantity, Debt.visit_id, Debt.since,
        )
        .outerjoin(Part, Part.id == Debt.part_id)
        .where(Debt.user_id == user_id)
    )  # fmt: skip
    return _rows(session, query.order_by(Debt.since, Debt.id))


def loaners(session: Session, user_id: UUID) -> list[Values]:
    """The loaners at places that the user keeps."""
    query = (
        select(Loaner.id, Loaner.model, Loaner.serial, Custody.holder_id.label("place_id"))
        .join(Custody, and_(Custody.loaner_id == Loaner.id, Custody.until.is_(None)))
        .where(Custody.state.in_(HERE), Custody.holder_id.in_(kept_by(user_id)))
    )
    return _rows(session, query.order_by(Loaner.serial, Loaner.id))


def devices(session: Session, user_id: UUID) -> list[Values]:
    """The user's devices that are not revoked, and what is stuck on them."""
    query = select(
        Device.id, Device.name, Device.last_seen, Device.unsent_facts, Device.unsent_since
    ).where(Device.user_id == user_id, Device.revoked.is_(None))
    return _rows(session, query.order_by(Device.enrolled, Device.id))


def findings(session: Session, user_id: UUID) -> list[Values]:
    """The open findings about the user's devices, visits and places. They stay open: others look
    at them."""
    theirs = select(Device.id).where(Device.user_id == user_id)
    books = select(Balance.book_id).where(Balance.place_id.in_(kept_by(user_id)))
    about = [
        and_(Finding.subject_type == type_, Finding.subject_id.in_(query))
        for type_, query in (("device", theirs), ("visit", visits_of(user_id)), ("book", books))
    ]
    query = select(
        Finding.id, Finding.code, Finding.subject_type, Finding.subject_id, Finding.since
    ).where(Finding.state == "open", or_(*about))
    return _rows(session, query.order_by(Finding.since, Finding.id))


def active_supervisors(session: Session) -> list[UUID]:
    """The supervisors who work here, locked, so that of the last two only one can leave."""
    query = select(User.id).where(User.role == Role.SUPERVISOR, User.active).order_by(User.id)
    return list(session.scalars(query.with_for_update()))


def _rows(session: Session, query: Rows) -> list[Values]:
    return [dict(row) for row in session.execute(query).mappings()]


def ids_of(values: Iterable[Values]) -> list[UUID]:
    """The ids of the values."""
    return [one["id"] for one in values]

"""Reserving a loaner for some days: checked while the loaner is locked, so that of two desks that
want the same days one gets them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, case, or_, select
from sqlalchemy.orm import Session

from models.customers import Site
from models.dispatch.rows import WorkOrder
from models.loaners.desk import (
    check_known,
    holder_in_words,
    open_custody,
    refuse_promised,
    today_at,
)
from models.loaners.replay import stands_in_the_way
from models.loaners.rows import AVAILABLE, LOST, OPEN, OUT, SOLD, Custody, Loaner, Reservation
from models.refusals import Refused

Data = Mapping[str, Any]


def check_reserving(session: Session, data: Data) -> None:
    """The days are some, the site and the work order are there, and nobody else has the loaner
    then. Raises Refused."""
    check_known(session, data)
    starts, until = date.fromisoformat(data["starts"]), date.fromisoformat(data["until"])
    if until <= starts:
        raise Refused("wrong_value", "until", "it is the day after the last one")
    if session.get(Site, UUID(data["site"])) is None:
        raise Refused("unknown", "site")
    _check_order(session, data)
    _check_free(session, UUID(data["loaner"]), starts, until)


def refuse_past(session: Session, now: datetime, data: Data) -> Data:
    """Days that are over at the site cannot be reserved. Raises Refused."""
    site = session.get_one(Site, UUID(data["site"]))
    if date.fromisoformat(data["until"]) <= today_at(site, now):
        raise Refused("wrong_value", "until", "these days are over")
    return data


def check_releasing(session: Session, data: Data) -> None:
    """The reservation is this loaner's, and open. Raises Refused."""
    check_known(session, data)
    found = session.get(Reservation, UUID(data["reservation"]))
    if found is None or str(found.loaner_id) != data["loaner"]:
        raise Refused("unknown", "reservation")
    if found.state != OPEN:
        raise Refused("reservation_ended", "reservation", found.state)


def _check_order(session: Session, data: Data) -> None:
    if data["work_order"] is None:
        return
    order = session.get(WorkOrder, UUID(data["work_order"]))
    if order is None:
        raise Refused("unknown", "work_order")
    if str(order.site_id) != data["site"]:
        raise Refused("not_at_site", "work_order")


def _check_free(session: Session, loaner_id: UUID, starts: date, until: date) -> None:
    held = open_custody(session, loaner_id)
    if held is not None and stands_in_the_way(held, Reservation(starts=starts, until=until)):
        raise Refused("loaner_taken", "starts", holder_in_words(session, held))
    overlap = (Reservation.starts < until, Reservation.until > starts)
    refuse_promised(session, loaner_id, "starts", *overlap)


def candidates(model: str, starts: date, until: date) -> Select[UUID]:
    """The loaners of a model that may be free on those days: those that lie ready come first."""
    taken = select(Reservation.loaner_id).where(
        Reservation.state == OPEN, Reservation.starts < until, Reservation.until > starts
    )
    away = or_(
        Custody.state.in_([LOST, SOLD]),
        and_(
            Custody.state == OUT,
            or_(Custody.overdue, Custody.due.is_(None), Custody.due >= starts),
        ),
    )
    gone = select(Custody.loaner_id).where(Custody.until.is_(None), away)
    here = and_(Custody.loaner_id == Loaner.id, Custody.until.is_(None))
    return (
        select(Loaner.id)
        .outerjoin(Custody, here)
        .where(Loaner.model == model, Loaner.id.not_in(taken), Loaner.id.not_in(gone))
        .order_by(case((Custody.state == AVAILABLE, 0), else_=1), Loaner.serial, Loaner.id)
    )

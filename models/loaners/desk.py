"""What the warehouse decides of loaners: where one is, whether it may be lent again, until when a
loan may last, that one is lost or sold."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from models.customers import Site
from models.decisions import Decision
from models.derived import Changes, Subject, replace
from models.ids import derived
from models.loaners.rows import (
    HERE,
    OPEN,
    OUT,
    SOLD,
    Custody,
    CustodyStatement,
    Loaner,
    Reservation,
)
from models.refusals import Refused
from models.stock.desk import check_physical
from models.stock.rows import Place

Data = Mapping[str, Any]


def subjects(data: Data) -> list[Subject]:
    """The loaner."""
    return [Subject("unit", UUID(data["loaner"]))]


def check_known(session: Session, data: Data) -> Loaner:
    """The loaner is in the pool. Raises Refused."""
    found = session.get(Loaner, UUID(data["loaner"]))
    if found is None:
        raise Refused("unknown", "loaner")
    return found


def check_placing(session: Session, data: Data) -> None:
    """Loaner and place exist, things can lie there, and the loaner is not sold. Raises Refused."""
    check_known(session, data)
    check_physical(session, data["place"], "place")
    held = open_custody(session, UUID(data["loaner"]))
    if held is not None and held.state == SOLD:
        raise Refused("loaner_state", "loaner", holder_in_words(session, held))


def write_placing(session: Session, decision: Decision) -> Changes:
    """The loaner is at the place from now on. It is locked and replayed at once."""
    statement = CustodyStatement(
        id=derived("placed", decision.id),
        loaner_id=UUID(decision.data["loaner"]),
        cause_id=decision.id,
        origin_id=None,
        seq=0,
        holder_type="place",
        holder_id=UUID(decision.data["place"]),
        user_id=None,
        due=None,
        condition=None,
        accessories=None,
        photos=None,
        instead_of=None,
        happened=decision.at,
    )
    owner = Subject("decision", decision.id)
    return Changes(replace(session, owner, (CustodyStatement,), [statement]).sources, set())


# In which states each may be decided.
STATES = {"inspected": HERE, "lost": (OUT, *HERE), "sold": (OUT,), "extended": (OUT,)}


def check_inspecting(session: Session, data: Data) -> None:
    """The loaner lies at a place of ours. Raises Refused."""
    _check_state(session, data, "inspected")


def check_losing(session: Session, data: Data) -> None:
    """Somebody has it, as far as is known. Raises Refused."""
    _check_state(session, data, "lost")


def check_selling(session: Session, data: Data) -> None:
    """A customer has it. Raises Refused."""
    _check_state(session, data, "sold")


def check_extending(session: Session, data: Data) -> None:
    """It is out, until a day before the new one, and promised to nobody else by then. Raises
    Refused."""
    loan, due = _check_state(session, data, "extended"), date.fromisoformat(data["due"])
    if loan.due is not None and due <= loan.due:
        raise Refused("wrong_value", "due", f"it is due on {loan.due} already; name a later day")
    others = (Reservation.site_id != loan.holder_id, Reservation.starts <= due)
    refuse_promised(session, loan.loaner_id, "due", *others)


def name_loan(session: Session, now: datetime, data: Data) -> Data:
    """Which loan is meant, however the loaner's chain may look once more is known. Raises Refused
    for a day that is over where the loaner is."""
    loan = open_custody(session, UUID(data["loaner"]))
    site = None if loan is None else session.get(Site, loan.holder_id)
    if site is not None and date.fromisoformat(data["due"]) < today_at(site, now):
        raise Refused("wrong_value", "due", "that day is over; name a later one")
    return {**data, "loan": None if loan is None else str(loan.id)}


def today_at(site: Site, now: datetime) -> date:
    """Which day it is at the site."""
    return now.astimezone(ZoneInfo(site.zone)).date()


def refuse_promised(
    session: Session, loaner_id: UUID, field: str, *where: ColumnElement[bool]
) -> None:
    """No open reservation of the loaner is like that. Raises Refused, with whose it is."""
    query = select(Reservation, Site.name).join(Site, Site.id == Reservation.site_id)
    query = query.where(Reservation.loaner_id == loaner_id, Reservation.state == OPEN, *where)
    for one, site in session.execute(query.order_by(Reservation.starts).limit(1)):
        told = f"reserved for {site} from {one.starts} until before {one.until}"
        raise Refused("loaner_taken", field, told)


def state_seen(session: Session, data: Data) -> Data:
    """How the loaner stood."""
    held = open_custody(session, UUID(data["loaner"]))
    return {"state": None if held is None else held.state}


def open_custody(session: Session, loaner_id: UUID) -> Custody | None:
    """Who has the loaner now, as far as anybody said."""
    query = select(Custody).where(Custody.loaner_id == loaner_id, Custody.until.is_(None))
    return session.scalars(query).first()


def holder_in_words(session: Session, held: Custody) -> str:
    """How the loaner stands, and at which place or site."""
    place = select(Place.name).where(Place.id == held.holder_id)
    site = select(Site.name).where(Site.id == held.holder_id)
    name = session.scalar(place if held.holder_type == "place" else site)
    due = "" if held.due is None else f", due {held.due}"
    return f"{held.state} at {name or held.holder_id}{due}"


def _check_state(session: Session, data: Data, step: str) -> Custody:
    check_known(session, data)
    held = open_custody(session, UUID(data["loaner"]))
    if held is None:
        raise Refused("loaner_state", "loaner", "nobody has said yet where it is")
    if held.state not in STATES[step]:
        raise Refused("loaner_state", "loaner", holder_in_words(session, held))
    return held

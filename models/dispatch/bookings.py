"""A technician's calendar: whether they are free for a visit, told by intervals and not by starts.

Whoever asks before deciding has locked the calendars: else two desks could both find them free.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from models.clock import instant_text
from models.derived import Subject
from models.dispatch.rows import Assignment, Visit
from models.refusals import Refused

# Visits that keep nobody busy any more, or not before they are assigned anew.
FREES = ("done", "incomplete", "failed", "cancelled", "declined")


class Window(NamedTuple):
    """From when to when a visit is planned. What only touches does not overlap."""

    starts: datetime
    ends: datetime


def calendars(users: Iterable[UUID]) -> list[Subject]:
    """What is locked before anybody is booked."""
    return [Subject("calendar", user) for user in users]


def crew_of(session: Session, visit_id: UUID) -> list[UUID]:
    """Who is assigned to the visit now."""
    return list(session.scalars(CREW, {"visit": visit_id}))


CREW = (
    select(Assignment.user_id)
    .where(Assignment.visit_id == bindparam("visit"), Assignment.until.is_(None))
    .order_by(Assignment.user_id)
)


def booked(
    session: Session, users: Sequence[UUID], window: Window, but: UUID
) -> Mapping[UUID, Visit]:
    """By user the first visit in their calendar that overlaps the window, other than that one."""
    given = {"users": users, "but": but, **window._asdict()}
    return {user: visit for user, visit in session.execute(BOOKED, given)}


BOOKED = (
    select(Assignment.user_id, Visit)
    .join(Visit, Visit.id == Assignment.visit_id)
    .where(
        Assignment.user_id.in_(bindparam("users", expanding=True)),
        Assignment.until.is_(None),
        Visit.id != bindparam("but"),
        Visit.status.not_in(FREES),
        Visit.starts < bindparam("ends"),
        Visit.ends > bindparam("starts"),
    )
    .order_by(Visit.starts.desc(), Visit.id)  # the first one is kept last
)


def check_free(
    session: Session, data: Mapping[str, Any], fields: Mapping[UUID, str], window: Window
) -> None:
    """Nobody is elsewhere then, unless the desk said that they may be: `overlap`. Raises Refused.

    `fields` tells by user which field names them.
    """
    if data.get("overlap"):
        return
    busy = booked(session, list(fields), window, UUID(data["visit"]))
    for user, field in fields.items():
        if user in busy:
            other = busy[user]
            times = f"{instant_text(other.starts)} to {instant_text(other.ends)}"
            raise Refused("double_booked", field, f"visit {other.id}, {times}")

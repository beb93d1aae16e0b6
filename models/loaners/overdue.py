"""What time brings to loans: reminders before and after the due date, and reservations whose days
are over. Moments of each site's own days, written down by a job."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.customers import Site
from models.loaners.rows import OPEN, OUT, Custody, Reservation


class Rung(NamedTuple):
    """A step of the ladder: its moment's kind, and on which day after the due date it begins."""

    kind: str
    day: int


OVER = "loaner.reservation_over"
OVERDUE = "loan.overdue"
LADDER = (
    Rung("loan.due_soon", -2),
    Rung(OVERDUE, 1),
    Rung("loan.overdue_week", 8),
    Rung("loan.overdue_fortnight", 15),
)
IS_OVERDUE, IS_LONG_OVERDUE = 2, 4  # so many rungs up

Moments = Mapping[str, Iterable[datetime]]  # by kind


class Brought(NamedTuple):
    """What time brought to which loaner, and when."""

    loaner_id: UUID
    kind: str
    at: datetime


def begins(day: date, zone: str) -> datetime:
    """When the day begins there."""
    return datetime.combine(day, time(), ZoneInfo(zone))


def reached(due: date, zone: str, since: datetime, moments: Moments) -> int:
    """How many rungs up a loan of that due date is, by the moments that were noted. What was noted
    for an earlier due date comes before this one's rungs, and does not count."""
    return max(
        (
            number
            for number, rung in enumerate(LADDER, start=1)
            for at in moments.get(rung.kind, ())
            if at > since and at >= begins(due + timedelta(days=rung.day), zone)
        ),
        default=0,
    )


def is_over(reservation: Reservation, zone: str, moments: Moments) -> bool:
    """Whether it was noted that the reservation's days have passed."""
    end = begins(reservation.until, zone)
    return any(at >= end for at in moments.get(OVER, ()))


def newly_brought(session: Session, now: datetime) -> list[Brought]:
    """What the time brought that was not noted so far."""
    return [*_rungs(session, now), *_over(session, now)]


def _rungs(session: Session, now: datetime) -> Iterator[Brought]:
    first = LADDER[0].day
    query = select(Custody, Site.zone).join(Site, Site.id == Custody.holder_id)
    query = query.where(
        Custody.until.is_(None),
        Custody.state == OUT,
        Custody.reminders < len(LADDER),
        Custody.due <= now.date() + timedelta(days=1 - first),
    )
    for loan, zone in session.execute(query.order_by(Custody.id)):
        assert loan.due is not None
        for rung in LADDER[loan.reminders :]:
            at = begins(loan.due + timedelta(days=rung.day), zone)
            if at <= loan.since and rung.day < 0:
                continue  # a loan so short needs no reminder
            if at <= now:
                at = max(at, loan.since + timedelta(seconds=1))
                yield Brought(loan.loaner_id, rung.kind, at)


def _over(session: Session, now: datetime) -> Iterator[Brought]:
    query = select(Reservation, Site.zone).join(Site, Site.id == Reservation.site_id)
    query = query.where(
        Reservation.state == OPEN, Reservation.until <= now.date() + timedelta(days=1)
    )
    for one, zone in session.execute(query.order_by(Reservation.id)):
        if (at := begins(one.until, zone)) <= now:
            yield Brought(one.loaner_id, OVER, at)

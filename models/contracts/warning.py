"""When people are told that a promise is in danger, or was broken: once each, and at work."""

from datetime import datetime, timedelta
from typing import NamedTuple

from models.contracts.calendar import DAY, Hours, Shift, Week
from models.contracts.clock import Promise

WARNED_EARLIER = timedelta(days=1)  # at the latest a quarter of the time before, at most a day
BEFORE_CLOSE = timedelta(minutes=30)
LOOK_BACK_DAYS = 30

# When the company's desk is at work, where a plan names no duty of its own.
DESK = Week(((Shift(8 * 60 + 30, 17 * 60 + 30),),) * 5 + ((), ()), holidays=True)


class Notices(NamedTuple):
    """When to warn and when to tell of the breach; None where nothing is due."""

    warning: datetime | None
    breach: datetime | None


def notices(promise: Promise, desk: Hours) -> Notices:
    """When the promise's people are told, who are at work in these hours.

    A warning outside them comes earlier, half an hour before they last closed; where there was no
    such moment since the clock began, when they open. A breach is told when they open.
    """
    due, started = promise.due.at, promise.started
    if due is None or started is None:
        return Notices(None, None)
    ahead = min(max(due - started, timedelta(0)) / 4, WARNED_EARLIER)
    return Notices(_warning(due - ahead, started, desk), desk.opening_from(due))


def _warning(wanted: datetime, started: datetime, desk: Hours) -> datetime:
    if desk.is_open(wanted):
        return wanted
    return _last_open(wanted, started, desk) or desk.opening_from(wanted)


def _last_open(wanted: datetime, started: datetime, desk: Hours) -> datetime | None:
    """Half an hour before the desk closed last before that moment, if the clock ran already."""
    day = desk.date_of(wanted)
    for back in range(LOOK_BACK_DAYS):
        for since, until in reversed(desk.day(day - back * DAY).spans):
            if until <= wanted:
                at = max(since, until - BEFORE_CLOSE)
                return at if at >= started else None
    return None

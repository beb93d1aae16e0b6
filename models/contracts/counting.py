"""How a promised figure is counted on a calendar: in time, or in days.

Time (minutes, hours, and days counted to the hour) runs while there is service and nothing pauses.
Days, weeks and months are counted as dates: the day on which counting begins is not counted, and a
day during whose last moment the clock is paused is not counted either. They end when the last of
them ends, or when service closes on it.
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from models.contracts.calendar import DAY, RUNNING, Day, Hours, Shift, Span, spans_of
from models.tables.kinds import Words

MONTHS_A_YEAR = 12
DAYS_MAX = 20_000  # beyond this a count does not end, for instance on a calendar without service


class Pause(NamedTuple):
    """From when until when the clock stands still, and why. It may not have ended yet."""

    since: datetime
    until: datetime | None
    reason: str


class Due(NamedTuple):
    """When a count ends: never before a pause ends that has no end yet. `provisional` where it
    passes days of which no holidays were published."""

    at: datetime | None
    provisional: bool


class Segment(NamedTuple):
    """A stretch of a count: whether it was counted, and why it was or was not."""

    since: datetime
    until: datetime
    counted: bool
    why: str  # service, closed, rest, holiday, makeup, paused, first_day, day
    name: Words | None = None


class Endless(Exception):
    """The count never ends on this calendar."""


@dataclass(frozen=True)
class Figure:
    """How much is promised, once all blanks are filled in."""

    amount: int
    unit: str  # minutes, hours, days, working days, weeks, months, same day, day of the month …
    ends: str = "day"  # of days: with the last one, `close` of service, the same `hour`, or 18:00
    before: bool = False
    first_day: bool = False  # whether the day on which counting begins is day one

    @property
    def ends_with_day(self) -> bool:
        """Whether it ends at 24:00: what happens then happens on the next day."""
        return not counts_time(self) and self.ends == "day"


def due_of(figure: Figure, hours: Hours, start: datetime, pauses: Sequence[Pause] = ()) -> Due:
    """When the figure is reached, counted from the start. Raises Endless."""
    if figure.before:
        return Due(_before(figure, hours, start), False)
    if counts_time(figure):
        return _spend(hours_for(figure, hours), start, minutes_of(figure), pauses)
    return _last_day(figure, hours, start, pauses)


def _before(figure: Figure, hours: Hours, start: datetime) -> datetime:
    if counts_time(figure):
        return start - timedelta(minutes=minutes_of(figure))
    return hours.end_of(_named_date(replace(figure, amount=-figure.amount), hours.date_of(start)))


def counts_time(figure: Figure) -> bool:
    """Whether the figure is counted by the minute, not by dates."""
    return figure.unit in {"minutes", "hours"} or (figure.ends == "hour" and figure.unit in MINUTES)


def minutes_of(figure: Figure) -> int:
    """The figure in minutes; a day counted to the hour has 24."""
    return figure.amount * MINUTES[figure.unit]


MINUTES = {
    "minutes": 1,
    "hours": 60,
    "days": 24 * 60,
    "working days": 24 * 60,
    "weeks": 7 * 24 * 60,
}


def hours_for(figure: Figure, hours: Hours) -> Hours:
    """On what the figure is counted: working days on whole days, plain days on every day."""
    if figure.unit in {"minutes", "hours"}:
        return hours
    week = hours.week.whole_days() if figure.unit == "working days" else RUNNING
    return Hours(week, hours.zone, hours.days)


def _spend(hours: Hours, start: datetime, minutes: int, pauses: Sequence[Pause]) -> Due:
    left = timedelta(minutes=minutes)
    provisional = False
    for day in _days(hours, start):
        provisional = provisional or not day.known
        for since, until in _free(day, start, pauses):
            if until - since >= left:
                return Due(since + left, provisional)
            left -= until - since
        if _never_ends(pauses, hours.end_of(day.date)):
            return Due(None, provisional)
    raise Endless


def _days(hours: Hours, start: datetime) -> Iterator[Day]:
    for number, day in enumerate(hours.days_from(start)):
        if number > DAYS_MAX:
            return
        yield day


def _free(day: Day, start: datetime, pauses: Sequence[Pause]) -> Iterator[Span]:
    """The day's service after the start, without the pauses."""
    for since, until in day.spans:
        at = max(since, start)
        for pause in pauses:
            if pause.since < until and (pause.until is None or pause.until > at):
                if at < pause.since:
                    yield Span(at, pause.since)
                at = until if pause.until is None else max(at, pause.until)
        if at < until:
            yield Span(at, until)


def _never_ends(pauses: Sequence[Pause], instant: datetime) -> bool:
    """Whether a pause without end has begun by then."""
    return any(pause.until is None and pause.since < instant for pause in pauses)


def _is_paused(pauses: Sequence[Pause], instant: datetime) -> bool:
    """Whether the last moment before the instant lies in a pause."""
    return any(
        pause.since < instant and (pause.until is None or pause.until >= instant)
        for pause in pauses
    )


# Days


def _last_day(figure: Figure, hours: Hours, start: datetime, pauses: Sequence[Pause]) -> Due:
    if figure.unit not in {"working days", "same day"} and not pauses:
        early = DAY if figure.first_day else timedelta(0)
        day = hours.day(_named_date(figure, hours.date_of(start)) - early)
        return Due(_end(figure, hours, day), _looks_at_days(figure) and not day.known)
    provisional = False
    for day, left in days_counted(figure, hours, start, pauses):
        provisional = provisional or (not day.known and _looks_at_days(figure))
        if left <= 0:
            return Due(_end(figure, hours, day), provisional)
        if _never_ends(pauses, hours.end_of(day.date)):
            return Due(None, provisional)
    raise Endless


def _looks_at_days(figure: Figure) -> bool:
    """Whether holidays matter to the figure."""
    return figure.unit == "working days" or figure.ends == "close"


def _end(figure: Figure, hours: Hours, day: Day) -> datetime:
    if figure.ends == "close" and day.spans:
        return day.spans[-1].until
    if ":" in figure.ends:
        until = minute_from(figure.ends)
        return spans_of(hours.zone, day.date, (Shift(0, until),))[-1].until
    return hours.end_of(day.date)


def minute_from(text: str) -> int:
    """The minute of the day of 08:30; 24:00 is 1440."""
    return int(text[:2]) * 60 + int(text[3:])


def days_counted(
    figure: Figure, hours: Hours, start: datetime, pauses: Sequence[Pause] = ()
) -> Iterator[tuple[Day, int]]:
    """Every day from the first one, and how many are still to be counted at its end."""
    same_day = figure.unit == "same day"
    left = days_to_count(figure, hours.date_of(start))
    for number, day in enumerate(_days(hours, start)):
        if number or same_day or figure.first_day:
            paused = _is_paused(pauses, hours.end_of(day.date))
            left -= not paused and _counts(figure, hours, day, start)
        yield day, left


def _counts(figure: Figure, hours: Hours, day: Day, start: datetime) -> bool:
    if figure.unit == "same day":
        works = figure.ends != "close" or day.works
        return works and _end(figure, hours, day) > start
    return figure.unit != "working days" or day.works


def days_to_count(figure: Figure, began: date) -> int:
    """How many days it takes, counted from that one."""
    if figure.unit == "same day":
        return 1
    if figure.unit in {"days", "working days"}:
        return figure.amount
    return (_named_date(figure, began) - began).days


def _named_date(figure: Figure, began: date) -> date:
    if figure.unit in {"days", "weeks"}:
        return began + figure.amount * (7 if figure.unit == "weeks" else 1) * DAY
    if figure.unit == "months":
        return months_after(began, figure.amount)
    following = figure.unit == "day of the next month"
    month = months_after(began.replace(day=1), 1 if following else 0)
    return month.replace(day=min(figure.amount, monthrange(month.year, month.month)[1]))


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day."""
    count = day.year * MONTHS_A_YEAR + day.month - 1 + months
    year, month = count // MONTHS_A_YEAR, count % MONTHS_A_YEAR + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))

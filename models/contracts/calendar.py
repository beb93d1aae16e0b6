"""When service is given: a week of shifts, a country's holidays, and the zone of a site.

A minute is one of service where a clock on the site's wall shows a time within a shift, on a day
on which there is service. So a shift may end at 24:00, and may be an hour longer or shorter on the
night on which clocks are changed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from models.tables.kinds import Words

MINUTES_A_DAY = 24 * 60
DAY = timedelta(days=1)
DAYS_REMEMBERED = 100_000
# Local days begin at most 14 hours before and end at most 12 hours after the UTC day of that date.
EARLIER, LATER = timedelta(hours=15), timedelta(hours=37)


class Shift(NamedTuple):
    """From when to when, in minutes of the local day; 1440 is 24:00."""

    opens: int
    closes: int


WHOLE_DAY = Shift(0, MINUTES_A_DAY)


class Span(NamedTuple):
    """From an instant until just before another, in UTC."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class Week:
    """Shifts by weekday, Monday first. Holidays may close it, and make-up workdays open it then."""

    shifts: tuple[tuple[Shift, ...], ...]
    holidays: bool
    makeup: bool = True

    def of_makeup_day(self) -> tuple[Shift, ...]:
        """A make-up workday is worked like the first working day of the week."""
        return next((day for day in self.shifts if day), ())

    def whole_days(self) -> "Week":
        """The same days, each from 0:00 to 24:00."""
        days = tuple((WHOLE_DAY,) if day else () for day in self.shifts)
        return replace(self, shifts=days)


RUNNING = Week(((WHOLE_DAY,),) * 7, holidays=False)


@dataclass(frozen=True, eq=False)
class Days:
    """Days that are not as the week says: days off and make-up workdays, each with its name.

    Nothing was published yet about days after `through`.
    """

    off: Mapping[date, Words]
    work: Mapping[date, Words]
    through: date

    def beside(self, off: Mapping[date, Words], work: Mapping[date, Words]) -> "Days":
        """The same with a company's own days, which go before."""
        kept_off = {day: name for day, name in self.off.items() if day not in work}
        kept_work = {day: name for day, name in self.work.items() if day not in off}
        return Days({**kept_off, **off}, {**kept_work, **work}, self.through)


NO_DAYS = Days({}, {}, date.max)


class Day(NamedTuple):
    """One local date: its spans of service, what kind of day it is, and whether that is certain."""

    date: date
    spans: tuple[Span, ...]
    kind: str  # working, rest, holiday, makeup
    name: Words | None
    known: bool

    @property
    def works(self) -> bool:
        """Whether there is any service that day."""
        return self.kind in {"working", "makeup"}


class Hours:
    """A week of service at a place. What was found of a day is remembered."""

    def __init__(self, week: Week, zone: ZoneInfo, days: Days = NO_DAYS) -> None:
        self.week = week
        self.zone = zone
        self.days = days
        self._found: dict[date, Day] = {}

    def day(self, day: date) -> Day:
        """What there is on that date."""
        found = self._found.get(day)
        if found is None:
            found = self._found[day] = self._look_at(day)
        return found

    def _look_at(self, day: date) -> Day:
        shifts = self.week.shifts[day.weekday()]
        kind, name, known = "working" if shifts else "rest", None, True
        if self.week.holidays:
            known = day <= self.days.through
            if day in self.days.off:
                kind, name, shifts = "holiday", self.days.off[day], ()
            elif self.week.makeup and day in self.days.work and not shifts:
                kind, name, shifts = "makeup", self.days.work[day], self.week.of_makeup_day()
        return Day(day, spans_of(self.zone, day, shifts), kind, name, known)

    def date_of(self, instant: datetime) -> date:
        """The local date of the instant."""
        return instant.astimezone(self.zone).date()

    def days_from(self, instant: datetime) -> Iterator[Day]:
        """The day of the instant and every day after it."""
        at = self.date_of(instant)
        while True:
            yield self.day(at)
            at += DAY

    def end_of(self, day: date) -> datetime:
        """When it strikes 24:00 that day: the beginning of the next date that there is."""
        following = day + DAY
        while not (spans := spans_of(self.zone, following, (WHOLE_DAY,))):
            following += DAY
        return spans[0].since

    def is_open(self, instant: datetime) -> bool:
        """Whether the instant is one of service."""
        spans = self.day(self.date_of(instant)).spans
        return any(since <= instant < until for since, until in spans)

    def opening_from(self, instant: datetime) -> datetime:
        """The first instant of service at or after this one."""
        for day in self.days_from(instant):
            for since, until in day.spans:
                if until > instant:
                    return max(since, instant)
        raise AssertionError("unreachable")


@dataclass(frozen=True)
class Ground:
    """Where and on which days something is counted: the site's zone, and the days known of."""

    zone: ZoneInfo
    days: Days

    def hours(self, week: Week) -> Hours:
        """The week at this place."""
        return _hours(week, self.zone, self.days)

    def date_of(self, instant: datetime) -> date:
        """The local date."""
        return instant.astimezone(self.zone).date()


@lru_cache(1000)
def _hours(week: Week, zone: ZoneInfo, days: Days) -> Hours:
    return Hours(week, zone, days)


@lru_cache(DAYS_REMEMBERED)
def spans_of(zone: ZoneInfo, day: date, shifts: tuple[Shift, ...]) -> tuple[Span, ...]:
    """When the zone's clocks show a time within the shifts on that date, in order."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    found: list[Span] = []
    for since, until, offset in _offsets(zone, midnight):
        for opens, closes in shifts:
            opened = max(since, midnight + timedelta(minutes=opens) - offset)
            closed = min(until, midnight + timedelta(minutes=closes) - offset)
            if opened < closed:
                found.append(Span(opened, closed))
    return tuple(_joined(sorted(found)))


def _joined(spans: list[Span]) -> Iterator[Span]:
    """The spans, those that touch made one."""
    last: Span | None = None
    for span in spans:
        if last is not None and span.since <= last.until:
            last = Span(last.since, max(last.until, span.until))
            continue
        if last is not None:
            yield last
        last = span
    if last is not None:
        yield last


def _offsets(zone: ZoneInfo, midnight: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """By how much the zone is ahead of UTC around that day: as many pieces as there are offsets."""
    since, until = midnight - EARLIER, midnight + LATER
    for change, following in pairwise([since, *_changes(zone, since, until), until]):
        yield change, following, _offset(zone, change)


def _changes(zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[datetime]:
    """When clocks are changed in between. Nowhere are they changed twice within two days."""
    before = _offset(zone, since)
    if before == _offset(zone, until):
        return
    while until - since > timedelta(minutes=1):
        middle = since + timedelta(minutes=(until - since) // timedelta(minutes=2))
        if _offset(zone, middle) == before:
            since = middle
        else:
            until = middle
    yield until


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta(0)

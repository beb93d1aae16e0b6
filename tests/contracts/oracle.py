"""A slow clock that looks at every minute, and a slow calendar that looks at every day.

They share nothing with the program but the words of a figure: holidays are asked of the library's
own functions, and local times of the zone, minute by minute.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar

MINUTE = timedelta(minutes=1)
PUBLISHED = range(2004, 2027)
Stretch = tuple[datetime, datetime | None]


@dataclass(frozen=True)
class Shop:
    """When a shop is open: shifts as minutes, by weekday, and whether it keeps the holidays."""

    shifts: tuple[tuple[tuple[int, int], ...], ...]
    keeps_holidays: bool
    opens_on_makeup_days: bool

    def shifts_on(self, day: date) -> tuple[tuple[int, int], ...]:
        """The shifts of one date."""
        usual = self.shifts[day.weekday()]
        if not self.keeps_holidays or day.year not in PUBLISHED:
            return usual
        if chinese_calendar.is_holiday(day) and (day.weekday() < 5 or _has_name(day)):
            return ()
        works_on_weekend = day.weekday() >= 5 and chinese_calendar.is_workday(day)
        if works_on_weekend and self.opens_on_makeup_days and not usual:
            return next((shifts for shifts in self.shifts if shifts), ())
        return usual


def _has_name(day: date) -> bool:
    return chinese_calendar.get_holiday_detail(day)[1] is not None


def minutes_until(
    shop: Shop, zone: ZoneInfo, start: datetime, minutes: int, pauses: Sequence[Stretch]
) -> datetime | None:
    """When so many open minutes have gone by; None where it takes more than 60 days."""
    at, left = start, minutes
    known: dict[date, tuple[tuple[int, int], ...]] = {}
    for _ in range(60 * 24 * 60):
        local = at.astimezone(zone)
        day, minute = local.date(), local.hour * 60 + local.minute
        if day not in known:
            known[day] = shop.shifts_on(day)
        paused = any(since <= at and (until is None or at < until) for since, until in pauses)
        if not paused and any(opens <= minute < closes for opens, closes in known[day]):
            left -= 1
        at += MINUTE
        if left == 0:
            return at
    return None


def last_minute_of(zone: ZoneInfo, day: date) -> datetime:
    """When the day's last minute is over, found by walking through it."""
    at = datetime.combine(day, time(), UTC) - timedelta(hours=15)
    seen = False
    while True:
        is_day = at.astimezone(zone).date() == day
        if seen and at.astimezone(zone).date() > day:
            return at
        seen = seen or is_day
        at += MINUTE


def days_after(day: date) -> Iterator[date]:
    """Every date after that one."""
    while True:
        day += timedelta(days=1)
        yield day


def working_day_after(shop: Shop, start: date, count: int) -> date:
    """The date of the last of so many days on which the shop opens, the first one not counted."""
    for day in days_after(start):
        count -= bool(shop.shifts_on(day))
        if count == 0:
            return day
    raise AssertionError

"""A slow clock that looks at every minute, and a slow calendar that looks at every day.

They share nothing with the program but the words of a figure: holidays are asked of the library's
own functions, and local times of the zone, minute by minute.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import chinese_calendar

from models.contracts.counting import Figure

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MINUTES_A_DAY = 24 * 60
PUBLISHED = range(2004, 2027)
LONGEST = timedelta(days=120)
HOURS_REMEMBERED, DAYS_REMEMBERED = 50_000, 100_000
Stretch = tuple[datetime, datetime | None]
Shifts = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Shop:
    """When a shop is open: shifts as minutes, by weekday, and whether it keeps the holidays."""

    shifts: tuple[Shifts, ...]
    keeps_holidays: bool
    opens_on_makeup_days: bool

    def shifts_on(self, day: date) -> Shifts:
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

    def whole_days(self) -> "Shop":
        """The same days, from midnight to midnight."""
        return replace(self, shifts=tuple(ALL_DAY if day else () for day in self.shifts))


ALL_DAY = ((0, MINUTES_A_DAY),)
ALWAYS = Shop((ALL_DAY,) * 7, keeps_holidays=False, opens_on_makeup_days=False)


def _has_name(day: date) -> bool:
    return chinese_calendar.get_holiday_detail(day)[1] is not None


# Every minute


def minutes_until(
    shop: Shop, zone: ZoneInfo, start: datetime, minutes: int, pauses: Sequence[Stretch] = ()
) -> datetime:
    """When so many open minutes have gone by, found by walking through every one of them."""
    at, left = start, minutes
    while at < start + LONGEST:
        for is_open in opened(shop, zone, at.replace(minute=0))[at.minute :]:
            paused = any(since <= at and (until is None or at < until) for since, until in pauses)
            left -= is_open and not paused
            at += MINUTE
            if left == 0:
                return at
    raise AssertionError(f"{minutes} minutes take longer than {LONGEST}")


@lru_cache(HOURS_REMEMBERED)
def opened(shop: Shop, zone: ZoneInfo, hour: datetime) -> tuple[bool, ...]:
    """Of each minute of an hour, whether the clock on the shop's wall shows one of its own."""
    found = []
    for number in range(60):
        local = (hour + number * MINUTE).astimezone(zone)
        found.append(local.hour * 60 + local.minute in _minutes_on(shop, local.date()))
    return tuple(found)


@lru_cache(DAYS_REMEMBERED)
def _minutes_on(shop: Shop, day: date) -> frozenset[int]:
    return _minutes_of(shop.shifts_on(day))


@lru_cache
def _minutes_of(shifts: Shifts) -> frozenset[int]:
    return frozenset(minute for opens, closes in shifts for minute in range(opens, closes))


def last_minute_of(zone: ZoneInfo, day: date, shifts: Shifts = ALL_DAY) -> datetime:
    """When the day's last minute within the shifts is over, found by walking through the day."""
    at = datetime.combine(day, time(), UTC) - timedelta(hours=15)
    wanted, over = _minutes_of(shifts), at
    while (local := at.astimezone(zone)).date() <= day:
        at += MINUTE
        if local.date() == day and local.hour * 60 + local.minute in wanted:
            over = at
    return over


# Every day


def days_from(day: date) -> Iterator[date]:
    """That date and every one after it."""
    while True:
        yield day
        day += DAY


def nth(days: Iterable[date], count: int) -> date:
    """The last of so many."""
    for day in days:
        count -= 1
        if count == 0:
            return day
    raise AssertionError


def working_day_after(shop: Shop, start: date, count: int) -> date:
    """The date of the last of so many days on which the shop opens, the first one not counted."""
    return nth((day for day in days_from(start + DAY) if shop.shifts_on(day)), count)


def due_slowly(figure: Figure, shop: Shop, zone: ZoneInfo, start: datetime) -> datetime:
    """When the figure is reached, by walking through minutes or days."""
    if figure.unit in {"minutes", "hours"}:
        minutes = figure.amount * (60 if figure.unit == "hours" else 1)
        if figure.before:
            return start - minutes * MINUTE
        return minutes_until(shop, zone, start, minutes)
    if figure.ends == "hour" and figure.unit != "same day":
        days = figure.amount * (7 if figure.unit == "weeks" else 1)
        round_the_clock = shop.whole_days() if figure.unit == "working days" else ALWAYS
        return minutes_until(round_the_clock, zone, start, days * MINUTES_A_DAY)
    return last_minute_of(zone, *_last_day(figure, shop, zone, start))


def _last_day(figure: Figure, shop: Shop, zone: ZoneInfo, start: datetime) -> tuple[date, Shifts]:
    """The day on which the figure ends, and of it the minutes that still count."""
    today = start.astimezone(zone).date()
    if figure.unit == "same day":
        open_ = (day for day in days_from(today) if figure.ends != "close" or shop.shifts_on(day))
        ends = ((day, _until(figure, shop, day)) for day in open_)
        return next(end for end in ends if last_minute_of(zone, *end) > start)
    first = today if figure.first_day else today + DAY
    if figure.unit == "working days":
        day = nth((day for day in days_from(first) if shop.shifts_on(day)), figure.amount)
    elif figure.unit in {"days", "weeks"}:
        days_ = figure.amount * (7 if figure.unit == "weeks" else 1)
        day = today - days_ * DAY if figure.before else nth(days_from(first), days_)
    else:
        day = _of_month(figure, today, first)
    return day, _until(figure, shop, day)


def _of_month(figure: Figure, today: date, first: date) -> date:
    """The named day of the month, of the next one, or of the one so many months on."""
    if figure.unit == "months":
        wanted, months = today.day, figure.amount
    else:
        wanted, months = figure.amount, int(figure.unit == "day of the next month")
    month = nth((day for day in days_from(today.replace(day=1)) if day.day == 1), months + 1)
    last = next(day for day in days_from(month) if (day + DAY).month != month.month)
    early = figure.unit == "months" and first == today
    return min(month.replace(day=min(wanted, last.day)), last) - early * DAY


def _until(figure: Figure, shop: Shop, day: date) -> Shifts:
    if figure.ends == "close":
        return shop.shifts_on(day) or ALL_DAY
    if ":" in figure.ends:
        return ((0, int(figure.ends[:2]) * 60 + int(figure.ends[3:])),)
    return ALL_DAY

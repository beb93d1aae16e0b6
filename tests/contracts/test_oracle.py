"""The clock against one that looks at every minute, and the calendar against one for every day."""

import random
from datetime import UTC, date, datetime, timedelta
from functools import cache
from statistics import median
from time import perf_counter
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest

from models.contracts.calendar import Ground, Hours, Shift, Week
from models.contracts.counting import Figure, Pause, due_of, minutes_of
from models.contracts.holidays import china
from models.contracts.telling import segments
from tests.conftest import Figures
from tests.contracts.oracle import (
    ALWAYS,
    DAY,
    Shop,
    Stretch,
    last_minute_of,
    minutes_until,
    working_day_after,
)

WINDOW_DAYS = 60
FIRST, LAST = date(2007, 1, 1), date(2026, 10, 31)
ZONES = [
    "Asia/Shanghai",
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",  # clocks are changed by half an hour
    "America/Sao_Paulo",  # at midnight: some days begin at 1:00
    "America/Havana",
    "Africa/Casablanca",
    "Asia/Kathmandu",
]
OFFICE = (((9 * 60, 18 * 60),),) * 5 + ((), ())
SPLIT = (((8 * 60, 12 * 60), (14 * 60, 18 * 60)),) * 5 + ((), ())
SHOPS = {
    "running": ALWAYS,
    "office": Shop(OFFICE, True, True),
    "office, no make-up days": Shop(OFFICE, True, False),
    "split": Shop(SPLIT, True, True),
    "late": Shop((((8 * 60, 1440),),) * 7, False, False),
    "nights": Shop((((0, 6 * 60), (22 * 60, 1440)),) * 6 + ((),), False, False),
    "around the change of clocks": Shop((((90, 150), (170, 200)),) * 7, False, False),
    "workdays": Shop((((0, 1440),),) * 5 + ((), ()), True, True),
    "saturdays too": Shop((*OFFICE[:5], ((9 * 60, 12 * 60 + 30),), ()), True, True),
}


def hours_of(shop: Shop, zone: ZoneInfo) -> Hours:
    shifts = tuple(tuple(Shift(*one) for one in day) for day in shop.shifts)
    return Ground(zone, china()).hours(Week(shifts, shop.keeps_holidays, shop.opens_on_makeup_days))


@cache
def changes_of(zone: ZoneInfo) -> list[datetime]:
    """Every change of clocks, to the hour."""
    at, found = datetime(FIRST.year, 1, 1, tzinfo=UTC), []
    while at.date() < LAST:
        after = at + timedelta(days=1)
        if at.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            hours = [at + timedelta(hours=number) for number in range(24)]
            offsets = [hour.astimezone(zone).utcoffset() for hour in hours]
            found.append(hours[offsets.count(offsets[0]) - 1])
        at = after
    return found


def holiday_edges() -> list[datetime]:
    """The beginning and the end of every public holiday, and of every make-up workday."""
    days = china()
    marked = {day for day in (*days.off, *days.work) if FIRST <= day <= LAST}
    edges = {day for day in marked if day - DAY not in marked}
    edges |= {day + DAY for day in marked if day + DAY not in marked}
    return [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in sorted(edges)]


def drawn(dice: random.Random, around: datetime, days: float) -> datetime:
    """A minute of the days before that moment."""
    return around - timedelta(minutes=dice.randrange(int(days * 24 * 60)))


def some_pauses(dice: random.Random, start: datetime) -> list[Stretch]:
    pauses: list[Stretch] = []
    at = start
    for _ in range(dice.choice([0, 0, 1, 2])):
        at += timedelta(minutes=dice.randrange(60 * 30))
        until = at + timedelta(minutes=dice.randrange(1, 60 * 50))
        pauses.append((at, until))
        at = until
    return pauses


def check(dice: random.Random, name: str, zone: ZoneInfo, start: datetime) -> timedelta:
    """One figure in time, with pauses, against every minute of a window of up to 60 days; and its
    segments add up to it. Answers how long the window was."""
    shop, pauses = SHOPS[name], some_pauses(dice, start)
    a_week = sum(closes - opens for day in shop.shifts for opens, closes in day)
    minutes = dice.randrange(1, a_week * WINDOW_DAYS // 7)
    hours, stops = hours_of(shop, zone), [Pause(*pause, "why") for pause in pauses]
    expected = minutes_until(shop, zone, start, minutes, pauses)
    figure = Figure(minutes, "minutes")
    due = due_of(figure, hours, start, stops)
    assert due.at == expected, (name, zone.key, start, minutes, pauses)
    counted = [one for one in segments(figure, hours, start, expected, stops) if one.counted]
    total = sum((one.until - one.since for one in counted), timedelta(0))
    assert total == timedelta(minutes=minutes)
    return expected - start


def anywhere(dice: random.Random) -> datetime:
    """Any minute of the twenty years."""
    span = (LAST - FIRST).days * 24 * 60
    return datetime(FIRST.year, 1, 1, tzinfo=UTC) + timedelta(minutes=dice.randrange(span))


@pytest.mark.parametrize("name", SHOPS)
def test_every_minute_is_counted_as_it_should_be(name: str) -> None:
    dice = random.Random(name)
    for zone in dice.sample(ZONES, 2):
        check(dice, name, ZoneInfo(zone), anywhere(dice))


CHANGING = ("running", "nights", "around the change of clocks")
CLOSING = ("office", "office, no make-up days", "split", "workdays", "saturdays too")


@pytest.mark.parametrize("zone", ZONES)
def test_around_a_change_of_clocks(zone: str) -> None:
    dice = random.Random(zone)
    for change in dice.sample(changes_of(ZoneInfo(zone)), min(1, len(changes_of(ZoneInfo(zone))))):
        for name in CHANGING:
            check(dice, name, ZoneInfo(zone), drawn(dice, change, 0.5))


@pytest.mark.parametrize("name", CLOSING)
def test_around_holidays(name: str) -> None:
    dice = random.Random(name)
    for edge in dice.sample(holiday_edges(), 3):
        check(dice, name, ZoneInfo("Asia/Shanghai"), drawn(dice, edge, 2))


@pytest.mark.proof
def test_sixty_days_of_minutes_over_twenty_years(figures: Figures) -> None:
    """Windows of up to 60 days, drawn everywhere, and around every edge there was."""
    dice, began = random.Random(7), perf_counter()
    windows: list[timedelta] = []
    for zone in map(ZoneInfo, ZONES):
        for change in changes_of(zone):
            windows += [check(dice, name, zone, drawn(dice, change, 1)) for name in CHANGING]
        for name in SHOPS:
            windows += [check(dice, name, zone, anywhere(dice)) for _ in range(3)]
    edges = holiday_edges()
    for edge in edges:
        shanghai = ZoneInfo("Asia/Shanghai")
        windows += [check(dice, name, shanghai, drawn(dice, edge, 4)) for name in CLOSING]
    figures(
        windows=len(windows),
        longest_days=round(max(windows) / DAY, 1),
        median_days=round(median(window / DAY for window in windows), 1),
        changes_of_clocks=sum(len(changes_of(zone)) for zone in map(ZoneInfo, ZONES)),
        holiday_edges=len(edges),
        seconds=round(perf_counter() - began, 1),
    )


# Days


@pytest.mark.parametrize("name", SHOPS)
def test_every_day_of_twenty_years_is_what_it_was(name: str) -> None:
    shop, hours = SHOPS[name], hours_of(SHOPS[name], ZoneInfo("Asia/Shanghai"))
    day = FIRST
    while day <= LAST:
        found = hours.day(day)
        expected = [
            (datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minute - 480))
            for shift in shop.shifts_on(day)
            for minute in shift
        ]
        assert [edge for span in found.spans for edge in span] == expected, day
        assert found.works == bool(expected)
        assert found.known
        day += DAY


def test_a_working_day_is_what_the_notices_say() -> None:
    hours = hours_of(SHOPS["workdays"], ZoneInfo("Asia/Shanghai"))
    day = FIRST
    while day <= LAST:
        assert hours.day(day).works == chinese_calendar.is_workday(day), day
        day += DAY


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("count", [1, 2, 3, 7, 15])
def test_working_days_end_with_the_last_one(zone: str, count: int) -> None:
    dice, place = random.Random(f"{zone} {count}"), ZoneInfo(zone)
    for edge in [*dice.sample(holiday_edges(), 2), *changes_of(place)[:1]]:
        start = drawn(dice, edge, 3)
        for name in ("workdays", "office, no make-up days", "nights"):
            shop, hours = SHOPS[name], hours_of(SHOPS[name], place)
            last = working_day_after(shop, start.astimezone(place).date(), count)
            due = due_of(Figure(count, "working days"), hours, start)
            assert due.at == last_minute_of(place, last)
            closed = due_of(Figure(count, "working days", "close"), hours, start)
            assert closed.at == hours.day(last).spans[-1].until


@pytest.mark.parametrize("zone", ZONES)
def test_days_weeks_and_months_end_with_their_last_day(zone: str) -> None:
    dice, place = random.Random(zone), ZoneInfo(zone)
    hours = hours_of(SHOPS["office"], place)
    for edge in dice.sample(holiday_edges(), 5):
        start = drawn(dice, edge, 40)
        day, count = start.astimezone(place).date(), dice.randrange(1, 20)
        for figure, last in [
            (Figure(count, "days"), day + count * DAY),
            (Figure(count, "weeks"), day + 7 * count * DAY),
            (Figure(count, "days", first_day=True), day + (count - 1) * DAY),
            (Figure(1, "same day"), day),
            (Figure(5, "day of the next month"), _fifth_of_next_month(day)),
        ]:
            assert due_of(figure, hours, start).at == last_minute_of(place, last), figure


def _fifth_of_next_month(day: date) -> date:
    following = day.replace(day=28) + 4 * DAY
    return following.replace(day=5)


def test_a_month_ends_with_the_same_date_or_the_last_there_is() -> None:
    hours = hours_of(SHOPS["office"], ZoneInfo("Asia/Shanghai"))
    for began, months, last in [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2025, 11, 30), 3, date(2026, 2, 28)),
        (date(2026, 3, 15), 12, date(2027, 3, 15)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
    ]:
        start = datetime(began.year, began.month, began.day, 4, tzinfo=UTC)
        due = due_of(Figure(months, "months"), hours, start).at
        assert due == last_minute_of(ZoneInfo("Asia/Shanghai"), last)


def test_days_to_the_hour_are_hours_of_those_days() -> None:
    place = ZoneInfo("Asia/Shanghai")
    dice = random.Random(3)
    for edge in dice.sample(holiday_edges(), 4):
        start = drawn(dice, edge, 3)
        for name, unit in (("running", "days"), ("workdays", "working days")):
            figure = Figure(2, unit, "hour")
            expected = minutes_until(SHOPS[name], place, start, minutes_of(figure), [])
            assert due_of(figure, hours_of(SHOPS[name], place), start).at == expected

"""Every figure and every calendar of every plan, against the slow clock and the slow calendar."""

import random
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from models.contracts.calendar import Ground, Week
from models.contracts.counting import Figure, due_of
from models.contracts.holidays import china
from models.contracts.plan import Plan
from models.contracts.vocabulary import KINDS
from tests.conftest import Figures
from tests.contracts.examples import SAMPLE_VALUES, filled_plan, raw_plan
from tests.contracts.oracle import ALL_DAY, ALWAYS, DAY, Shifts, Shop, due_slowly
from tests.contracts.test_figures import ALL_PLANS
from tests.contracts.test_oracle import FIRST, LAST, anywhere, changes_of, drawn, holiday_edges

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
MON_TO_SUN = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SAMPLE_DAYS = 5


class Promised(NamedTuple):
    """A figure of a plan, the calendar that it runs on, and the same calendar as a shop."""

    kind: str
    figure: Figure
    week: Week
    shop: Shop


def shop_of(raw: dict[str, Any], name: str) -> Shop:
    """The calendar as the plan file writes it, read here once more."""
    if name == "running":
        return ALWAYS
    calendar = raw["calendars"][name]
    days: list[Shifts] = [()] * 7
    for entry in calendar["week"]:
        for number, day in enumerate(MON_TO_SUN):
            if _holds(entry["days"], day):
                days[number] = tuple(_shift(raw, text) for text in entry["hours"])
    makeup = _said(raw, calendar.get("makeup_days", "open"))
    return Shop(tuple(days), calendar["holidays"] == "closed", makeup == "open")


def _holds(days: str, day: str) -> bool:
    for piece in days.split(", "):
        first, _, last = piece.partition("-")
        numbers = [MON_TO_SUN.index(one) for one in (first, last or first)]
        if numbers[0] <= MON_TO_SUN.index(day) <= numbers[1]:
            return True
    return False


def _shift(raw: dict[str, Any], text: str) -> tuple[int, int]:
    opens, closes = ("00:00", "24:00") if text == "all day" else _said(raw, text).split("-")
    return _minute(opens), _minute(closes)


def _minute(text: str) -> int:
    hour, minute = text.split(":")
    return 60 * int(hour) + int(minute)


def _said(raw: dict[str, Any], text: str) -> str:
    return str(raw["parameters"][text[1:]]["default"]) if text.startswith("$") else text


def plan_of(raw: dict[str, Any]) -> Plan:
    """The plan, its blanks filled so that no figure is longer than sixty days."""
    blanks = raw.get("parameters", {}).items()
    small = {name: SAMPLE_DAYS for name, one in blanks if one["unit"] in {"hours", "days", "day"}}
    small |= {name: SAMPLE_VALUES["minutes"] for name, one in blanks if one["unit"] == "minutes"}
    return filled_plan(raw, small)


def figures_of(name: str) -> Iterator[Promised]:
    """Every figure that the plan promises something by."""
    raw = raw_plan(name)
    plan = plan_of(raw)
    for target, written in zip(plan.targets, raw["targets"], strict=True):
        if target.figure is not None:
            counts = _said(raw, written.get("counts", "running"))
            yield Promised(target.kind, target.figure, plan.week(counts), shop_of(raw, counts))


def starts(dice: random.Random, zone: ZoneInfo, number: int) -> Iterator[datetime]:
    """Minutes around holidays, around changes of clocks, and anywhere in twenty years."""
    edges = [*holiday_edges(), *changes_of(zone)]
    for _ in range(number):
        yield drawn(dice, dice.choice(edges), 4)
        yield anywhere(dice)


def check(name: str, number: int) -> int:
    """Each figure of the plan from so many starts; answers how many were compared."""
    dice, compared = random.Random(f"{name} {number}"), 0
    for one in figures_of(name):
        for zone in (SHANGHAI, BERLIN):
            hours = Ground(zone, china()).hours(one.week)
            for start in starts(dice, zone, number):
                due = due_of(one.figure, hours, start).at
                assert due == due_slowly(one.figure, one.shop, zone, start), (one, zone.key, start)
                compared += 1
    return compared


PLANS_WITH_TARGETS = [name for name in ALL_PLANS if raw_plan(name).get("targets")]


@pytest.mark.parametrize("name", PLANS_WITH_TARGETS)
def test_a_plan_counts_as_the_slow_clock_does(name: str) -> None:
    check(name, 1)


@pytest.mark.proof
def test_all_plans_count_as_the_slow_clock_does(figures: Figures) -> None:
    figures(compared=sum(check(name, 25) for name in PLANS_WITH_TARGETS))


def test_every_unit_and_all_but_words_and_times_told_have_a_figure_there() -> None:
    found = [one for name in PLANS_WITH_TARGETS for one in figures_of(name)]
    assert {one.figure.unit for one in found} >= {
        "minutes", "hours", "days", "working days", "weeks", "months", "same day",
        "day of the month", "day of the next month",
    }  # fmt: skip
    assert {one.figure.ends for one in found} >= {"day", "hour"}
    assert KINDS.keys() - {one.kind for one in found} <= {"quote", "departure"}


@pytest.mark.parametrize("zone", [SHANGHAI, BERLIN], ids=str)
@pytest.mark.parametrize("unit", ["same day", "days", "weeks", "months", "working days"])
def test_days_end_as_the_slow_calendar_says_however_they_end(unit: str, zone: ZoneInfo) -> None:
    dice, raw = random.Random(f"{unit} {zone}"), raw_plan("mgmt-system-72h")
    shop, week = shop_of(raw, "service"), plan_of(raw).week("service")
    for ends in ("day", "close", "hour", "12:30"):
        for first_day in (False, True):
            if ends == "hour" and unit in {"same day", "months"}:
                continue
            figure = Figure(1 if unit == "same day" else 2, unit, ends, first_day=first_day)
            for start in starts(dice, zone, 1):
                due = due_of(figure, Ground(zone, china()).hours(week), start).at
                assert due == due_slowly(figure, shop, zone, start), (figure, start)


# Each that differs once: there is service day and night in many plans.
CALENDARS = {
    shop_of(raw_plan(name), one): (name, one)
    for name in ALL_PLANS
    for one in raw_plan(name).get("calendars", {})
}


@pytest.mark.parametrize(("name", "calendar"), CALENDARS.values())
def test_a_plans_calendar_is_right_on_every_day_of_twenty_years(name: str, calendar: str) -> None:
    raw = raw_plan(name)
    shop, week = shop_of(raw, calendar), plan_of(raw).week(calendar)
    hours, day = Ground(SHANGHAI, china()).hours(week), FIRST
    while day <= LAST:
        shifts = [[_minute(f"{edge.astimezone(SHANGHAI):%H:%M}") for edge in span]
                  for span in hours.day(day).spans]  # fmt: skip
        expected = [[opens, closes % ALL_DAY[0][1]] for opens, closes in shop.shifts_on(day)]
        assert shifts == expected, day
        day += DAY

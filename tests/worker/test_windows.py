"""The visit window moves with time: visits come to the phone, and go from it."""

from datetime import timedelta

import pytest

from models.clock import instant_text
from models.feed import VISIT_DAYS_AHEAD, VISIT_DAYS_BACK
from sync.passing import move_windows
from tests.world import World

DAY = 24 * 3600


def planned_in(world: World, days: float) -> str:
    """A visit of two hours that begins in so many days."""
    visit = world.open_visit(f"in {days}")
    start = world.clock.now() + timedelta(days=days)
    window = {"starts": instant_text(start), "ends": instant_text(start + timedelta(hours=2))}
    world.plan(visit, world[f"order of in {days}"], **window)
    return visit


@pytest.mark.parametrize("days", [VISIT_DAYS_AHEAD + 2])
def test_a_visit_comes_two_weeks_ahead_and_goes_a_month_after(world: World, days: int) -> None:
    visit, phone = planned_in(world, days), world.device("ann")

    def held() -> bool:
        move_windows(world.house)
        world.drain()
        phone.sync()
        assert phone.replica.digest() == phone.last_answer["digest"]
        return visit in phone.documents("visit")

    assert not held()
    world.clock.advance(1.5 * DAY)
    assert not held()
    world.clock.advance(DAY)
    assert held()
    world.clock.advance((VISIT_DAYS_AHEAD + VISIT_DAYS_BACK - 1) * DAY)
    assert held()
    world.clock.advance(DAY)
    assert not held()


def test_moving_the_window_twice_finds_nothing_the_second_time(world: World) -> None:
    planned_in(world, VISIT_DAYS_AHEAD + 1)
    world.clock.advance(2 * DAY)
    assert move_windows(world.house) == 1
    assert move_windows(world.house) == 0


def test_a_window_that_stood_still_for_months_lets_through_only_what_is_due(world: World) -> None:
    """The cron was off: what came and went meanwhile never reaches the phone."""
    gone, phone = planned_in(world, VISIT_DAYS_AHEAD + 5), world.device("ann")
    world.clock.advance(100 * DAY)
    coming = planned_in(world, 1)
    move_windows(world.house)
    world.drain()
    phone.sync()
    assert set(phone.documents("visit")) == {coming}
    assert gone != coming

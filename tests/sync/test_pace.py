"""What small requests cost their device is counted by each process, and none of it is lost."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest

from models.people import Device as DeviceRow
from models.throttle import Throttled
from sync import limits, pace
from sync.device import Device
from tests.world import World

WRITTEN = limits.requests_per_second * limits.tally_seconds  # so many requests are written at once


@pytest.fixture
def phone(world: World) -> Device:
    """A phone that has asked for nothing yet."""
    return world.device()


def row_of(world: World, phone: Device) -> DeviceRow:
    row: DeviceRow
    (row,) = world.rows(DeviceRow, DeviceRow.id == phone.id)
    return row


def ahead(world: World, phone: Device) -> timedelta:
    now = world.clock.now()
    return (row_of(world, phone).busy_until or now) - now


def ask(world: World, phone: Device, tally: pace.Tally, times: int) -> None:
    for _ in range(times):
        tally.count(world.house.database, phone.id, 0)


def test_ten_seconds_worth_of_requests_is_written_down_at_once(world: World, phone: Device) -> None:
    tally = pace.Tally()
    ask(world, phone, tally, WRITTEN - 1)
    assert ahead(world, phone) == timedelta(0)
    ask(world, phone, tally, 1)
    assert ahead(world, phone) == pace.TALLY_MAX


def test_devices_are_counted_apart_and_processes_together(world: World, phone: Device) -> None:
    other, one, two = world.device("bob"), pace.Tally(), pace.Tally()
    for _ in range(WRITTEN):
        ask(world, phone, one, 1)
        ask(world, phone, two, 1)
        ask(world, other, one, 1)
    assert ahead(world, phone) == 2 * pace.TALLY_MAX
    assert ahead(world, other) == pace.TALLY_MAX


def test_what_many_ask_at_once_is_counted_each(world: World, phone: Device) -> None:
    tally, barrier = pace.Tally(), Barrier(4)

    def run() -> None:
        barrier.wait()
        ask(world, phone, tally, WRITTEN)

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ahead(world, phone) == 4 * pace.TALLY_MAX


def test_who_keeps_to_ten_requests_a_second_is_never_turned_away(
    world: World, phone: Device
) -> None:
    tally = pace.Tally()
    for _ in range(20 * limits.tally_seconds):
        ask(world, phone, tally, limits.requests_per_second)
        world.clock.advance(1)
        pace.check(world.clock.now(), row_of(world, phone))
    assert ahead(world, phone) <= pace.TALLY_MAX


def test_who_asks_twice_as_fast_is_turned_away_when_the_hour_is_used_up(
    world: World, phone: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "AHEAD_MAX", 60 * pace.SECOND)
    tally = pace.Tally()

    def ask_on() -> None:
        for _ in range(100):
            pace.check(world.clock.now(), row_of(world, phone))
            ask(world, phone, tally, 2 * limits.requests_per_second)
            world.clock.advance(1)

    with pytest.raises(Throttled) as turned_away:
        ask_on()
    world.clock.advance(turned_away.value.seconds)
    pace.check(world.clock.now(), row_of(world, phone))

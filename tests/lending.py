"""A loaner on its way through the hands of a test: lent, taken back, decided about, looked at."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from models.findings import SETTLED, Finding
from models.loaners.rows import Custody
from models.refusals import Refused
from sync.decide import decide
from sync.device import Device
from sync.settling import settlement
from tests.statements import state
from tests.world import World

HOUR = timedelta(hours=1)


def day(world: World, days: int) -> str:
    """The date so many days from today, at the site."""
    return ((world.clock.now() + 8 * HOUR).date() + timedelta(days=days)).isoformat()


def lend(world: World, ann: Device, days: int | None = 3, **data: Any) -> None:
    """Ann hands a loaner over, to come back after so many days."""
    due = None if days is None else day(world, days)
    world.clock.advance(60)
    state(ann, world, "loaner.handed_over", world["visit"], **{"due": due, **data})


def take_back(world: World, ann: Device, **data: Any) -> None:
    world.clock.advance(60)
    state(ann, world, "loaner.taken_back", world["visit"], **data)


def decided(world: World, verb: str, loaner: str = "loaner", **data: Any) -> Any:
    return world.decide(f"loaner.{verb}", "wang", loaner=world[loaner], **data)


def inspected(world: World, condition: str = "worn", *, wiped: bool = True) -> None:
    decided(world, "inspected", wiped=wiped, condition=condition, note="")


def reserved(world: World, starts: int, until: int, loaner: str = "loaner") -> Any:
    days = {"starts": day(world, starts), "until": day(world, until)}
    rest = {"site": world["site"], "work_order": None, "note": ""}
    return decided(world, "reserved", loaner, **days, **rest)


def held(world: World, loaner: str = "loaner") -> Custody:
    """Who has it now."""
    world.drain()
    mine = Custody.loaner_id == world.named[loaner]
    (custody,) = world.rows(Custody, mine, Custody.until.is_(None))
    assert isinstance(custody, Custody)
    return custody


def found(world: World) -> list[str]:
    world.drain()
    return sorted(one.code for one in world.rows(Finding, Finding.state == "open"))


def settle(world: World, code: str, resolution: str, meant: str | None = None) -> None:
    (finding,) = world.rows(Finding, Finding.code == code, Finding.state == "open")
    named = None if meant is None else world.named[meant]
    data = settlement(finding, resolution, finding.digest, named)
    world.clock.advance(1)
    decide(world.house.database, world.ids, world.named["wang"], SETTLED, data)


def refused(case: Callable[[], object]) -> tuple[str, str, str]:
    with pytest.raises(Refused) as caught:
        case()
    return caught.value.kind.code, caught.value.field, caught.value.detail

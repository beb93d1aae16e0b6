"""What the warehouse decides of loaners and the workshop of customers' units, whatever the field
has done with them meanwhile."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from models.loaners.rows import OPEN, Reservation
from models.outbox import OFFER_MAX
from models.refusals import Refused
from models.units import TURNS, UnitStay, coming
from simulation.company import LOANERS, SITES
from simulation.dice import Dice
from simulation.field import say
from simulation.mishaps import pass_time, work_off
from simulation.office import desk, name_crew
from simulation.play import Lost, Play, step

Some = dict[str, Any]
FOUND = ("worn", "worn", "worn", "damaged", "not_working")


def _day(play: Play, days: int) -> str:
    return (play.world.clock.now() + timedelta(days=days)).date().isoformat()


def _reserved(play: Play, dice: Dice, loaner: UUID) -> Some:
    starts = dice.between(0, 6)
    return {
        "site": play.world[f"site-{dice.between(1, SITES)}"], "work_order": None, "note": "",
        "starts": _day(play, starts), "until": _day(play, starts + dice.between(1, 6)),
    }  # fmt: skip


def _released(play: Play, dice: Dice, loaner: UUID) -> Some:
    query = select(Reservation.id).where(Reservation.loaner_id == loaner, Reservation.state == OPEN)
    query = query.order_by(Reservation.id)
    held = play.rows(query)
    unknown = play.world.ids.new(play.world.clock.now())
    return {"reservation": str(dice.pick(held) if held else unknown)}


def _inspected(play: Play, dice: Dice, loaner: UUID) -> Some:
    return {"wiped": dice.chance(90), "condition": dice.pick(list(FOUND)), "note": ""}


def _extended(play: Play, dice: Dice, loaner: UUID) -> Some:
    return {"due": _day(play, dice.between(1, 20)), "reason": "配件未到"}


DECIDED: list[tuple[tuple[str, Callable[[Play, Dice, UUID], Some]], int]] = [
    (("inspected", _inspected), 35),
    (("reserved", _reserved), 30),
    (("released", _released), 8),
    (("extended", _extended), 15),
    (("lost", lambda play, dice, loaner: {"note": "找不到"}), 6),
    (("sold", lambda play, dice, loaner: {"price_fen": 80_000, "note": ""}), 6),
]


@step("the warehouse looks after a loaner", 5)
def looks_after(play: Play, who: int, dice: Dice) -> str:
    """A loaner is inspected, reserved, released, its loan extended; or it is lost or sold."""
    name = f"loaner-{dice.between(1, LOANERS)}"
    verb, data_for = dice.weighted(DECIDED)
    data = data_for(play, dice, play.world.named[name])
    play.decide("wang", f"loaner.{verb}", loaner=play.world[name], **data)
    return f"{name} is {verb}"


@step("a loaner goes out and stays", 2)
def stays_out(play: Play, who: int, dice: Dice) -> str:
    """A loaner is reserved for one site and lent at another, and nobody thinks of it for weeks."""
    phone = play.phone(who, lambda one: one.user != "wang")
    visit = play.pick(dice, play.visits)
    if visit is None:
        return "there is nobody to lend to"
    world, name = play.world, f"loaner-{dice.between(1, LOANERS)}"
    loaner = world.ids.new(world.clock.now()) if dice.chance(12) else world.named[name]
    name_crew(play, desk(who), visit, [phone.user])
    say(play, phone, "loaner.handed_over", visit, dice, loaner=str(loaner))
    with suppress(Refused):  # Nobody knows it, or somebody has it, as far as the desk knows.
        data = _reserved(play, dice, loaner)
        play.decide("wang", "loaner.reserved", loaner=str(loaner), **data)
    with suppress(Lost):
        phone.device.sync()
    if dice.chance(25):
        play.hit("loan forgotten")
        work_off(play, dice, OFFER_MAX)
        play.world.clock.advance(86400 * 21)
        pass_time(play)
    return f"{phone.name} lends {name}, which is not asked back"


@step("the workshop works", 4)
def repairs(play: Play, who: int, dice: Dice) -> str:
    """The next step with a unit that somebody took along."""
    query = select(UnitStay).where(UnitStay.until.is_(None)).order_by(UnitStay.id)
    stays = play.rows(query)
    if not stays:
        return "there is nothing in the workshop"
    stay = dice.pick(stays)
    step_ = dice.pick(coming(stay.step) or list(TURNS))
    play.decide(desk(who), f"unit.{step_}", asset=str(stay.asset_id), **_of_step(play, step_))
    return f"a unit is {step_}"


def _of_step(play: Play, step_: str) -> Some:
    data: dict[str, Some] = {
        "received": {"place": play.world["main"], "note": ""},
        "diagnosed": {"fault": "主板烧毁"},
        "quoted": {"price_fen": 68_000, "note": ""},
    }
    return data.get(step_, {"by": "李工", "how": "phone", "note": "好"})

"""What customers order and send back, and what the desk and the warehouse make of it."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.returns.rows import Return, ReturnLine
from models.stock.demand import ENDED, Requisition
from models.stock.order_rows import CustomerShipment, open_gates
from models.stock.rows import virtual_place
from models.stock.serving import to_ship
from simulation.dice import Dice
from simulation.office import desk
from simulation.play import Play, step

Some = dict[str, Any]


@step("a customer's order or return", 10)
def goes_on(play: Play, who: int, dice: Dice) -> str:
    """One begins, or goes on by whatever may come next."""
    ways = [(_order, 35), (_tell, 10), (_return, 40), (_remove, 10)]
    return dice.weighted(ways)(play, desk(who), dice)


# Orders


def _order(play: Play, user: str, dice: Dice) -> str:
    query = select(Requisition.id).where(
        Requisition.contract_id.is_not(None), Requisition.status.not_in(ENDED)
    )
    waiting = play.rows(query.order_by(Requisition.id))
    if not waiting or dice.chance(30):
        return _open(play, user, dice)
    order = dice.pick(waiting)
    shut = play.world.house.database.read(lambda session: open_gates(session, order))
    if shut and dice.chance(75):  # else somebody tries without
        data = {"gate": shut[0].gate, "number": "P-1", "answer": None, "note": ""}
        play.decide(user, "requisition.gate_passed", requisition=str(order), **data)
        return f"{user} lets an order pass {shut[0].gate}"
    if dice.chance(15):
        play.decide(user, "requisition.gate_reopened", requisition=str(order), gate="paid",
                    reason="款项退回")  # fmt: skip
        return f"{user} takes a gate back"
    return _ship(play, dice, order)


def _open(play: Play, user: str, dice: Dice) -> str:
    order = str(play.world.new(f"order-{len(play.told)}"))
    lines = [{"part": play.world["roller"], "quantity": str(dice.between(1, 4))}]
    play.decide(user, "requisition.opened", requisition=order, place=None, requester=None,
                visit=None, needed=None, urgent=dice.chance(20), lines=lines,
                contract=play.world["contract"], kind=dice.pick(["sold", "guarantee"]))  # fmt: skip
    return f"{user} opens a customer's order"


def _ship(play: Play, dice: Dice, order: UUID) -> str:
    """All that is still wanted, or some of it."""
    wanted = play.world.house.database.read(lambda session: to_ship(session, order))
    lines = [
        {"part": str(part), "lot": None, "serial": None,
         "quantity": str(quantity if dice.chance(70) else 1)}
        for part, quantity in sorted(wanted.items()) if quantity
    ]  # fmt: skip
    transfer = play.world.new(f"sent-{len(play.told)}")
    play.decide("wang", "stock.shipped", requisition=str(order), place=play.world["main"],
                transfer=str(transfer), to=str(virtual_place("customer")), lines=lines,
                freight=None, waybill="SF-1")  # fmt: skip
    return "wang ships to a customer"


def _tell(play: Play, user: str, dice: Dice) -> str:
    query = select(CustomerShipment).where(CustomerShipment.told.is_(None))
    untold = play.rows(query.order_by(CustomerShipment.id))
    if not untold:
        return "every customer was told"
    one = dice.pick(untold)
    play.decide(user, "requisition.told", requisition=str(one.requisition_id),
                transfer=str(one.transfer_id), at=None, note="电话")  # fmt: skip
    return f"{user} tells a customer"


# Returns


def _return(play: Play, user: str, dice: Dice) -> str:
    query = select(Return).where(Return.status.not_in(("refused", "closed"))).order_by(Return.id)
    waiting = play.rows(query)
    if not waiting or dice.chance(20):
        return _ask(play, user, dice)
    one = dice.pick(waiting)
    if one.status == "asked" and dice.chance(90):
        return _answer(play, dice, str(one.id))
    if dice.chance(20):
        play.decide("wang", "return.closed", **{"return": str(one.id)}, note="")
        return "wang closes a return"
    return _receive(play, dice, one.id)


def _ask(play: Play, user: str, dice: Dice) -> str:
    name = f"return-{len(play.told)}"
    lines = [_roller(play, dice)] if dice.chance(80) else []
    if dice.chance(30):
        lines.append(_head(play, dice))
    data = {
        "return": str(play.world.new(name)), "customer": play.world["customer-1"],
        "contract": play.world["contract"], "case": dice.pick(["quality", "special"]),
        "goods": None, "since": None, "requested": None, "evidence": [], "lines": lines,
        "note": name,
    }  # fmt: skip
    play.decide(user, "return.asked", **data)
    return f"{user} asks for a return"


def _answer(play: Play, dice: Dice, return_id: str) -> str:
    if dice.chance(10):
        play.decide("wang", "return.refused", **{"return": return_id}, reason="保外")
        return "wang refuses a return"
    data: Some = {
        "outcome": dice.pick(["repair", "exchange"]), "repair_tried": None, "verdict": None,
        "bears": {}, "bears_reason": "",
    }  # fmt: skip
    play.decide("wang", "return.permitted", **{"return": return_id}, **data)
    return "wang permits a return"


def _receive(play: Play, dice: Dice, return_id: UUID) -> str:
    """What its list says, or a piece more or less; some of it is not taken in."""
    query = select(ReturnLine).where(ReturnLine.return_id == return_id).order_by(ReturnLine.id)
    lines = [
        {"part": str(line.part_id), "lot": line.lot, "serial": line.serial,
         "quantity": str(line.listed)}
        for line in play.rows(query) if line.listed and dice.chance(80)
    ]  # fmt: skip
    if not lines or dice.chance(20):
        lines.append(_roller(play, dice))
    refused = [{"refused": "messy" if dice.chance(15) else None, "note": ""} for _ in lines]
    counted = [{**line, **more} for line, more in zip(lines, refused, strict=True)]
    play.decide("wang", "return.received", **{"return": str(return_id)}, place=play.world["bad"],
                lines=counted, note="")  # fmt: skip
    return "wang counts what came back"


def _remove(play: Play, user: str, dice: Dice) -> str:
    """Something that came back goes to the maker, or is scrapped."""

    def left(session: Session) -> list[ReturnLine]:
        query = select(ReturnLine).where(ReturnLine.received > 0).order_by(ReturnLine.id)
        return [line for line in session.scalars(query) if line.left]

    there = play.world.house.database.read(left)
    if not there:
        return "nothing that came back is left"
    one = dice.pick(there)
    line = {"part": str(one.part_id), "lot": one.lot, "serial": one.serial, "quantity": "1"}
    to = dice.pick(["scrap", "supplier"])
    play.decide("wang", "stock.removed", **{"return": str(one.return_id)}, place=play.world["bad"],
                to=to, reason="退回", lines=[line], repair=False)  # fmt: skip
    return f"what came back goes to {to}"


def _roller(play: Play, dice: Dice) -> Some:
    quantity = str(dice.between(1, 4))
    return {"part": play.world["roller"], "quantity": quantity, "lot": None, "serial": None}


def _head(play: Play, dice: Dice) -> Some:
    serial = f"S-{dice.between(1, 6)}"
    return {"part": play.world["head"], "quantity": "1", "lot": None, "serial": serial}

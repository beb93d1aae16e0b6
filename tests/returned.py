"""Returns in a world: a contract of its customer, and steps of a return."""

from typing import Any

from models.returns.rows import Return, ReturnLine
from sync.device import Json
from tests.contracts.agreed import agree
from tests.world import World

DEALER = {"report_day": 5, "notice_days": 7, "receipt_days": 7, "sale_days": 15}
BLANKS = {"parts-dealer": DEALER, "ebike-dealer": {"report_day": 5}}


def agreement(world: World, plan: str = "parts-dealer") -> None:
    """The customer is a dealer."""
    agree(world, plan, parameters=BLANKS[plan])


def rollers(world: World, quantity: str, **more: Any) -> Json:
    return {"part": world["roller"], "quantity": quantity, "lot": None, "serial": None, **more}


def head(world: World, serial: str, **more: Any) -> Json:
    return {"part": world["head"], "quantity": "1", "lot": None, "serial": serial, **more}


def ask(world: World, *lines: Json, name: str = "return", **changed: Any) -> str:
    """Somebody asks on behalf of the customer."""
    id_ = str(world.new(name))
    data: Json = {
        "customer": world["customer"], "contract": world["contract"], "case": "in_warranty",
        "goods": None, "since": "2026-11-20", "requested": None, "evidence": [],
        "lines": list(lines), "note": "",
    }  # fmt: skip
    world.decide("return.asked", "dora", **{"return": id_, **data, **changed})
    return id_


def permit(world: World, return_id: str, outcome: str = "return", **changed: Any) -> None:
    data: Json = {"outcome": outcome, "repair_tried": None, "verdict": None, "bears": {},
                  "bears_reason": ""}  # fmt: skip
    world.decide("return.permitted", "wang", **{"return": return_id, **data, **changed})


def receive(world: World, return_id: str, *lines: Json, place: str = "bad") -> None:
    counted = [{"refused": None, "note": "", **line} for line in lines]
    told = {"return": return_id, "place": world[place], "lines": counted, "note": ""}
    world.decide("return.received", "wang", **told)


def permitted(world: World, *lines: Json) -> str:
    """A return that was asked for with that list, and permitted."""
    agreement(world)
    return_id = ask(world, *lines)
    permit(world, return_id)
    return return_id


def remove(world: World, *lines: Json, to: str = "supplier", **more: Any) -> Any:
    data = {"place": world["bad"], "to": to, "reason": "烧坏", "lines": list(lines), **more}
    return world.decide("stock.removed", "wang", **data)


def one(world: World) -> Return:
    (found,) = world.rows(Return)
    return found  # type: ignore[no-any-return]


def lines_of(world: World) -> dict[str, Any]:
    """The lines of the one return: of rollers, and of pieces by number."""
    return {line.serial or "rollers": line for line in world.rows(ReturnLine)}

"""What the warehouse decides of suppliers' deliveries in a history."""

from sqlalchemy import select

from models.stock import transit
from models.stock.demand import Transfer
from simulation.dice import Dice
from simulation.play import Play


def announce(play: Play, dice: Dice) -> str:
    """A supplier will deliver something to a van."""
    name = f"transfer-{len(play.transfers) + 1}"
    delivery = str(play.world.new(name))
    play.transfers.append(name)
    lines = [
        {"part": play.world[part], "quantity": str(dice.between(1, 6))}
        for part in ("roller", dice.pick(["roller", "ink", "head"]))
    ]
    van = play.world[f"van-{dice.pick(play.technicians())}"]
    play.decide("wang", "delivery.expected", delivery=delivery, place=van, supplier="东方备件",
                due=None, lines=lines)  # fmt: skip
    return "wang announces a delivery"


def close(play: Play, dice: Dice) -> str:
    """Of a delivery nothing more comes."""
    query = (
        select(Transfer.transfer_id)
        .where(Transfer.kind == "delivery", transit.is_under_way())
        .order_by(Transfer.since, Transfer.id)
    )
    awaited = play.rows(query)
    if not awaited:
        return "no delivery is awaited"
    play.decide("wang", "delivery.closed", delivery=str(dice.pick(awaited)), reason="停产")
    return "wang closes a delivery"

"""What is under way: transfers of which not everything was received, and what of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from models.stock import writing_off
from models.stock.demand import Transfer
from models.stock.replay import IN_TRANSIT
from models.stock.rows import Item, StockStatement

Left = Mapping[Item, Decimal]


def is_under_way() -> ColumnElement[bool]:
    """Of transfers those of which less was received or written off than shipped, and deliveries of
    which nothing was received."""
    sign = case((StockStatement.from_place == IN_TRANSIT, -1), else_=1)
    shipped = (
        select(func.coalesce(func.sum(StockStatement.quantity * sign), 0))
        .where(StockStatement.transfer_id == Transfer.transfer_id)
        .scalar_subquery()
    )
    delivery = Transfer.kind == "delivery"
    left = shipped - writing_off.net_of(Transfer.transfer_id)
    return (delivery & (shipped == 0)) | (~delivery & (left > 0))


def left_of(session: Session, transfers: Sequence[Transfer]) -> dict[UUID, Left]:
    """By transfer what of it was not received or written off; of a delivery what was announced."""
    left: dict[UUID, dict[Item, Decimal]] = {
        one.transfer_id: defaultdict(Decimal, _announced(one.announced)) for one in transfers
    }
    query = select(StockStatement).where(StockStatement.transfer_id.in_(left))
    delivered = {one.transfer_id for one in transfers if one.kind == "delivery"}
    for one in session.scalars(query):
        if one.transfer_id is None:
            continue
        item = Item(one.part_id) if one.transfer_id in delivered else one.item
        leaves = one.from_place == IN_TRANSIT
        left[one.transfer_id][item] += -one.quantity if leaves else one.quantity
    for transfer, off in writing_off.of_transfers(session, left).items():
        for item in left[transfer]:
            for line in off.get(item.words, ()):
                gone = line.from_place == IN_TRANSIT
                left[transfer][item] += -line.quantity if gone else line.quantity
    return {
        transfer: {item: quantity for item, quantity in items.items() if quantity > 0}
        for transfer, items in left.items()
    }


def _announced(lines: Iterable[Mapping[str, Any]]) -> Iterable[tuple[Item, Decimal]]:
    """What a supplier announced, by part: lots and numbers are known when it is there."""
    total: dict[Item, Decimal] = defaultdict(Decimal)
    for line in lines:
        total[Item(UUID(line["part"]))] += Decimal(line["quantity"])
    return total.items()

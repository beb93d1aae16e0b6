"""What is under way: of each transfer by item what was shipped or announced, received, written off,
and is awaited still."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from models.derived import Subject
from models.ids import derived
from models.stock import closing, reading, writing_off
from models.stock.demand import Transfer, TransferLine
from models.stock.replay import IN_TRANSIT, ZERO
from models.stock.rows import Item, StockStatement, book_of, virtual_place

CUSTOMER = virtual_place("customer")

Quantities = Mapping[Item, Decimal]


@dataclass(frozen=True)
class Sent:
    """What was said of one transfer: that it goes, and what was shipped and received of it."""

    id: UUID
    headers: Sequence[Transfer]
    statements: Sequence[StockStatement]

    @cached_property
    def received(self) -> list[StockStatement]:
        """What was received of it."""
        return [one for one in self.statements if one.from_place == IN_TRANSIT]

    @cached_property
    def shipped(self) -> list[StockStatement]:
        """What was shipped with it; to a customer it goes through no transit."""
        return [one for one in self.statements if one.from_place != IN_TRANSIT]

    @property
    def delivery(self) -> Transfer | None:
        """What a supplier announced, if it is that."""
        return next((one for one in self.headers if one.kind == "delivery"), None)


def is_under_way() -> ColumnElement[bool]:
    """The transfers of which something is awaited."""
    line = TransferLine
    return exists().where(line.transfer_id == Transfer.transfer_id, line.awaited > 0)


def awaited_of(session: Session, transfers: Collection[UUID]) -> dict[UUID, dict[Item, Decimal]]:
    """By transfer what of it is awaited."""
    found: dict[UUID, dict[Item, Decimal]] = {id_: {} for id_ in transfers}
    query = select(TransferLine).where(TransferLine.transfer_id.in_(found))
    for line in session.scalars(query.where(TransferLine.awaited > 0)):
        found[line.transfer_id][line.item] = line.awaited
    return found


# How its lines follow


def sent(session: Session, transfer_id: UUID) -> Sent:
    """What was said of the transfer."""
    query = select(Transfer).where(Transfer.transfer_id == transfer_id)
    headers = session.scalars(query.order_by(Transfer.since, Transfer.id)).all()
    away = [one.owner_id for one in headers if one.to_place == CUSTOMER]
    of_it = or_(
        StockStatement.transfer_id == transfer_id,
        StockStatement.cause_id.in_(away) & (StockStatement.to_place == CUSTOMER),
    )
    statements = session.scalars(select(StockStatement).where(of_it).order_by(StockStatement.id))
    return Sent(transfer_id, headers, statements.all())


def lines_of(session: Session, one: Sent) -> list[TransferLine]:
    """The lines that follow from what was said."""
    if one.delivery is not None:
        return _delivered(session, one, one.delivery)
    quantity, received = _sum(one.shipped), _sum(one.received)
    off, awaited = _written_off(session, one), dict[Item, Decimal]()
    for item in (statement.item for statement in one.shipped if statement.to_place == IN_TRANSIT):
        awaited[item] = max(quantity[item] - received[item] - off[item], ZERO)
    awaited |= dict.fromkeys(_elsewhere(session, one, awaited), ZERO)
    items = sorted({*quantity, *received}, key=str)
    return [_line(one, i, quantity[i], received[i], off[i], awaited.get(i, ZERO)) for i in items]


def _delivered(session: Session, one: Sent, announced: Transfer) -> list[TransferLine]:
    """Of a delivery by part: lots and numbers are known when it is there."""
    quantity, received = defaultdict[Item, Decimal](Decimal), defaultdict[Item, Decimal](Decimal)
    for line in announced.announced:
        quantity[Item(UUID(line["part"]))] += Decimal(line["quantity"])
    for statement in one.received:
        received[Item(statement.part_id)] += statement.quantity
    items, lines = sorted({*quantity, *received}, key=str), list[TransferLine]()
    final = closing.final(session, Subject("transfer", one.id), [item.part_id for item in items])
    for item in items:
        left = max(quantity[item] - received[item], ZERO)
        off = left if item.part_id in final else ZERO
        lines.append(_line(one, item, quantity[item], received[item], off, left - off))
    return lines


def _line(of: Sent, item: Item, *quantities: Decimal) -> TransferLine:
    names = ("quantity", "received", "written_off", "awaited")
    return TransferLine(
        id=derived("transfer_line", of.id, item.words),
        transfer_id=of.id,
        **item._asdict(),
        **{name: one + ZERO for name, one in zip(names, quantities, strict=True)},
    )


def _sum(statements: Iterable[StockStatement]) -> defaultdict[Item, Decimal]:
    total = defaultdict[Item, Decimal](Decimal)
    for one in statements:
        total[one.item] += one.quantity
    return total


def _written_off(session: Session, one: Sent) -> defaultdict[Item, Decimal]:
    total, items = defaultdict[Item, Decimal](Decimal), {of.item for of in one.statements}
    off = writing_off.of_transfer(session, one.id)
    for item in items:
        for line in off.get(item.words, ()):
            total[item] += line.quantity if line.from_place == IN_TRANSIT else -line.quantity
    return total


def _elsewhere(session: Session, one: Sent, awaited: Quantities) -> Iterable[Item]:
    """The pieces that somebody counted or used since: they are on their way no more."""
    pieces = {book_of(IN_TRANSIT, i): i for i, left in awaited.items() if left and i.serial}
    own = {statement.id for statement in one.statements}
    for book, said in reading.of_books(session, pieces).items() if pieces else ():
        if said.last is not None and said.last not in own:
            yield pieces[book]

"""What of a transfer did not arrive as it was sent: another quantity than a supplier announced, at
another place, or a piece that was seen elsewhere."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from models.findings import Found
from models.stock.closing import DIFFERS
from models.stock.demand import Transfer, TransferLine
from models.stock.rows import VIRTUAL, StockStatement, virtual_place
from models.stock.transit import Sent

NOWHERE = {virtual_place(kind) for kind in VIRTUAL}


def differing(sent: Sent, lines: Sequence[TransferLine]) -> Iterable[Found]:
    """Of a delivery of which anything came: the parts of which more came than was announced, or
    less, and the rest is awaited still."""
    if sent.delivery is None or not sent.received:
        return
    since = min(one.happened for one in sent.received)
    for line in lines:
        if line.awaited or line.received > line.quantity:
            evidence = {
                "part": str(line.part_id),
                "announced": str(line.quantity),
                "received": str(line.received),
                "supplier": sent.delivery.supplier,
                "place": str(sent.delivery.to_place),
            }
            yield Found(DIFFERS, (line.part_id,), since, evidence)


def seen_elsewhere(sent: Sent, lines: Sequence[TransferLine]) -> Iterable[Found]:
    """The pieces that are on their way no more, though nobody received them or wrote them off."""
    by_item = {line.item: line for line in lines}
    shipped = {one.item: one for one in sent.shipped if one.transfer_id and one.serial}
    for item, one in shipped.items():
        line = by_item[item]
        if not (line.awaited or line.received or line.written_off):
            evidence = {
                "part": str(item.part_id),
                "lot": item.lot,
                "serial": item.serial,
                "item": item.words,
                "written_off": str(line.written_off),
                "quantity": str(line.quantity),
            }
            yield Found("stock.received_short", (item.words,), one.happened, evidence)


def at_wrong_places(sent: Sent) -> Iterable[Found]:
    """What was received where it was not sent to; and what was handed on to the very place that it
    leaves, or to none."""
    for one in sent.headers:
        if one.kind == "handover" and one.to_place in (NOWHERE | {one.from_place}):
            yield _wrong_place(one.id, one.since, [one], None, [])
    goals = {one.to_place for one in sent.headers}
    by_place = defaultdict[UUID, list[StockStatement]](list)
    for arrived in sent.received:
        if goals and arrived.to_place not in goals:
            by_place[arrived.to_place].append(arrived)
    for place, some in by_place.items():
        since = min(arrived.happened for arrived in some)
        yield _wrong_place(place, since, sent.headers, place, some)


def _wrong_place(
    cause: UUID,
    since: datetime,
    headers: Sequence[Transfer],
    place: UUID | None,
    arrived: Sequence[StockStatement],
) -> Found:
    lines = sorted((one.item.words, str(one.quantity)) for one in arrived)
    evidence = {
        "from": sorted({str(one.from_place) for one in headers}),
        "to": sorted({str(one.to_place) for one in headers}),
        "place": None if place is None else str(place),
        "lines": [{"item": item, "quantity": quantity} for item, quantity in lines],
    }
    return Found("stock.wrong_place", (cause,), since, evidence)

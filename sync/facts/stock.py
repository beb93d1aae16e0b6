"""What hands did with parts at a place they keep."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from marshmallow import ValidationError, fields, validate, validates_schema

from models.clock import bounded
from models.ids import derived
from models.stock.demand import Transfer
from models.stock.rows import (
    CountLine,
    Item,
    StockStatement,
    Sweep,
    book_of,
    named_item,
    virtual_place,
)
from models.timeline import Folding, Stated
from models.types import QUANTITY_MAX
from sync import limits
from sync.facts.kind import Data, Kind, PartHashes, PlainText, QuantityText, Ref, SerialText


class PartLine(Data):
    """So much of a part: of which lot, or which serial."""

    part = Ref("part", required=True)
    quantity = QuantityText(required=True)
    lot = PlainText(limits.name_length_max, load_default=None)
    serial = SerialText(load_default=None)

    @validates_schema
    def _one_by_one(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data["serial"] is not None and data["quantity"] != 1:
            raise ValidationError("a serial number is one piece", "quantity")


class Receipt(Data):
    """What arrived of a transfer."""

    transfer = fields.UUID(required=True)
    lines = fields.List(fields.Nested(PartLine), required=True, validate=validate.Length(1, 200))


class CountedLine(Data):
    """What was counted of a part, none too; `ago` is how many seconds before the count was ended.

    A part may have several lines, as it may lie in several places of one room.
    """

    part = Ref("part", required=True)
    quantity = QuantityText(required=True, none=True)
    lot = PlainText(limits.name_length_max, load_default=None)
    serial = SerialText(load_default=None)
    ago = fields.Integer(
        load_default=0, strict=True, validate=validate.Range(0, limits.count_seconds_max)
    )

    @validates_schema
    def _one_by_one(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data["serial"] is not None and data["quantity"] not in (0, 1):
            raise ValidationError("a serial number is one piece, or none", "quantity")


class Count(Data):
    """What was seen, whatever the books say. It is `whole` if everything that lies there was
    counted, and `complete` for parts of which everything was: what is not listed is not there."""

    whole = fields.Boolean(load_default=False)
    complete = fields.List(Ref("part"), load_default=list, validate=validate.Length(max=1000))
    lines = fields.List(
        fields.Nested(CountedLine), required=True, validate=validate.Length(max=1000)
    )


class StockCounted(Kind):
    """Somebody counted at the place. From that moment on so much is there."""

    name = "stock.counted"
    about = "place"
    data = Count

    def effect(self, state: Folding, fact: Stated) -> None:
        place = state.subject.id
        totals: dict[Item, tuple[Decimal, int]] = {}
        for line in fact.data["lines"]:
            item = named_item(line["part"].id, line["lot"], line["serial"])
            quantity, ago = totals.get(item, (Decimal(0), line["ago"]))
            most = Decimal(1) if item.serial is not None else QUANTITY_MAX
            totals[item] = (min(quantity + line["quantity"], most), min(ago, line["ago"]))
        for item, (quantity, ago) in totals.items():
            said = _said(fact, place, derived("counted", fact.key, item.words), ago)
            book = book_of(place, item)
            state.rows.append(CountLine(**said, **item._asdict(), quantity=quantity, book_id=book))
        whole = {None} if fact.data["whole"] else {part.id for part in fact.data["complete"]}
        for part in sorted(whole, key=str):
            said = _said(fact, place, derived("sweep", fact.key, part))
            state.rows.append(Sweep(**said, part_id=part))


def _said(fact: Stated, place: UUID, id_: UUID, ago: int = 0) -> dict[str, Any]:
    """What a line of a count has from its fact."""
    return {
        "id": id_,
        "cause_id": fact.key,
        "origin_id": fact.origin_id,
        "seq": fact.seq,
        "place_id": place,
        "happened": bounded(fact.happened, -timedelta(seconds=ago)),
    }


class HandedOn(Data):
    """What leaves the place for another of ours; the id is the device's, for whoever receives."""

    transfer = fields.UUID(required=True)
    to = Ref("place", required=True)
    reason = fields.String(
        load_default="handed_over", validate=validate.OneOf(["handed_over", "unused", "defective"])
    )
    lines = fields.List(fields.Nested(PartLine), required=True, validate=validate.Length(1, 200))


class StockTransferred(Kind):
    """Parts leave the place for another one: to a colleague, unused, or defective. They are in
    transit until somebody receives them there."""

    name = "stock.transferred"
    about = "place"
    data = HandedOn

    def effect(self, state: Folding, fact: Stated) -> None:
        place, transit = state.subject.id, virtual_place("in_transit")
        header = Transfer(
            id=derived("transfer", fact.key),
            transfer_id=fact.data["transfer"],
            kind="handover",
            from_place=place,
            to_place=fact.data["to"].id,
            since=fact.happened,
            announced=[],
            repaired=False,
        )
        state.rows += [header, *_statements(fact, "transferred", place, (place, transit))]


class StockReceived(Kind):
    """Parts under way arrived at the place; what was counted on receipt, not what was announced."""

    name = "stock.received"
    about = "place"
    data = Receipt

    def effect(self, state: Folding, fact: Stated) -> None:
        place, transit = state.subject.id, virtual_place("in_transit")
        state.rows += _statements(fact, "received", place, (transit, place))


def _statements(
    fact: Stated, word: str, place: UUID, ends: tuple[UUID, UUID]
) -> Iterable[StockStatement]:
    """The fact's lines, which go from one end to the other, in the books of the place."""
    for number, line in enumerate(fact.data["lines"], start=1):
        item = named_item(line["part"].id, line["lot"], line["serial"])
        yield StockStatement(
            id=derived(word, fact.key, number),
            cause_id=fact.key,
            origin_id=fact.origin_id,
            seq=fact.seq,
            **item._asdict(),
            quantity=line["quantity"],
            from_place=ends[0],
            to_place=ends[1],
            transfer_id=fact.data["transfer"],
            happened=fact.happened,
            book_id=book_of(place, item),
        )


class AskedLine(Data):
    """So much of a part is wanted."""

    part = Ref("part", required=True)
    quantity = QuantityText(required=True)


class Request(Data):
    """What is wanted at one's own place, by when, and whether at once. `visit` is for which."""

    place = Ref("place", required=True)
    lines = fields.List(fields.Nested(AskedLine), required=True, validate=validate.Length(1, 200))
    needed = fields.Date(load_default=None)
    urgent = fields.Boolean(load_default=False)
    visit = Ref("visit", load_default=None)
    parts = PartHashes(load_default=dict)


class PartsRequested(Kind):
    """The keeper of a place wants parts there. The device makes the requisition's id."""

    name = "parts.requested"
    about = "requisition"
    data = Request
    parts = {"words": None}

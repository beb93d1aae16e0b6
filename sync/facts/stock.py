"""What hands did with parts at a place they keep."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from models.ids import derived
from models.stock.rows import StockStatement, book_of, named_item, virtual_place
from models.timeline import Folding, Stated
from sync import limits
from sync.facts.kind import Data, Kind, PlainText, QuantityText, Ref


class ReceivedLine(Data):
    """One part that arrived: how much, of which lot, or which serial."""

    part = Ref("part", required=True)
    quantity = QuantityText(required=True)
    lot = PlainText(limits.name_length_max, load_default=None)
    serial = PlainText(limits.name_length_max, load_default=None)

    @validates_schema
    def _one_by_one(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data["serial"] is not None and data["quantity"] != 1:
            raise ValidationError("a serial number is one piece", "quantity")


class Receipt(Data):
    """What arrived of a transfer."""

    transfer = fields.UUID(required=True)
    lines = fields.List(
        fields.Nested(ReceivedLine), required=True, validate=validate.Length(1, 200)
    )


class StockReceived(Kind):
    """Parts under way arrived at the place; what was counted on receipt, not what was announced."""

    name = "stock.received"
    about = "place"
    data = Receipt

    def effect(self, state: Folding, fact: Stated) -> None:
        place = state.subject.id
        for number, line in enumerate(fact.data["lines"], start=1):
            item = named_item(line["part"].id, line["lot"], line["serial"])
            statement = StockStatement(
                id=derived("received", fact.key, number),
                cause_id=fact.key,
                origin_id=fact.origin_id,
                seq=fact.seq,
                **item._asdict(),
                quantity=line["quantity"],
                from_place=virtual_place("in_transit"),
                to_place=place,
                transfer_id=fact.data["transfer"],
                happened=fact.happened,
                book_id=book_of(place, item),
            )
            state.rows.append(statement)

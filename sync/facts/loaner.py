"""Loaner devices in the customer's hands and back. A swap is both, on one visit."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from models.dispatch.lifecycle import VisitState
from models.ids import derived
from models.loaners.rows import CONDITIONS, CustodyStatement
from models.timeline import Stated
from sync import limits
from sync.facts.kind import Data, Kind, PartHashes, PlainText, Ref, hash_field


class Pen(Data):
    """Who signed, and their pen strokes, each a list of [x, y, milliseconds, pressure]."""

    name = PlainText(limits.name_length_max, required=True)
    strokes = fields.List(
        fields.List(fields.List(fields.Integer(strict=True), validate=validate.Length(2, 4))),
        required=True,
        validate=validate.Length(1, 1000),
    )


class HandOver(Data):
    """Which unit, in what condition and with what, until when.

    `photos` are hashes of photos that show it, promised by `photo.taken` on the visit.
    `instead_of` is the loaner that this one replaces, which comes back by a fact of its own.
    """

    loaner = Ref("unit", required=True)
    condition = fields.String(required=True, validate=validate.OneOf(CONDITIONS))
    accessories = fields.List(
        PlainText(limits.name_length_max), required=True, validate=validate.Length(max=50)
    )
    photos = fields.List(hash_field(), load_default=list, validate=validate.Length(max=50))
    instead_of = Ref("unit", load_default=None)
    due = fields.Date(load_default=None)
    parts = PartHashes(required=True)

    @validates_schema
    def _due(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data["due"] is not None and not 2000 <= data["due"].year <= 2199:
            raise ValidationError("a due date lies between 2000 and 2199", "due")


SIGNED = {"signer": None, "words": None, "customer": Pen, "technician": Pen}


class HandedOver(Kind):
    """The customer took the loaner. Both sides sign, in parts: `signer` is the customer's name,
    `customer` and `technician` are what their pens drew."""

    name = "loaner.handed_over"
    data = HandOver
    parts = SIGNED
    needed = frozenset({"signer"})

    def effect(self, state: VisitState, fact: Stated) -> None:
        state.rows.append(_statement(fact, "site", state.site_id, fact.data["due"]))


class TakenBackData(HandOver):
    """Also to which place of ours it came."""

    place = Ref("place", required=True)


class TakenBack(Kind):
    """The customer gave the loaner back; both sides sign as for the hand-over."""

    name = "loaner.taken_back"
    data = TakenBackData
    parts = SIGNED
    needed = frozenset({"signer"})

    def effect(self, state: VisitState, fact: Stated) -> None:
        state.rows.append(_statement(fact, "place", fact.data["place"].id, None))


def _statement(fact: Stated, holder_type: str, holder_id: Any, due: Any) -> CustodyStatement:
    instead_of = fact.data["instead_of"]
    return CustodyStatement(
        id=derived("custody", fact.key),
        loaner_id=fact.data["loaner"].id,
        cause_id=fact.key,
        origin_id=fact.origin_id,
        seq=fact.seq,
        holder_type=holder_type,
        holder_id=holder_id,
        user_id=fact.author_id,
        due=due,
        condition=fact.data["condition"],
        accessories=fact.data["accessories"],
        photos=fact.data["photos"],
        instead_of=None if instead_of is None else instead_of.id,
        happened=fact.happened,
    )

"""Loaner devices in the customer's hands and back."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from models.dispatch.lifecycle import VisitState
from models.ids import derived
from models.loaners.rows import CustodyStatement
from models.timeline import Stated
from sync import limits
from sync.facts.kind import Data, Kind, PartHashes, PlainText, Ref


class HandOver(Data):
    """Which unit, in what condition and with what, until when."""

    loaner = Ref("unit", required=True)
    condition = fields.String(
        required=True, validate=validate.OneOf(["as_new", "worn", "damaged", "not_working"])
    )
    accessories = fields.List(
        PlainText(limits.name_length_max), required=True, validate=validate.Length(max=50)
    )
    due = fields.Date(load_default=None)
    parts = PartHashes(required=True)

    @validates_schema
    def _due(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data["due"] is not None and not 2000 <= data["due"].year <= 2199:
            raise ValidationError("a due date lies between 2000 and 2199", "due")


class HandedOver(Kind):
    """The customer took the loaner. Both sides sign, in parts."""

    name = "loaner.handed_over"
    data = HandOver
    parts = {"signer": None, "words": None}
    needed = frozenset({"signer"})

    def effect(self, state: VisitState, fact: Stated) -> None:
        state.rows.append(_statement(fact, "site", state.site_id, fact.data["due"]))


class TakenBackData(HandOver):
    """Also to which place of ours it came."""

    place = Ref("place", required=True)


class TakenBack(Kind):
    """The customer gave the loaner back."""

    name = "loaner.taken_back"
    data = TakenBackData
    parts = {"signer": None, "words": None}
    needed = frozenset({"signer"})

    def effect(self, state: VisitState, fact: Stated) -> None:
        state.rows.append(_statement(fact, "place", fact.data["place"].id, None))


def _statement(fact: Stated, holder_type: str, holder_id: Any, due: Any) -> CustodyStatement:
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
        happened=fact.happened,
    )

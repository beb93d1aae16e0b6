"""The customer's own unit, taken along and brought back."""

from typing import ClassVar

from marshmallow import fields, validate

from models.dispatch.lifecycle import VisitState
from models.ids import derived
from models.timeline import Stated
from models.units import UnitStatement
from sync import limits
from sync.facts.kind import Data, Kind, PartHashes, PlainText, Ref


class UnitData(Data):
    """Which unit, in what condition and with what."""

    asset = Ref("asset", required=True)
    condition = fields.String(
        required=True, validate=validate.OneOf(["working", "worn", "damaged", "not_working"])
    )
    accessories = fields.List(
        PlainText(limits.name_length_max), load_default=list, validate=validate.Length(max=50)
    )
    parts = PartHashes(required=True)


class TakenData(UnitData):
    """Also whether the customer agrees that what is stored on it may be lost."""

    data_loss = fields.Boolean(load_default=None, allow_none=True)


class UnitTaken(Kind):
    """The technician takes the customer's unit along; the customer signs for it, in a part: that is
    their consent."""

    name = "unit.taken"
    data: ClassVar[type[Data]] = TakenData
    parts = {"signer": None, "words": None}
    needed = frozenset({"signer"})
    taken: ClassVar[bool] = True

    def effect(self, state: VisitState, fact: Stated) -> None:
        if fact.author_id is None:
            return
        statement = UnitStatement(
            id=derived("unit", fact.key),
            asset_id=fact.data["asset"].id,
            visit_id=state.subject.id,
            user_id=fact.author_id,
            cause_id=fact.key,
            origin_id=fact.origin_id,
            seq=fact.seq,
            taken=self.taken,
            condition=fact.data["condition"],
            accessories=fact.data["accessories"],
            data_loss=fact.data.get("data_loss"),
            happened=fact.happened,
        )
        state.rows.append(statement)


class UnitBroughtBack(UnitTaken):
    """The unit is at the customer's again, who signs for it."""

    name = "unit.brought_back"
    data = UnitData
    taken = False

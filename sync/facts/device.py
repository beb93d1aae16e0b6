"""What a device says of itself."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from models.timeline import Folding, Stated
from sync import limits
from sync.facts.kind import Data, Kind, code_field


class Lost(Data):
    """The first and the last number of facts that will never come, and why."""

    first = fields.Integer(required=True, strict=True, validate=validate.Range(1, limits.seq_max))
    last = fields.Integer(required=True, strict=True, validate=validate.Range(1, limits.seq_max))
    reason = code_field(required=True)

    @validates_schema
    def _a_few(self, data: dict[str, Any], **kwargs: Any) -> None:
        if not 0 <= data["last"] - data["first"] < limits.lost_facts_max:
            most = limits.lost_facts_max
            raise ValidationError(f"one fact says so of 1 to {most} numbers", "last")


class LostFacts(Kind):
    """Facts that were numbered are gone, for instance with a broken memory: nobody need wait.

    What turns up all the same is taken as ever.
    """

    name = "device.lost_facts"
    about = "device"
    data = Lost

    def lost(self, data: Mapping[str, Any]) -> range:
        return range(data["first"], data["last"] + 1)

    def effect(self, state: Folding, fact: Stated) -> None:
        told = {name: fact.data[name] for name in ("first", "last", "reason")}
        evidence = {"device": str(fact.origin_id), **told}
        state.find("device.lost_facts", fact.happened, fact.key, **evidence)

"""What a technician would have otherwise: an asset, a contact, the time of a visit.

These belong to the desk, which accepts the proposal or sets it aside; the packet shows it
meanwhile.
"""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from marshmallow import ValidationError, fields, validates_schema

from models.dispatch.lifecycle import VisitState
from models.dispatch.reported import ANSWERED, PROPOSED, Proposal
from models.ids import derived
from models.plain import plain
from models.refusals import Refused
from models.timeline import Stated
from sync import limits
from sync.facts.kind import Data, Kind, PartHashes, PlainText, Ref, SerialText, code_field


class Proposing(Kind):
    """A visit fact that proposes something. `finding` is what the desk gets to see."""

    finding: ClassVar[str] = ""

    def target(self, state: VisitState, fact: Stated) -> UUID:
        """The row that is meant, or will be made."""
        raise NotImplementedError

    def proposed(self, fact: Stated) -> dict[str, Any]:
        """The fields as they ought to be."""
        return dict(fact.parts)

    def evidence(self, fact: Stated) -> Mapping[str, Any]:
        """What the desk decides on. It is kept for ever: of parts it has only the hashes."""
        return dict(fact.hashes)

    def effect(self, state: VisitState, fact: Stated) -> None:
        if fact.author_id is None:
            return
        proposal = Proposal(
            id=derived("proposal", fact.key),
            visit_id=state.subject.id,
            fact_key=fact.key,
            user_id=fact.author_id,
            kind=fact.kind,
            target_id=self.target(state, fact),
            fields=self.proposed(fact),
            state=ANSWERED.get(state.answers.get(fact.key, ""), PROPOSED),
            happened=fact.happened,
        )
        state.rows.append(proposal)
        seen = {"fact": str(fact.id), "key": str(fact.key), "kind": fact.kind}
        seen["about"] = str(proposal.target_id)
        state.find(self.finding, fact.happened, fact.key, **seen, **self.evidence(fact))


class OfPlainFields(Proposing):
    """A proposal whose fields hold nothing personal."""

    def evidence(self, fact: Stated) -> Mapping[str, Any]:
        return self.proposed(fact)


class AssetData(Data):
    """An asset at the site, with the id that it will have."""

    asset = Ref("asset", required=True)
    model = PlainText(limits.name_length_max, required=True)
    serial = SerialText(required=True)
    name = PlainText(limits.name_length_max, required=True)
    installed = fields.Date(load_default=None, allow_none=True)
    parts = PartHashes(load_default=dict)


class OfAsset(OfPlainFields):
    """A proposal about an asset."""

    parts = {"words": None}
    finding = "asset.proposed"

    def target(self, state: VisitState, fact: Stated) -> UUID:
        id_: UUID = fact.data["asset"].id
        return id_

    def proposed(self, fact: Stated) -> dict[str, Any]:
        fields_ = ("model", "serial", "name", "installed")
        said: dict[str, Any] = plain({one: fact.data[one] for one in fields_ if one in fact.data})
        return said


class AssetFound(OfAsset):
    """An asset stands at the site that the desk does not know."""

    name = "asset.found"
    data = AssetData


class CorrectionData(Data):
    """The asset, and those of its fields that are wrong."""

    asset = Ref("asset", required=True)
    model = PlainText(limits.name_length_max)
    serial = SerialText()
    name = PlainText(limits.name_length_max)
    installed = fields.Date(allow_none=True)
    parts = PartHashes(load_default=dict)

    @validates_schema
    def _something_is_wrong(self, data: dict[str, Any], **kwargs: Any) -> None:
        if not {"model", "serial", "name", "installed"} & data.keys():
            raise ValidationError("name at least one field of the asset", "asset")


class AssetCorrected(OfAsset):
    """What the desk knows of an asset is not what its plate says."""

    name = "asset.corrected"
    data = CorrectionData


class ContactData(Data):
    """The contact, as its id; a new one where there is none. Name and phone are parts."""

    contact = fields.UUID(load_default=None, allow_none=True)
    parts = PartHashes(required=True)


class ContactCorrected(Proposing):
    """Somebody else answers at the site, or on another number."""

    name = "contact.corrected"
    data = ContactData
    parts = {"name": None, "phone": None}
    finding = "contact.proposed"

    def check(self, data: Mapping[str, Any], parts: Mapping[str, Any]) -> None:
        said = {name: parts[name] for name in self.parts if name in parts}
        if not said:
            raise Refused("data.invalid", "data.parts", "a name or a phone is needed")
        for name, text in said.items():
            if not 0 < len(text.strip()) <= limits.name_length_max:
                raise Refused("data.invalid", f"parts.{name}", "it is empty or too long")

    def target(self, state: VisitState, fact: Stated) -> UUID:
        return fact.data["contact"] or derived("contact", fact.key)

    def proposed(self, fact: Stated) -> dict[str, Any]:
        return {name: text for name, text in fact.parts.items() if name in self.parts}


class WindowData(Data):
    """From when to when, and why."""

    starts = fields.AwareDateTime(required=True)
    ends = fields.AwareDateTime(required=True)
    reason = code_field(required=True)
    parts = PartHashes(load_default=dict)

    @validates_schema
    def _in_order(self, data: dict[str, Any], **kwargs: Any) -> None:
        if not 2000 <= data["starts"].year <= data["ends"].year <= 2199:
            raise ValidationError("a window lies between 2000 and 2199", "starts")
        if data["ends"] < data["starts"]:
            raise ValidationError("a window ends after it starts", "ends")


class VisitProposed(OfPlainFields):
    """The visit should be at another time."""

    name = "visit.proposed"
    data = WindowData
    parts = {"words": None}
    finding = "visit.plan_proposed"

    def target(self, state: VisitState, fact: Stated) -> UUID:
        return state.subject.id

    def proposed(self, fact: Stated) -> dict[str, Any]:
        said: dict[str, Any] = plain({name: fact.data[name] for name in ("starts", "ends")})
        return said

"""What a scanned code is, where it lies, and what whoever asks can do with it."""

from typing import Any

from marshmallow import Schema, fields
from sqlalchemy.orm import Session

from api.auth import house, own, user
from api.blueprint import Blueprint
from api.scan_actions import actions
from api.schemas import QuantityText
from models.refusals import Refused
from models.scanning import finding
from models.scanning.match import Match
from sync import limits

blp = Blueprint("scanning", __name__, description="What a code is, and what can be done with it")


class WhereSchema(Schema):
    """Where something is: at a place of ours, on which shelf and how much; at a site; or with a
    user, who took it along."""

    type = fields.String(metadata={"description": "place, site or user"})
    id = fields.UUID()
    code = fields.String(allow_none=True)
    name = fields.String()
    shelf = fields.String(allow_none=True)
    quantity = QuantityText(allow_none=True)


class ActionSchema(Schema):
    """An operation that whoever asks may call, and its address with everything filled in."""

    operation = fields.String()
    method = fields.String()
    path = fields.String()


class OnShelfSchema(Schema):
    """A part that has its place on the shelf, and how much of it the shelf's place holds."""

    part = fields.UUID()
    part_code = fields.String()
    part_name = fields.String()
    quantity = QuantityText()


class ScannedThingSchema(Schema):
    """Something that the code names. `label` is what a label of it says, `holds` what has its place
    on a shelf, `actions` what would be accepted as it is now."""

    type = fields.String(metadata={"description": f"one of {', '.join(finding.FINDERS)}"})
    id = fields.UUID()
    code = fields.String()
    name = fields.String()
    label = fields.String()
    where = fields.List(fields.Nested(WhereSchema))
    holds = fields.List(fields.Nested(OnShelfSchema))
    actions = fields.List(fields.Nested(ActionSchema))


class ScannedSchema(Schema):
    """Everything that the code names."""

    items = fields.List(fields.Nested(ScannedThingSchema))


@blp.route("/scan/<path:code>", methods=["GET"])
@blp.response(200, ScannedSchema)
@blp.alt_response(422, description="The code is too long, or cannot be printed")
def describe_code(code: str) -> dict[str, Any]:
    """What the code is: that of a label, or a bare one, of a part, a piece by its serial, a place,
    a shelf, a loaner, an asset, a transfer, a requisition or a return; where it lies; what can be
    done."""
    if len(code) > limits.code_length_max or not code.isprintable():
        raise Refused("wrong_value", "code", f"printable, at most {limits.code_length_max} letters")
    owner, role = own(), user().role

    def body(session: Session) -> tuple[list[dict[str, Any]], list[str]]:
        matches, tried = finding.find(session, code, owner)
        return [{**_told(one), "actions": list(actions(one, role))} for one in matches], tried

    items, tried = house().database.read(body)
    if not items:
        raise Refused("unknown", "code", f"tried as {', '.join(tried)}")
    return {"items": items}


def _told(one: Match) -> dict[str, Any]:
    told = ("type", "id", "code", "name", "label", "where", "holds")
    return {name: getattr(one, name) for name in told}

"""What a scanned code is, where it lies, and what whoever asks can do with it."""

from typing import Any

from flask import current_app, url_for
from marshmallow import Schema, fields
from sqlalchemy.orm import Session

from api import rights
from api.auth import house, own, user
from api.blueprint import Blueprint
from api.rights import Reach
from api.schemas import QuantityText
from models import scanning
from models.refusals import Refused
from models.scanning import Match
from sync import limits

blp = Blueprint("scanning", __name__, description="What a code is, and what can be done with it")

# By type the operations that take what was scanned, and what they are told of it.
ACTIONS: dict[str, dict[str, dict[str, str]]] = {
    "part": {
        "stock.get_part": {"id_": "id"},
        "stock.edit_part": {"id_": "id"},
        "proof.get_part_proof": {"id_": "id"},
        "stock.list_stock": {"part": "id"},
        "stock.list_moves": {"part": "id"},
        "stock.list_levels": {"part": "id"},
        "labels.get_labels": {"of": "=parts", "ids": "id"},
    },
    "piece": {
        "proof.get_part_proof": {"id_": "about", "serial": "code"},
        "stock.list_stock": {"part": "about", "serial": "code"},
        "stock.list_moves": {"part": "about", "serial": "code"},
    },
    "place": {
        "stock.get_place": {"id_": "id"},
        "stock.edit_place": {"id_": "id"},
        "stock.list_stock": {"place": "id"},
        "stock.list_moves": {"place": "id"},
        "stock.list_levels": {"place": "id"},
        "requisitions.get_suggestion": {"id_": "id"},
        "requisitions.open_suggestion": {"id_": "id"},
        "labels.get_labels": {"of": "=places", "ids": "id"},
    },
    "shelf": {
        "stock.list_levels": {"place": "about", "sort": "=shelf"},
        "stock.list_stock": {"place": "about"},
        "labels.get_labels": {"of": "=shelves", "place": "about"},
    },
    "loaner": {
        "loaners.get_loaner": {"id_": "id"},
        "loaners.edit_loaner": {"id_": "id"},
        "loaners.list_custody": {"id_": "id"},
        "loaners.place_loaner": {"id_": "id"},
        "labels.get_labels": {"of": "=loaners", "ids": "id"},
    },
    "asset": {"customers.get_asset": {"id_": "id"}, "customers.edit_asset": {"id_": "id"}},
    "transfer": {"stock.list_transfers": {"transfer": "id"}},
    "requisition": {
        "requisitions.get_requisition": {"id_": "id"},
        "requisitions.reserve_parts": {"id_": "id"},
        "requisitions.release_parts": {"id_": "id"},
        "requisitions.pick_parts": {"id_": "id"},
        "requisitions.serve_requisition": {"id_": "id"},
        "requisitions.refuse_requisition": {"id_": "id"},
    },
}


class WhereSchema(Schema):
    """Where something is: at a place of ours, on which shelf and how much, or at a site."""

    type = fields.String()
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


class ScannedThingSchema(Schema):
    """Something that the code names. `label` is what a label of it says."""

    type = fields.String(metadata={"description": f"one of {', '.join(scanning.FINDERS)}"})
    id = fields.UUID()
    code = fields.String()
    name = fields.String()
    label = fields.String()
    where = fields.List(fields.Nested(WhereSchema))
    actions = fields.List(fields.Nested(ActionSchema))


class ScannedSchema(Schema):
    """Everything that the code names."""

    items = fields.List(fields.Nested(ScannedThingSchema))


@blp.route("/scan/<path:code>", methods=["GET"])
@blp.response(200, ScannedSchema)
def describe_code(code: str) -> dict[str, Any]:
    """What the code is: that of a label, or a bare one, of a part, a piece by its serial, a place,
    a shelf, a loaner, an asset, a transfer or a requisition; where it lies; what can be done."""
    if len(code) > limits.code_length_max or not code.isprintable():
        raise Refused("wrong_value", "code", f"printable, at most {limits.code_length_max} letters")
    owner, role = own(), user().role

    def body(session: Session) -> tuple[list[dict[str, Any]], list[str]]:
        matches, tried = scanning.find(session, code, owner)
        return [{**_told(one), "actions": list(_actions(one, role))} for one in matches], tried

    items, tried = house().database.read(body)
    if not items:
        raise Refused("unknown", "code", f"tried as {', '.join(tried)}")
    return {"items": items}


def _told(one: Match) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("type", "id", "code", "name", "label", "where")}


def _actions(one: Match, role: str) -> Any:
    """What the role may do with it."""
    for endpoint, wanted in ACTIONS[one.type].items():
        operation = endpoint.rpartition(".")[2]
        if rights.reach(role, operation) is not Reach.NONE:
            values = {name: _value(one, source) for name, source in wanted.items()}
            (rule,) = current_app.url_map.iter_rules(endpoint)
            (method,) = (rule.methods or set()) - {"HEAD", "OPTIONS"}
            yield {"operation": operation, "method": method, "path": url_for(endpoint, **values)}


def _value(one: Match, source: str) -> Any:
    """What stands after `=` as it is, else that member of what was found."""
    return source[1:] if source.startswith("=") else getattr(one, source)

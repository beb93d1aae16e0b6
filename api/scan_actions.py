"""What can be done with what was scanned, by type and by what a role may."""

from collections.abc import Iterator
from typing import Any

from flask import current_app, url_for

from api import rights
from api.rights import Reach
from models.scanning.match import Match

# By type the operations that take what was scanned in any state, and what they are told of it.
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
        "custody.list_custody": {"id_": "id"},
        "labels.get_labels": {"of": "=loaners", "ids": "id"},
    },
    "asset": {
        "customers.get_asset": {"id_": "id"},
        "customers.edit_asset": {"id_": "id"},
        "installed.list_installed_parts": {"id_": "id"},
        "units.get_unit_history": {"id_": "id"},
    },
    "transfer": {"transfers.get_transfer": {"id_": "id"}},
    "requisition": {
        "requisitions.get_requisition": {"id_": "id"},
    },
    "return": {
        "returns.get_return": {"id_": "id"},
        "repairs.list_repairs": {"return": "id"},
    },
}


# By type the operations that do what may be decided of it next, as it is now.
STEPS: dict[str, dict[str, str]] = {
    "place": {"asked": "requisitions.open_suggestion"},
    "loaner": {
        "placed": "loaners.place_loaner",
        "inspected": "loaners.inspect_loaner",
        "reserved": "reservations.reserve_loaner",
        "extended": "loaners.extend_loan",
        "lost": "loaners.lose_loaner",
        "sold": "loaners.sell_loaner",
    },
    "asset": {
        "received": "units.receive_unit",
        "diagnosed": "units.diagnose_unit",
        "quoted": "units.quote_repair",
        "approved": "units.approve_repair",
        "declined": "units.decline_repair",
        "repaired": "units.finish_repair",
        "unrepairable": "units.give_up_repair",
    },
    "requisition": {
        "reserved": "requisitions.reserve_parts",
        "released": "requisitions.release_parts",
        "picked": "requisitions.pick_parts",
        "shipped": "requisitions.serve_requisition",
        "refused": "requisitions.refuse_requisition",
    },
    "return": {
        "permitted": "returns.permit_return",
        "refused": "returns.refuse_return",
        "received": "returns.receive_return",
        "closed": "returns.close_return",
    },
}


def actions(one: Match, role: str) -> Iterator[dict[str, str]]:
    """What the role may do with it, as it is now."""
    steps = {STEPS[one.type][step]: {"id_": "id"} for step in one.steps}
    for endpoint, wanted in {**ACTIONS[one.type], **steps}.items():
        operation = endpoint.rpartition(".")[2]
        if rights.reach(role, operation) is not Reach.NONE:
            values: dict[str, Any] = {name: _value(one, source) for name, source in wanted.items()}
            (rule,) = current_app.url_map.iter_rules(endpoint)
            (method,) = (rule.methods or set()) - {"HEAD", "OPTIONS"}
            yield {"operation": operation, "method": method, "path": url_for(endpoint, **values)}


def _value(one: Match, source: str) -> str:
    """What stands after `=` as it is, else that member of what was found."""
    return source[1:] if source.startswith("=") else str(getattr(one, source))

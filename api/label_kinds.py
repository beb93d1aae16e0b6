"""The kinds of labels: of which list's rows, and what each of them says."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from api.label_forms import Label
from api.lists import Listing
from api.loaners import LOANERS
from api.stock import LEVELS, PARTS, PLACES
from models.scanning.match import label
from models.stock.demand import StockLevel

Values = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """A kind of label: of which list's rows, and what each of them says."""

    listing: Listing
    says: Callable[[Values], Label]
    where: Any = ()


def _part(one: Values) -> Label:
    return Label(label("part", one["code"]), one["code"], one["name"], one["unit"])


def _place(one: Values) -> Label:
    return Label(label("place", one["code"]), one["code"], one["name"], one["kind"])


def _loaner(one: Values) -> Label:
    code = f"{one['model']}/{one['serial']}"
    return Label(label("loaner", code), one["serial"], one["model"], one["accessories"])


def _shelf(one: Values) -> Label:
    code = f"{one['place_code']}/{one['shelf']}"
    return Label(label("shelf", code), code, f"{one['part_code']} {one['part_name']}", "")


KINDS = {
    "parts": Kind(PARTS, _part),
    "shelves": Kind(LEVELS, _shelf, (StockLevel.shelf != "",)),
    "loaners": Kind(LOANERS, _loaner),
    "places": Kind(PLACES, _place),
}

"""All fact kinds. A new family adds its module here; everything else finds it by name."""

from sync.facts import (
    device,
    loaner,
    money,
    notice,
    opening,
    photo,
    proposals,
    record,
    stock,
    unit,
    visit,
)
from sync.facts.kind import KINDS

__all__ = [
    "KINDS",
    "device",
    "loaner",
    "money",
    "notice",
    "opening",
    "photo",
    "proposals",
    "record",
    "stock",
    "unit",
    "visit",
]

"""The shapes of all document types. A new one adds its module here."""

from sync.documents.shapes import (
    catalogue,
    loaner,
    notice,
    profile,
    record,
    standing,
    stock,
    visit,
)
from sync.documents.shapes.told import SHAPES, Told

__all__ = [
    "SHAPES",
    "Told",
    "catalogue",
    "loaner",
    "notice",
    "profile",
    "record",
    "standing",
    "stock",
    "visit",
]

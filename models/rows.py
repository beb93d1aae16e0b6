"""Every table of the house, imported in one place so that the metadata is complete."""

from models import (
    customers,
    decisions,
    facts,
    feed,
    findings,
    outbox,
    people,
    photos,
)
from models.base import Base
from models.dispatch import rows as dispatch
from models.loaners import rows as loaners
from models.records import rows as records
from models.stock import rows as stock

__all__ = [
    "Base",
    "customers",
    "decisions",
    "dispatch",
    "facts",
    "feed",
    "findings",
    "loaners",
    "outbox",
    "people",
    "photos",
    "records",
    "stock",
]

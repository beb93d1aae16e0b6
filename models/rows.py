"""Every table of the house, imported in one place so that the metadata is complete."""

from models import (
    bringing,
    company,
    customers,
    decisions,
    edits,
    facts,
    feed,
    findings,
    knowledge,
    notices,
    outbox,
    people,
    photos,
    second_factor,
    throttle,
    units,
    uploads,
)
from models.base import Base
from models.contracts import rows as contracts
from models.dispatch import reported
from models.dispatch import rows as dispatch
from models.loaners import rows as loaners
from models.records import rows as records
from models.returns import rows as returns
from models.stock import demand, fitted, order_rows, repairs
from models.stock import rows as stock

__all__ = [
    "Base",
    "bringing",
    "company",
    "contracts",
    "customers",
    "decisions",
    "demand",
    "dispatch",
    "edits",
    "facts",
    "feed",
    "findings",
    "fitted",
    "knowledge",
    "loaners",
    "notices",
    "order_rows",
    "outbox",
    "people",
    "photos",
    "records",
    "repairs",
    "reported",
    "returns",
    "second_factor",
    "stock",
    "throttle",
    "units",
    "uploads",
]

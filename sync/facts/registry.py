"""All fact kinds. A new family adds its module here; everything else finds it by name."""

from sync.facts import loaner, photo, record, stock, visit
from sync.facts.kind import KINDS

__all__ = ["KINDS", "loaner", "photo", "record", "stock", "visit"]

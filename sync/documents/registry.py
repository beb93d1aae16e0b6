"""All document types. A new one adds its module here; everything else finds it by type."""

from sync.documents import loaner, part, record, standing, stock, visit
from sync.documents.document import DOCUMENTS

__all__ = ["DOCUMENTS", "loaner", "part", "record", "standing", "stock", "visit"]

"""All document types. A new one adds its module here; everything else finds it by type."""

from sync.documents import (
    article,
    fault_code,
    loaner,
    notice,
    part,
    profile,
    record,
    standing,
    stock,
    visit,
)
from sync.documents.document import DOCUMENTS

__all__ = [
    "DOCUMENTS",
    "article",
    "fault_code",
    "loaner",
    "notice",
    "part",
    "profile",
    "record",
    "standing",
    "stock",
    "visit",
]

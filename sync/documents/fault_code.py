"""The codes with which a record says what was wrong, why, and what helped."""

from models.knowledge import FaultCode
from sync.documents.catalog import Catalogued
from sync.documents.document import Data


class FaultCodeDocument(Catalogued):
    """One code. Inactive ones stay, to be read and not to be chosen."""

    type = "fault_code"
    row = FaultCode

    def tell(self, row: FaultCode) -> Data:
        return {
            "code": row.code,
            "kind": row.kind,
            "name": {"zh": row.name_zh, "en": row.name_en},
            "active": row.active,
        }

"""The parts that there are."""

from models.stock.rows import Part
from sync.documents.catalog import Catalogued
from sync.documents.document import Data


class PartDocument(Catalogued):
    """One part of the catalogue."""

    type = "part"
    row = Part

    def tell(self, row: Part) -> Data:
        return {
            "code": row.code,
            "name": row.name,
            "unit": row.unit,
            "tracking": row.tracking,
        }

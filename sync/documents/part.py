"""The parts catalogue: nothing confidential, the same for everybody."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.feed import CATALOG
from models.stock.rows import Part
from sync.documents.document import Concerned, Data, Document, Target, uuids


def of_parts(session: Session, ids: Sequence[str]) -> set[Target]:
    """Every part is in the catalogue."""
    return {(CATALOG, id_) for id_ in ids}


class PartDocument(Document):
    """One part of the catalogue."""

    type = "part"

    def sources(self) -> Mapping[str, Concerned]:
        return {"part": of_parts}

    def everything(self, session: Session) -> Iterable[Target]:
        return of_parts(session, list(map(str, session.scalars(select(Part.id)))))

    def derive(self, session: Session, channel: str, ids: Sequence[str]) -> Mapping[str, Data]:
        query = select(Part).where(Part.id.in_(uuids(ids)))
        return {
            str(part.id): {
                "basis": "",
                "code": part.code,
                "name": part.name,
                "unit": part.unit,
                "tracking": part.tracking,
            }
            for part in session.scalars(query)
        }

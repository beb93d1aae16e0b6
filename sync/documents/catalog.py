"""The catalogue: rows of the desk's that everybody may see, with nothing confidential in them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.feed import CATALOG
from sync.documents.document import Concerned, Data, Document, Target, uuids


def of_rows(session: Session, ids: Sequence[str]) -> set[Target]:
    """Every row is in the catalogue."""
    return {(CATALOG, id_) for id_ in ids}


class Catalogued(Document):
    """One row of a table as a document. A subclass names the row and tells it."""

    row: ClassVar[Any]

    def sources(self) -> Mapping[str, Concerned]:
        return {self.type: of_rows}

    def everything(self, session: Session) -> Iterable[Target]:
        return of_rows(session, list(map(str, session.scalars(select(self.row.id)))))

    def derive(self, session: Session, channel: str, ids: Sequence[str]) -> Mapping[str, Data]:
        rows = session.scalars(select(self.row).where(self.row.id.in_(uuids(ids))))
        return {str(row.id): {"basis": "", **self.tell(row)} for row in rows if self.shows(row)}

    def shows(self, row: Any) -> bool:
        """Whether the row is to be seen yet."""
        return True

    def tell(self, row: Any) -> Data:
        """What the document says."""
        raise NotImplementedError

"""What a document type is. Defining a subclass with a `type` registers it.

A document is derived from committed rows alone, for one channel, and reads no clock. Its sources
are named with a function each: from the changed ids to the documents and channels concerned.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy.orm import Session

Data = dict[str, Any]
Target = tuple[str, str]  # channel, document id
Concerned = Callable[[Session, Sequence[str]], Iterable[Target]]

DOCUMENTS: dict[str, "Document"] = {}


class Document:
    """A document type: its name, its sources, and how it is derived."""

    type: ClassVar[str] = ""
    version: ClassVar[int] = 1

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.type:
            DOCUMENTS[cls.type] = cls()

    def sources(self) -> Mapping[str, Concerned]:
        """By type of source: which channels ought to hold which documents derived from it."""
        raise NotImplementedError

    def everything(self, session: Session) -> Iterable[Target]:
        """Every document that some channel ought to hold, by channel; more do no harm."""
        raise NotImplementedError

    def derive(self, session: Session, channel: str, ids: Sequence[str]) -> Mapping[str, Data]:
        """The data of those documents that the channel ought to hold; the others are gone."""
        raise NotImplementedError


def owner_of(channel: str) -> UUID:
    """The id of the user or device to whom the channel belongs."""
    return UUID(channel.partition(":")[2])


def uuids(ids: Iterable[str]) -> list[UUID]:
    """The ids as UUIDs."""
    return [UUID(id_) for id_ in ids]

"""What a code is that somebody scanned or typed: of a label of ours, or the bare code itself.

A label says `onsite:` and then what it is about and its code, such as `onsite:part:R-200`. A shelf
is named with its place, a device with its model: `onsite:shelf:main/A-03-2`. A bare code may be
several things at once; then all of them are answered.
"""

from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from models.scanning import devices, papers, shelves, stock
from models.scanning.match import PREFIX, Match

Finder = Callable[[Session, str, UUID | None], Iterable[Match]]

FINDERS: Mapping[str, Finder] = {
    "part": stock.parts,
    "piece": stock.pieces,
    "place": stock.places,
    "shelf": shelves.shelves,
    "loaner": devices.loaners,
    "asset": devices.assets,
    "transfer": papers.transfers,
    "requisition": papers.requisitions,
    "return": papers.returns,
}


def find(session: Session, text: str, owner: UUID | None) -> tuple[list[Match], list[str]]:
    """What the text names, and as what it was tried; of one user only what is theirs."""
    types, code = _read(text.strip())
    return [match for type_ in types for match in FINDERS[type_](session, code, owner)], types


def _read(text: str) -> tuple[list[str], str]:
    """As what a text is tried, and the code in it."""
    prefix, _, rest = text.partition(":")
    type_, _, code = rest.partition(":")
    if prefix == PREFIX and type_ in FINDERS and code:
        return [type_], code
    return list(FINDERS), text

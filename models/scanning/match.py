"""What a code may name, and the conditions that finders share."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_

from models.customers import Site
from models.people import User
from models.serials import is_numbered
from models.stock.rows import Place, kept_by

PREFIX = "onsite"
MATCHES_MAX = 50  # of each type: a serial number need not be of one part alone

Where = Mapping[str, Any]


@dataclass(frozen=True)
class Match:
    """Something that the code names: what it is, how it is called, and where it is."""

    type: str
    id: UUID
    code: str
    name: str
    where: list[Where] = field(default_factory=list)
    about: UUID | None = None  # what its actions name, where that is not the id
    steps: Sequence[str] = ()  # what may be decided of it next, whoever may do that
    holds: Sequence[Mapping[str, Any]] = ()  # of a shelf the parts that have their place there

    @property
    def label(self) -> str:
        """What a label of it says."""
        return label(self.type, self.code)


def label(type_: str, code: str) -> str:
    """The text of a label."""
    return f"{PREFIX}:{type_}:{code}"


def _split(code: str) -> Iterator[tuple[str, str]]:
    """Every way in which the code is two words with a slash between, as either may have one."""
    for end, letter in enumerate(code):
        if letter == "/":
            yield code[:end], code[end + 1 :]


def named(first: Any, second: Any, code: str) -> ColumnElement[bool]:
    """The rows whose second column is the code, or both columns with a slash between them."""
    both = [(first == one) & (second == other) for one, other in _split(code)]
    return or_(second == code, *both)


def numbered(model: Any, serial: Any, code: str) -> ColumnElement[bool]:
    """The devices whose serial number is the code, or model and number with a slash between."""
    both = [(model == one) & is_numbered(serial, other) for one, other in _split(code)]
    return or_(is_numbered(serial, code), *both)


def ours(query: Any, place: Any, owner: UUID | None) -> Any:
    """The query, of one user only at the places that they keep."""
    return query if owner is None else query.where(place.in_(kept_by(owner)))


def at(place: Place, **more: Any) -> Where:
    """That something is at the place, and how."""
    told = {"type": "place", "id": place.id, "code": place.code, "name": place.name}
    return {**told, "shelf": None, "quantity": None, **more}


def at_site(site: Site) -> Where:
    """That something is at the customer's site."""
    return _alone("site", site.id, site.name)


def with_user(user: User) -> Where:
    """That somebody of ours has it with them."""
    return _alone("user", user.id, user.full_name)


def _alone(type_: str, id_: UUID, name: str) -> Where:
    return {"type": type_, "id": id_, "code": None, "name": name, "shelf": None, "quantity": None}

"""One timeline per subject: facts when they happened, decisions when they were taken, and moments.

The order never depends on what the network delivered first, nor on a clock of the reader.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from models.derived import Derived, Subject
from models.findings import Found


@dataclass(frozen=True)
class Stated:
    """A fact as a fold sees it. `held` says why it may have no effect, before anything is folded.

    `root` is the SHA-256 of its bytes. `doubt` says why its clock is not to be trusted, None
    where it is; `ahead` by how much the wall clock was ahead when it last met the server's.
    `parts` are the parsed parts that are not erased, `hashes` those of all. `basis` is that of the
    document on which its author acted.
    """

    key: UUID
    id: UUID
    origin_id: UUID
    author_id: UUID | None
    seq: int
    kind: str
    happened: datetime
    own: bool
    root: str
    held: str | None
    doubt: str | None
    ahead: timedelta | None
    data: Mapping[str, Any]
    parts: Mapping[str, Any]
    hashes: Mapping[str, str]
    basis: str | None


@dataclass(frozen=True)
class Decided:
    """A decision as a fold sees it; `seen` is what the decider saw."""

    id: UUID
    kind: str
    user_id: UUID
    at: datetime
    data: Mapping[str, Any]
    seen: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Passed:
    """A moment that time alone brought."""

    id: UUID
    kind: str
    at: datetime


Entry = Stated | Decided | Passed


class Stating(NamedTuple):
    """What decides where something stands in an order: a decision has neither origin nor seq."""

    key: UUID
    happened: datetime
    origin_id: UUID | None = None
    seq: int = 0
    id: UUID | None = None


Rank = tuple[datetime, int, str, int, str]


def ranks(statings: Iterable[Stating]) -> dict[UUID, Rank]:
    """Where each of them stands, by key: sort by this.

    By time, at the same time decisions first. Two facts of one device never stand against their
    seq: a fact whose corrected time lies before an earlier one of the same device takes that one's
    place in the order (its own time stays as it is).
    """
    found: dict[UUID, Rank] = {}
    reached: dict[UUID, datetime] = {}
    for one in sorted(statings, key=lambda one: (one.seq, str(one.id))):
        if one.origin_id is None:
            found[one.key] = (one.happened, 0, "", 0, str(one.key))
            continue
        place = max(one.happened, reached.get(one.origin_id, one.happened))
        reached[one.origin_id] = place
        found[one.key] = (place, 2, str(one.origin_id), one.seq, str(one.id))
    return found


def ordered(entries: Iterable[Entry]) -> list[Entry]:
    """The entries in the order in which they count; moments stand before facts of their time."""
    entries = list(entries)
    stated = [entry for entry in entries if isinstance(entry, Stated)]
    places = ranks(
        Stating(fact.key, fact.happened, fact.origin_id, fact.seq, fact.id) for fact in stated
    )

    def rank(entry: Entry) -> Rank:
        if isinstance(entry, Stated):
            return places[entry.key]
        return (entry.at, 0 if isinstance(entry, Decided) else 1, "", 0, str(entry.id))

    return sorted(entries, key=rank)


@dataclass
class Folding:
    """What a fold gathers: how each fact stands, the rows that follow, and what was found."""

    subject: Subject
    held: dict[UUID, str | None] = field(default_factory=dict)
    rows: list[Derived] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    noted: dict[tuple[str, tuple[object, ...]], int] = field(default_factory=dict)  # where in it

    def hold(self, fact: Stated, reason: str) -> None:
        """Store the fact without effect; its standing tells the device why."""
        self.held[fact.key] = reason

    def find(self, code: str, since: datetime, *causes: object, **evidence: Any) -> None:
        """Note something that a person must look at, once per kind and causes.

        Found again, it is as old as it was, and rests on the evidence given last. Evidence is given
        as JSON values.
        """
        number = self.noted.setdefault((code, causes), len(self.found))
        if number < len(self.found):
            self.found[number] = Found(code, causes, self.found[number].since, evidence)
        else:
            self.found.append(Found(code, causes, since, evidence))

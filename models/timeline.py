"""One timeline per subject: facts when they happened, decisions when they were taken, and moments.

The order never depends on what the network delivered first, nor on a clock of the reader.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from models.derived import Derived, Subject
from models.findings import Found


@dataclass(frozen=True)
class Stated:
    """A fact as a fold sees it. `held` says why it may have no effect, before anything is folded.

    `root` is the SHA-256 of its bytes. `doubt` says why its clock is not to be trusted, None
    where it is; `ahead` by how much the wall clock was ahead when it last met the server's.
    `parts` are the parsed parts that are not erased, `hashes` those of all.
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


@dataclass(frozen=True)
class Decided:
    """A decision as a fold sees it."""

    id: UUID
    kind: str
    user_id: UUID
    at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Passed:
    """A moment that time alone brought."""

    id: UUID
    kind: str
    at: datetime


Entry = Stated | Decided | Passed


def ordered(entries: Iterable[Entry]) -> list[Entry]:
    """The entries in the order in which they count.

    By time; at the same time decisions first, then moments, then facts. Two facts of one device
    never stand against their seq: a fact whose corrected time lies before an earlier one of the
    same device takes that one's place in the order (its own time stays as it is).
    """
    entries = list(entries)
    stated = [entry for entry in entries if isinstance(entry, Stated)]
    places: dict[UUID, datetime] = {}
    reached: dict[UUID, datetime] = {}
    for fact in sorted(stated, key=lambda fact: (fact.origin_id, fact.seq, fact.id)):
        place = max(fact.happened, reached.get(fact.origin_id, fact.happened))
        places[fact.key] = reached[fact.origin_id] = place

    def rank(entry: Entry) -> tuple[datetime, int, str, int, str]:
        if isinstance(entry, Decided):
            return (entry.at, 0, "", 0, str(entry.id))
        if isinstance(entry, Passed):
            return (entry.at, 1, "", 0, str(entry.id))
        return (places[entry.key], 2, str(entry.origin_id), entry.seq, str(entry.id))

    return sorted(entries, key=rank)


@dataclass
class Folding:
    """What a fold gathers: how each fact stands, the rows that follow, and what was found."""

    subject: Subject
    held: dict[UUID, str | None] = field(default_factory=dict)
    rows: list[Derived] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)

    def hold(self, fact: Stated, reason: str) -> None:
        """Store the fact without effect; its standing tells the device why."""
        self.held[fact.key] = reason

    def find(self, code: str, since: datetime, *causes: object, **evidence: Any) -> None:
        """Note something that a person must look at, once per kind and causes.

        Found again, it is as old as it was, and rests on the evidence given last. Evidence is given
        as JSON values.
        """
        for number, one in enumerate(self.found):
            if (one.code, one.causes) == (code, causes):
                self.found[number] = Found(code, causes, one.since, evidence)
                return
        self.found.append(Found(code, causes, since, evidence))

"""What must follow from what was stated and decided, told once more by somebody else.

The auditor's own model of the protocol's promises. It shares no code with what it judges, so that
a mistake made there is not made here too. It knows what is common: a kind of fact that it does not
know makes it silent about the subject.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
END = datetime(2200, 1, 1, tzinfo=UTC)
SHANGHAI = timedelta(hours=8)

Key = tuple[str, str]  # device and id of a fact
Subject = tuple[str, str]

ANNOUNCED = {"visit.accepted": "accepted", "visit.declined": "declined",
             "visit.travelling": "travelling"}  # fmt: skip
BEGUN = {"visit.arrived": "on_site", "visit.paused": "paused", "visit.resumed": "on_site",
         "visit.failed": "failed"}  # fmt: skip
ENDED = {"done", "incomplete", "failed"}
UNDER_WAY = {"on_site", "paused", *ENDED}
SILENT = {"consent.given", "consent.refused", "note.added", "photo.taken", "loaner.handed_over",
          "loaner.taken_back"}  # fmt: skip
VISIT_KINDS = {*ANNOUNCED, *BEGUN, *SILENT, "visit.left", "record.sealed"}
PLACE_KINDS = {"stock.received"}


@dataclass(frozen=True)
class Word:
    """A fact, as whoever reads its text understands it."""

    device: str
    user: str
    id: str
    seq: int
    kind: str
    about: Subject
    at: datetime
    data: dict[str, Any]
    parts: dict[str, str]
    received: datetime
    revoked: bool

    @property
    def key(self) -> Key:
        return (self.device, self.id)


@dataclass(frozen=True)
class Decided:
    """A decision, as its row tells it."""

    id: str
    kind: str
    user: str
    at: datetime
    data: dict[str, Any]


def when(text: dict[str, Any]) -> datetime:
    """The corrected time of a fact, as the protocol defines it."""
    at, clock = _instant(text["at"]), text["clock"]
    anchor = clock.get("anchor")
    if anchor is None:
        return max(at, EPOCH)
    now = _instant(anchor["now"])
    if clock.get("boot") is not None and clock["boot"] == anchor.get("boot"):
        return _within(now, timedelta(milliseconds=clock["mono"] - anchor["mono"]))
    return _within(now, at - _instant(anchor["at"]))


def _instant(text: str) -> datetime:
    there = datetime.fromisoformat(text)
    return _within(there.replace(tzinfo=UTC), -(there.utcoffset() or timedelta(0)))


def _within(instant: datetime, more: timedelta) -> datetime:
    try:
        return min(max(instant + more, EPOCH), END)
    except OverflowError:
        return END if more > timedelta(0) else EPOCH


def places_in_line(words: Iterable[Word]) -> dict[Key, tuple[datetime, int, str, int, str]]:
    """Where each fact stands: by time, but no fact of a device before one with a lower number."""
    latest: dict[str, datetime] = {}
    places = {}
    for word in sorted(words, key=lambda word: (word.seq, word.id)):
        latest[word.device] = max(word.at, latest.get(word.device, word.at))
        places[word.key] = (latest[word.device], 1, word.device, word.seq, word.id)
    return places


# Visits


@dataclass
class Visit:
    """What is foretold of a visit."""

    plan: dict[str, Any] | None = None
    status: str = "planned"
    result: str | None = None
    cancelled: bool = False
    crew: dict[str, str] = field(default_factory=dict)
    former: set[str] = field(default_factory=set)
    records: dict[str, datetime] = field(default_factory=dict)  # and when they were sealed
    codes: set[str] = field(default_factory=set)
    held: dict[Key, str | None] = field(default_factory=dict)
    told: bool = True  # whether everything stated of it is known here

    def decide(self, decision: Decided) -> None:
        """What a decision does at its place in the timeline."""
        data = decision.data
        if decision.kind == "visit.planned":
            self.plan = data
        elif decision.kind == "visit.assigned":
            self.former |= set(self.crew)
            self.crew = {one["user"]: one["role"] for one in data["crew"]}
            self._fall_back("assigned")
        elif decision.kind == "visit.unassigned" and data["user"] in self.crew:
            self.former.add(data["user"])
            self.crew.pop(data["user"])
            if not self.crew:
                self._fall_back("planned")
        elif decision.kind == "visit.cancelled":
            self.cancelled = True
            if self.status not in ENDED:
                self.status = "cancelled"

    def _fall_back(self, status: str) -> None:
        if self.status not in UNDER_WAY and not self.cancelled:
            self.status = status

    def state(self, word: Word, present: set[str]) -> None:
        """What a fact does that is not held."""
        self.held[word.key] = None
        if word.user not in self.crew and word.user in self.former:
            self.codes.add("visit.late_work")
        if self.cancelled:
            self.codes.add("visit.work_after_cancellation")
        if word.kind in ANNOUNCED:
            if word.user in self.crew and self.status not in UNDER_WAY:
                self.status = ANNOUNCED[word.kind]
        elif word.kind in BEGUN:
            self.status = BEGUN[word.kind]
        elif word.kind == "visit.left" and self.status not in ENDED:
            self.status = self.result or "incomplete"
        elif word.kind == "record.sealed":
            self._seal(word, present)

    def _seal(self, word: Word, present: set[str]) -> None:
        if self.records:
            self.codes.add("record.two_records")
        self.records[word.data["record"]] = word.at
        self.status = self.result = word.data["result"]
        if set(word.data["cites"]) - present:
            self.codes.add("record.cites_missing")


def foretell_visit(decisions: Sequence[Decided], words: Sequence[Word]) -> Visit:
    """The visit, from all that was decided and stated of it."""
    visit = Visit(
        told=all(word.kind in VISIT_KINDS or word.kind == "drone.landed" for word in words)
    )
    known = any(one.kind == "visit.planned" for one in decisions)
    ever = {m["user"] for one in decisions for m in one.data.get("crew", ())}
    adopted = {
        one.data["evidence"]["fact"]
        for one in decisions
        if one.kind == "finding.settled" and one.data["resolution"] == "adopt"
    }
    places = places_in_line(words)
    present = {word.id for word in words}
    line: list[tuple[Any, Decided | Word]] = [
        *(((one.at, 0, "", 0, one.id), one) for one in decisions),
        *((places[word.key], word) for word in words),
    ]
    for _, one in sorted(line, key=lambda pair: pair[0]):
        if isinstance(one, Decided):
            visit.decide(one)
            continue
        reason = _reason(one, known, one.user in ever or one.id in adopted, VISIT_KINDS)
        if reason is None:
            visit.state(one, present)
            continue
        visit.held[one.key] = reason
        if reason == "not_assigned":
            visit.codes.add("visit.unassigned_work")
    return visit


def _reason(word: Word, known: bool, may: bool, kinds: set[str]) -> str | None:
    if not known:
        return "unknown_subject"
    if not may:
        return "not_assigned"
    if word.revoked:
        return "revoked"
    return None if word.kind in kinds else "newer"


def foretell_place(words: Sequence[Word], keepers: set[str]) -> dict[Key, str | None]:
    """Which of the facts about a place are held, and why."""
    return {
        word.key: _reason(word, bool(keepers), word.user in keepers, PLACE_KINDS) for word in words
    }


# Stock


class Line(NamedTuple):
    """So much of something went to a place, or from it."""

    place: str
    item: tuple[str, str | None, str | None]
    quantity: Decimal
    rank: tuple[datetime, int, str, int, str]
    leaves: bool
    to: str | None  # of our places


def balances(
    lines: Iterable[Line], physical: set[str], parts: set[str]
) -> dict[tuple[str, tuple[str, str | None, str | None]], Decimal]:
    """What lies where: never below nothing, whatever is taken. A piece lies where it came last."""
    books: dict[Any, list[Line]] = defaultdict(list)
    for line in lines:
        if line.item[0] in parts and line.place in physical:
            books[line.item if line.item[2] else (line.place, line.item)].append(line)
    held: dict[Any, Decimal] = {}
    for book in books.values():
        if book[0].item[2] is not None:
            last = max(book, key=lambda line: line.rank)
            if last.to is not None:
                held[last.to, last.item] = Decimal(1)
            continue
        amount = Decimal(0)
        for line in sorted(book, key=_by_day):
            amount = (
                max(amount - line.quantity, Decimal(0)) if line.leaves else amount + line.quantity
            )
        if amount:
            held[book[0].place, book[0].item] = amount
    return held


def _by_day(line: Line) -> Any:
    """In by day of the place, what comes before what goes."""
    return ((line.rank[0] + SHANGHAI).date(), line.leaves, line.rank)


def lines_of(word: Word) -> list[tuple[str, dict[str, Any], bool]]:
    """By place what the fact says of stock, and whether it leaves."""
    if word.kind == "stock.received":
        return [(word.about[1], line, False) for line in word.data["lines"]]
    if word.kind == "record.sealed":
        used = json.loads(word.parts["parts_used"])["lines"]
        return [(line["place"], line, True) for line in used]
    return []

"""What must follow from what was stated and decided, told once more by somebody else.

The auditor's own model of the protocol's promises. It shares no code with what it judges, so that
a mistake made there is not made here too. It knows what is common: a kind of fact that it does not
know makes it silent about the subject.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
END = datetime(2200, 1, 1, tzinfo=UTC)

Key = tuple[str, str]  # device and id of a fact
Subject = tuple[str, str]

ANNOUNCED = {"visit.accepted": "accepted", "visit.declined": "declined",
             "visit.travelling": "travelling"}  # fmt: skip
BEGUN = {"visit.arrived": "on_site", "visit.paused": "paused", "visit.resumed": "on_site",
         "visit.failed": "failed"}  # fmt: skip
ENDED = {"done", "incomplete", "failed"}
FIRST, LAST = "first_counts", "last_counts"
# Which decisions are about one and the same thing, so that one follows the other.
SAME = {"visit.planned": "plan", "visit.cancelled": "cancelling", "visit.assigned": "crew",
        "visit.unassigned": "crew"}  # fmt: skip
UNDER_WAY = {"on_site", "paused", *ENDED}
SILENT = {"consent.given", "consent.refused", "note.added", "photo.taken", "loaner.handed_over",
          "loaner.taken_back", "help.requested", "expense.incurred", "payment.received",
          "asset.found", "asset.corrected", "contact.corrected", "unit.taken", "unit.brought_back",
          "visit.proposed"}  # fmt: skip
OPENED, SEALED, FAILED = "visit.opened", "record.sealed", "visit.failed"
VISIT_KINDS = {*ANNOUNCED, *BEGUN, *SILENT, OPENED, "visit.left", SEALED}
# Of the others none moves a thing.
PLACE_KINDS = {"stock.received", "stock.counted", "stock.transferred"}
OTHER_KINDS = {"device.lost_facts", "notice.answered", "drone.landed", "parts.requested"}


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


class Before(NamedTuple):
    """How a visit stood before a decision."""

    plan: dict[str, Any] | None
    status: str
    cancelled: bool


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
    epoch: int = 0
    records: dict[str, datetime] = field(default_factory=dict)  # and when they were sealed
    seals: list[Word] = field(default_factory=list)
    ends: dict[int, dict[str, str]] = field(default_factory=dict)  # by crew and user
    before: dict[str, Before] = field(default_factory=dict)
    latest: dict[str, str] = field(default_factory=dict)  # the last decision about each thing
    settled: list[dict[str, Any]] = field(default_factory=list)
    unheard: list[str] = field(default_factory=list)  # what was said of it, as long as it is none
    codes: set[str] = field(default_factory=set)
    held: dict[Key, str | None] = field(default_factory=dict)
    told: bool = True  # whether everything stated of it is known here

    def open(self, word: Word) -> None:
        """A technician was asked for it on the spot, and is its lead."""
        window = {"starts": word.at, "ends": word.at + timedelta(hours=1)}
        items = [{"work_order": word.about[1]}]
        times = {name: at.isoformat() for name, at in window.items()}
        self.plan = {"site": word.data["site"], "items": items, **times}
        self.crew, self.epoch, self.status = {word.user: "lead"}, 1, "accepted"

    def decide(self, decision: Decided) -> None:
        """What a decision does at its place in the timeline."""
        data = decision.data
        self.before[decision.id] = Before(self.plan, self.status, self.cancelled)
        if decision.kind in SAME:
            self.latest[SAME[decision.kind]] = decision.id
        if decision.kind == "visit.planned":
            self.plan = data
        elif decision.kind == "visit.assigned":
            self._appoint(data["crew"])
        elif decision.kind == "visit.unassigned":
            self._take_off(data["user"])
        elif decision.kind == "visit.cancelled":
            self._cancel()
        elif decision.kind == "finding.settled":
            self._settle(data)

    def _appoint(self, crew: list[dict[str, str]]) -> None:
        self.epoch += 1
        self.former |= set(self.crew)
        self.crew = {one["user"]: one["role"] for one in crew}
        self._fall_back("assigned")

    def _take_off(self, user: str) -> None:
        self.epoch += 1
        if user in self.crew:
            self.former.add(user)
            self.crew.pop(user)
        if not self.crew:
            self._fall_back("planned")

    def _cancel(self) -> None:
        self.cancelled = True
        if self.status not in ENDED:
            self.status = "cancelled"

    def _fall_back(self, status: str) -> None:
        if self.status not in UNDER_WAY and not self.cancelled:
            self.status = status

    def _settle(self, data: dict[str, Any]) -> None:
        """What a person says to a finding, as far as it moves the visit."""
        self.settled.append(data)
        evidence = data["evidence"]
        how = (data["code"], data["resolution"])
        if how == ("visit.opened_on_site", "decline"):
            self.latest["cancelling"] = ""
            self._cancel()
        elif how == ("visit.plan_proposed", "accept") and self.plan is not None:
            self.latest["plan"] = ""
            self.plan = {**self.plan, "starts": evidence["starts"], "ends": evidence["ends"]}
        elif how == ("visit.decision_overtaken", "reverse"):
            self._reverse(evidence)
        elif data["code"] == "visit.crew_differs":
            self._agree(evidence["epoch"])
        elif data["code"] == "record.two_records":
            self._choose()

    def _reverse(self, evidence: dict[str, Any]) -> None:
        """What was overtaken is followed by its opposite, and never what somebody decided since."""
        before = self.before[evidence["decision"]]
        if self.latest[SAME[evidence["kind"]]] != evidence["decision"]:
            return
        self.latest[SAME[evidence["kind"]]] = ""
        if evidence["kind"] == "visit.planned":
            self.plan = before.plan
        elif evidence["kind"] == "visit.cancelled":
            self.cancelled = before.cancelled
            self.status = before.status if self.status == "cancelled" else self.status
        else:
            self._appoint(evidence["crew"])

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
        elif word.kind == SEALED:
            self._seal(word, present)
        if word.kind in (FAILED, SEALED) and word.user in self.crew:
            said = word.data["result"] if word.kind == SEALED else "failed"
            self.ends.setdefault(self.epoch, {})[word.user] = said
            self._agree(self.epoch)
        if word.kind == SEALED:
            self._choose()

    def _seal(self, word: Word, present: set[str]) -> None:
        if self.records:
            self.codes.add("record.two_records")
        self.records[word.data["record"]] = word.at
        self.seals.append(word)
        self.status = self.result = word.data["result"]
        if set(word.data["cites"]) - present:
            self.codes.add("record.cites_missing")

    def _agree(self, epoch: int) -> None:
        """Somebody said how it ended, knowing just these words of the last crew that ended it."""
        ends = self.ends.get(epoch, {})
        said = self._settlement("visit.crew_differs", {"epoch": epoch, "outcomes": ends})
        differ = len(set(ends.values())) > 1 and epoch == max(self.ends)
        if said is not None and differ and self.status in ENDED:
            self.status = {"was_done": "done", "was_incomplete": "incomplete"}.get(said, "failed")

    def _choose(self) -> None:
        """Somebody said which record counts, knowing just these."""
        one = self.only()
        if one is not None:
            self.result = one.data["result"]
            if self.status in ENDED:
                self.status = one.data["result"]

    def only(self) -> Word | None:
        """The one seal that counts, where a person said that of several only one does."""
        ids = sorted(one.id for one in self.seals)
        said = self._settlement("record.two_records", {"facts": ids})
        if len(ids) < 2 or said not in (FIRST, LAST):
            return None
        return self.seals[0 if said == FIRST else -1]

    @property
    def aside(self) -> set[Key]:
        """The seals that do not count."""
        one = self.only()
        return set() if one is None else {seal.key for seal in self.seals if seal is not one}

    @property
    def set_aside(self) -> bool:
        """Whether somebody who knew of everything that was said of no visit set it aside."""
        said = [one["evidence"] for one in self.settled if one["code"] == "visit.unknown"]
        known = (len(self.unheard), self.unheard[-1]) if self.unheard else None
        return bool(said) and (said[-1]["facts"], said[-1]["last_fact"]) == known

    def _settlement(self, code: str, evidence: dict[str, Any]) -> str | None:
        """What somebody said last of such a thing, if they knew what there is to know by now."""
        same = [one for one in self.settled if one["code"] == code
                and one["evidence"].get("epoch") == evidence.get("epoch")]  # fmt: skip
        knew = same and same[-1]["evidence"] == evidence
        return str(same[-1]["resolution"]) if knew else None


def foretell_visit(
    decisions: Sequence[Decided], words: Sequence[Word], claimed: bool = False
) -> Visit:
    """The visit, from all that was decided and stated of it. It is claimed where a work order of
    the desk has its id: then nobody opens it."""
    visit = Visit(
        told=all(word.kind in VISIT_KINDS or word.kind == "drone.landed" for word in words)
    )
    places = places_in_line(words)
    openings = [word for word in words if word.kind == OPENED and not word.revoked]
    ever = {m["user"] for one in decisions for m in one.data.get("crew", ())}
    known = any(one.kind == "visit.planned" for one in decisions)
    if openings and not known and not claimed:
        visit.open(min(openings, key=lambda word: places[word.key]))
        known, ever = True, ever | set(visit.crew)
    adopted = {
        one.data["evidence"]["fact"]
        for one in decisions
        if one.kind == "finding.settled" and one.data["resolution"] == "adopt"
    }
    present = {word.id for word in words}
    line: list[tuple[Any, Decided | Word]] = [
        *(((one.at, 0, "", 0, one.id), one) for one in decisions),
        *((places[word.key], word) for word in words),
    ]
    for _, one in sorted(line, key=lambda pair: pair[0]):
        if isinstance(one, Decided):
            visit.decide(one)
            continue
        reason = _reason_at_visit(one, known, ever, adopted)
        if reason is None:
            visit.state(one, present)
            continue
        visit.held[one.key] = reason
        if reason == "not_assigned":
            visit.codes.add("visit.unassigned_work")
        if reason == "unknown_subject":
            visit.codes.add("visit.unknown")
            visit.unheard.append(one.id)
    return visit


def _reason_at_visit(word: Word, known: bool, ever: set[str], adopted: set[str]) -> str | None:
    """Why the fact is held. What was adopted counts from a revoked phone too, but for a seal."""
    doubt = _doubt(word, VISIT_KINDS)
    if not known:
        return doubt or "unknown_subject"
    if word.user not in ever and word.id not in adopted:
        return "not_assigned"
    if doubt == "revoked" and word.id in adopted and word.kind != SEALED:
        return None
    return doubt


def _doubt(word: Word, kinds: set[str]) -> str | None:
    """Why the fact does not count, whoever stated it."""
    if word.kind not in kinds:
        return "newer"
    return "revoked" if word.revoked else None


def foretell_place(
    words: Sequence[Word], keepers: set[str], adopted: set[Key]
) -> dict[Key, str | None]:
    """Which of the facts about a place are held, and why. What was adopted counts though its phone
    was revoked."""
    return {word.key: _reason_at_place(word, keepers, adopted) for word in words}


def _reason_at_place(word: Word, keepers: set[str], adopted: set[Key]) -> str | None:
    if not keepers:
        return "unknown_subject"
    if word.user not in keepers:
        return "not_assigned"
    doubt = _doubt(word, PLACE_KINDS)
    return None if doubt == "revoked" and word.key in adopted else doubt


def is_told_to(word: Word, decisions: Sequence[Decided]) -> bool:
    """Whether whoever answers the notice got it, or nobody knows of such a notice."""
    sent = [one for one in decisions if one.kind == "notice.sent"]
    return not sent or word.user in sent[0].data["recipients"]

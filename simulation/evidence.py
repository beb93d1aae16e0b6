"""What is in the database at the end, and what it ought to come to by what the auditor knows."""

import json
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.customers import Contact
from models.decisions import Decision, DecisionSubject
from models.facts import Fact
from models.stock.rows import Part, Place, PlaceKeeper, StockStatement
from simulation import foretelling, foretelling_stock
from simulation.auditor import Auditor
from simulation.foretelling import Decided, Key, Subject, Word
from simulation.foretelling_stock import Item, Line, Whole
from simulation.phone import Phone

Told = dict[str, Any]
# Decisions that move stock, and whether it leaves the place.
MOVES = {"stock.opened": False, "return.received": False, "stock.shipped": True,
         "stock.removed": True}  # fmt: skip
Taken = tuple[UUID, str, Item]  # by which fact or decision, from where, and what


@dataclass
class Evidence:
    """Everything that is asked about at the end, read once."""

    session: Session
    audit: Auditor
    phones: list[Phone]
    facts: dict[tuple[str, str], Fact] = field(default_factory=dict)
    rows: dict[tuple[Any, UUID], Told] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for fact in self.session.scalars(select(Fact)):
            self.facts[str(fact.origin_id), str(fact.id)] = fact

    # What was said

    @cached_property
    def words(self) -> list[Word]:
        """What the devices stated and the server has, by the auditor's own notes."""
        found = []
        for phone in self.phones:
            device, user = str(phone.device.id), self.audit.users[phone.user]
            for id_, sent in sorted(self.audit.facts[device].items()):
                fact = self.facts.get((device, id_))
                if fact is not None:
                    found.append(_word(device, user, sent, fact.received, phone.revoked))
        return found

    @cached_property
    def decided(self) -> dict[Subject, list[Decided]]:
        """The decisions about each subject."""
        found: dict[Subject, list[Decided]] = defaultdict(list)
        query = select(DecisionSubject.subject_type, DecisionSubject.subject_id, Decision)
        query = query.join(Decision, Decision.id == DecisionSubject.decision_id)
        for type_, id_, row in self.session.execute(query.order_by(Decision.at, Decision.id)):
            one = Decided(str(row.id), row.kind, str(row.user_id), row.at, row.data)
            found[type_, str(id_)].append(one)
        return found

    @cached_property
    def openings(self) -> list[Word]:
        """What was asked for on the spot."""
        return [word for word in self.words if word.kind == foretelling.OPENED]

    def about(self, type_: str) -> dict[str, list[Word]]:
        """The facts about subjects of a type, by id."""
        found: dict[str, list[Word]] = defaultdict(list)
        for word in self.words:
            if word.about[0] == type_:
                found[word.about[1]].append(word)
        return found

    # What the desk keeps, by what it was told at the end of each edit

    def kept(self, row: Any, id_: str | UUID) -> Told:
        """A row, with what the auditor knows of its edits."""
        id_ = UUID(str(id_))
        if (row, id_) not in self.rows:
            self.rows[row, id_] = self.session.get_one(row, id_).values()
        return {**self.rows[row, id_], **self.audit.edits.get((row, id_), {})}

    def contacts(self, site: str) -> list[str]:
        """The names of those whom one may call at the site."""
        query = select(Contact.id).where(Contact.site_id == UUID(site))
        return [self.kept(Contact, id_)["name"] for id_ in self.session.scalars(query)]

    def request(self, order: str) -> str:
        """What the customer asked for, as the desk has put it last."""
        told = next(
            (word.parts["request"] for word in self.openings if word.about[1] == order),
            "",
        )
        for one in self.decided["work_order", order]:
            told = {**one.data, **one.data.get("changed", {})}.get("request", told)
        return told

    # What must follow

    @cached_property
    def visits(self) -> dict[str, foretelling.Visit]:
        """Each visit as it is foretold."""
        words = self.about("visit")
        known = {id_ for type_, id_ in self.decided if type_ == "visit"} | words.keys()
        return {
            id_: foretelling.foretell_visit(
                self.decided["visit", id_], words[id_], claimed=id_ in self.audit.agreed
            )
            for id_ in sorted(known)
        }

    @cached_property
    def standings(self) -> dict[tuple[str, str], str | None]:
        """Why each fact about a visit or a place is held; None where it is not."""
        found: dict[tuple[str, str], str | None] = {}
        for visit in self.visits.values():
            if visit.told:
                found |= visit.held
        keepers = self.keepers(ever=True)
        for place, words in self.about("place").items():
            found |= foretelling.foretell_place(words, keepers.get(place, set()), self.adopted)
        return found

    @cached_property
    def adopted(self) -> set[Key]:
        """What revoked phones stated of anything but visits, and somebody adopted."""
        keys = {
            UUID(one.data["evidence"]["key"])
            for some in self.decided.values()
            for one in some
            if one.kind == "finding.settled"
            and (one.data["code"], one.data["resolution"]) == ("fact.revoked", "adopt")
        }
        return {key for key, fact in self.facts.items() if fact.key in keys}

    @property
    def waiting_for_adoption(self) -> set[str]:
        """What revoked phones stated of anything but visits, and nobody adopted."""
        return {str(self.facts[word.key].key) for word in self.words if self._waits(word)}

    def _waits(self, word: Word) -> bool:
        if not word.revoked or word.key in self.adopted:
            return False
        if word.kind == "notice.answered":
            return foretelling.is_told_to(word, self.decided[word.about])
        if word.about[0] == "place":
            return self.standings[word.key] == "revoked"
        return word.kind in ("parts.requested", "device.lost_facts")

    @property
    def waiting_for_keepers(self) -> dict[tuple[str, str], set[str]]:
        """By subject and author what does not count, as they never kept the place."""
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        keepers = self.keepers(ever=True)
        for word in self.words:
            type_, id_ = word.about
            if word.kind == "parts.requested":
                heard = not word.revoked or word.key in self.adopted
                waits = heard and word.user not in keepers[word.data["place"]]
            else:
                waits = type_ == "place" and word.user not in keepers[id_]
            if waits:
                found[f"{type_} {id_}", word.user].add(str(self.facts[word.key].key))
        return found

    @property
    def effective(self) -> list[Word]:
        """The facts that count."""
        return [word for word in self.words if self.standings.get(word.key, "") is None]

    def keepers(self, ever: bool = False) -> dict[str, set[str]]:
        """Who keeps each place, or ever did."""
        found: dict[str, set[str]] = defaultdict(set)
        for row in self.session.scalars(select(PlaceKeeper)):
            if ever or row.until is None:
                found[str(row.place_id)].add(str(row.user_id))
        return found

    @property
    def all_told(self) -> bool:
        """Whether nothing was stated that is not known here."""
        known = foretelling.VISIT_KINDS | foretelling.PLACE_KINDS | foretelling.OTHER_KINDS
        return all(word.kind in known for word in self.words)

    @cached_property
    def ours(self) -> set[str]:
        """The places where something can lie."""
        query = select(Place.id).where(Place.kind.in_(("warehouse", "van", "defective")))
        return set(map(str, self.session.scalars(query)))

    @cached_property
    def stock(self) -> dict[Any, Any]:
        """What lies where."""
        parts = {str(id_) for id_ in self.session.scalars(select(Part.id))}
        wholes = [
            Whole(word.about[1], part, (word.at, 1, word.device, word.seq, word.id), word.key)
            for word in self.effective
            if word.kind == "stock.counted"
            for part in word.data["complete"]
        ]
        return foretelling_stock.balances(
            [*self._lines(), *self._counts()], wholes, self._aside(), self.ours, parts
        )

    def _counts(self) -> Iterator[Line]:
        for word in self.effective:
            for line in word.data["lines"] if word.kind == "stock.counted" else ():
                at = max(word.at - timedelta(seconds=line["ago"]), foretelling.EPOCH)
                rank = (at, 1, word.device, word.seq, word.id)
                yield _line(word.about[1], line, rank, False)._replace(counted=word.key)

    def _aside(self) -> set[tuple[Key, Item]]:
        """What persons said of a count and an item: that it goes for nothing."""
        told = [
            one.data["evidence"]
            for some in self.decided.values()
            for one in some
            if one.kind == "finding.settled" and one.data["resolution"] == "count_set_aside"
        ]
        origins = {fact.key: key for key, fact in self.facts.items()}
        return {
            (origins[UUID(one["fact"])], (one["part"], one["lot"], one["serial"])) for one in told
        }

    @cached_property
    def meant_another(self) -> Counter[tuple[UUID, str | None]]:
        """How often what was said of a serial number meant another piece, by the fact or decision
        and the number: a person found that the first use of it holds, and not what was said later.
        One fact may say it twice."""
        later = {
            UUID(one.data["evidence"]["later"])
            for some in self.decided.values()
            for one in some
            if one.kind == "finding.settled" and one.data["resolution"] == "first_use_holds"
        }
        rows = self.session.scalars(select(StockStatement).where(StockStatement.id.in_(later)))
        return Counter((row.cause_id, row.serial) for row in rows)

    @cached_property
    def explained(self) -> dict[Taken, Decimal]:
        """What persons found a shortage to have come from: so much was there before it was taken,
        whatever turns out later."""
        told = {
            one.id: one.data["evidence"]
            for some in self.decided.values()
            for one in some
            if one.kind == "finding.settled" and one.data["code"] == "stock.short"
        }
        lines: dict[UUID, Decimal] = defaultdict(Decimal)
        for one in told.values():
            lines[UUID(one["line"])] += Decimal(one["quantity"])
        found: dict[Taken, Decimal] = defaultdict(Decimal)
        for row in self.session.scalars(select(StockStatement).where(StockStatement.id.in_(lines))):
            item = (str(row.part_id), row.lot, row.serial)
            found[row.cause_id, str(row.from_place), item] += lines[row.id]
        return found

    def _lines(self) -> Iterator[Line]:
        """What was said, and before what was taken too much what explains that."""
        explained = dict(self.explained)
        for cause, line in self._said():
            yield line
            known = explained.pop((cause, line.place, line.item), None) if line.leaves else None
            if known is not None:
                yield line._replace(quantity=known, leaves=False, to=line.place, explains=True)

    def _said(self) -> Iterator[tuple[UUID, Line]]:
        seen, another = set(), self.meant_another.copy()
        for one in (one for some in self.decided.values() for one in some):
            if one.kind in MOVES and one.id not in seen:
                seen.add(one.id)
                leaves, rank = MOVES[one.kind], (one.at, 0, "", 0, one.id)
                for line in one.data["lines"]:
                    if line.get("refused"):
                        continue
                    if not _take(another, (UUID(one.id), line.get("serial"))):
                        yield UUID(one.id), _line(one.data["place"], line, rank, leaves)
        by_book: dict[Any, list[tuple[Word, str, Told, bool]]] = defaultdict(list)
        aside = {key for visit in self.visits.values() for key in visit.aside}
        for word in (one for one in self.effective if one.key not in aside):
            for place, line, leaves in foretelling_stock.lines_of(word):
                item = _item(line)
                if _take(another, (self.facts[word.key].key, item[2])):
                    continue
                by_book[item if item[2] else (place, item)].append((word, place, line, leaves))
        for some in by_book.values():
            ranks = foretelling.places_in_line(word for word, *_ in some)
            yield from (
                (self.facts[word.key].key, _line(place, line, ranks[word.key], leaves))
                for word, place, line, leaves in some
            )


def _take(counted: Counter[tuple[UUID, str | None]], one: tuple[UUID, str | None]) -> bool:
    """Whether there is one left of it, which is taken."""
    left = counted[one] > 0
    counted[one] -= left
    return left


def _word(device: str, user: str, sent: Told, received: datetime, revoked: datetime | None) -> Word:
    text = json.loads(sent["fact"])
    return Word(
        device=device,
        user=user,
        id=text["id"],
        seq=text["seq"],
        kind=text["kind"],
        about=(text["subject"]["type"], text["subject"]["id"]),
        at=foretelling.when(text),
        data=text["data"],
        parts={name: part["text"] for name, part in sent["parts"].items()},
        received=received,
        revoked=revoked is not None and received >= revoked,
    )


def _item(line: Told) -> Item:
    serial = line.get("serial")
    if serial is not None:  # however it was typed, it is the same piece
        serial = unicodedata.normalize("NFKC", serial).replace("\u200b", "").strip().upper()
    return (line["part"], None if serial else line.get("lot"), serial)


def _line(place: str, line: Told, rank: Any, leaves: bool) -> Line:
    quantity = Decimal(line["quantity"])
    return Line(place, _item(line), quantity, rank, leaves, None if leaves else place)

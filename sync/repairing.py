"""Deriving again what is derived: rows of subjects, books, documents, heads. Facts and decisions,
and the journal of moves, are never touched; what differs there is for a person."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from marshmallow import ValidationError
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from models.decisions import DecisionSubject
from models.derived import Subject
from models.dialect import insert_missing
from models.facts import Fact, FactSubject
from models.feed import SUM_MODULUS, DocumentMark, Published
from models.house import House
from models.loaners.rows import CustodyStatement
from models.people import Device
from models.photos import PhotoPromise
from models.queries import locked_one, rows_in
from models.refusals import Refused
from models.stock.rows import Balance, CountLine, Move, StockStatement
from sync import feed, folds, judge
from sync.decide import REPLAYS, refold
from sync.facts import registry
from sync.facts.kind import Kind
from sync.facts.text import read_text
from sync.invariants import documents_that_differ
from sync.numbering import received
from sync.publishing import publish_all

T = TypeVar("T")
Watch = Callable[[str, Sequence[T]], Iterable[T]]
AT_ONCE = 500  # facts or documents of a transaction
NO_REVISION = 0  # which no document has: what bears it is published anew


def repair(house: House, watch: Watch[Any] = lambda what, items: items) -> None:
    """Derive everything again and publish what differs. `watch` gives out the items that it is
    told of, and sees how far the work has come. Each is a transaction of its own, so that other
    work goes on meanwhile."""
    for subject in watch("subjects", house.database.read(_subjects)):
        _again(house, subject)
    for device_id in watch("devices", _all(house, select(Device.id))):
        _count(house, device_id)
    for facts in watch("photos", _parts(_all(house, PROMISING))):
        _promise(house, facts)
    for channel in watch("channels", _all(house, select(Published.channel).distinct())):
        _recount(house, channel)
    publish_all(house)  # what waited, so that only what differs for no reason is left
    for targets in watch("documents", _parts(house.database.read(documents_that_differ))):
        _mark(house, targets)
    publish_all(house)


def _all(house: House, query: Select[T]) -> Sequence[T]:
    return house.database.read(lambda session: session.scalars(query).all())


def _parts(items: Sequence[T]) -> list[Sequence[T]]:
    return [items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE)]


def _subjects(session: Session) -> list[Subject]:
    """All that has a timeline or a book, in an order in which what follows comes later."""
    found: set[Subject] = set()
    for row in (FactSubject, DecisionSubject):
        query = select(row.subject_type, row.subject_id).distinct()
        found |= {Subject(type_, id_) for type_, id_ in session.execute(query)}
    for column in (StockStatement.book_id, CountLine.book_id, Balance.book_id, Move.book_id):
        found |= {Subject("book", id_) for id_ in session.scalars(select(column).distinct())}
    transfers = select(StockStatement.transfer_id).where(StockStatement.transfer_id.is_not(None))
    found |= {Subject("transfer", id_) for id_ in session.scalars(transfers) if id_ is not None}
    loaners = select(CustodyStatement.loaner_id).distinct()
    found |= {Subject("unit", id_) for id_ in session.scalars(loaners)}
    return sorted(found, key=lambda subject: (subject.type in REPLAYS, subject))


def _again(house: House, subject: Subject) -> None:
    def body(session: Session, now: datetime) -> None:
        judge.lock(session, [subject])
        if subject.type in REPLAYS:
            refold(session, now, subject)
            return
        if subject.type in folds.OWNERS:
            judge.forget_standings(session, subject)
        judge.fold_and_write(session, now, subject, careful=True)

    house.database.transact(body)


def _count(house: House, device_id: UUID) -> None:
    """Say again below which number nothing of the device's is missing."""

    def body(session: Session, now: datetime) -> None:
        device = locked_one(session, Device, device_id)
        device.through = 0
        device.through, _ = received(session, device)

    house.database.transact(body)


KINDS_PROMISING = [
    kind.name for kind in registry.KINDS.values() if type(kind).promises is not Kind.promises
]
PROMISING = select(Fact.key).where(Fact.kind.in_(KINDS_PROMISING)).order_by(Fact.key)


def _promise(house: House, facts: Sequence[UUID]) -> None:
    """Say again which bytes the facts promise."""

    def body(session: Session, now: datetime) -> None:
        rows = []
        for fact in rows_in(session, Fact, Fact.key, facts):
            text = read_text(fact.text.decode())
            with suppress(ValidationError, Refused):  # what is not understood promises nothing
                kind = registry.KINDS[fact.kind]
                for sha256, size in kind.promises(kind.load(text.data)):
                    promised = {"sha256": sha256, "size": size, "subject_id": text.subject.id}
                    rows.append({"origin_id": fact.origin_id, **promised})
        insert_missing(session, PhotoPromise, rows)

    house.database.transact(body)


def _recount(house: House, channel: str) -> None:
    """Make the channel's head say what is published in it."""

    def body(session: Session, now: datetime) -> None:
        head = feed.lock_head(session, channel)
        here = Published.channel == channel
        last = session.scalar(select(func.max(Published.position)).where(here)) or 0
        shown = select(Published.revision).where(here, Published.body.is_not(None))
        revisions = list(session.scalars(shown))
        head.position = max(head.position, last)
        head.count, head.total = len(revisions), sum(revisions) % SUM_MODULUS

    house.database.transact(body)


def _mark(house: House, targets: Sequence[feed.Target]) -> None:
    """Have these documents published anew, whatever they are now."""

    def body(session: Session, now: datetime) -> None:
        for channel, type_, document in targets:
            _disown(session, channel, type_, document)
        rows = [
            {"channel": channel, "type": type_, "document": document, "made": now}
            for channel, type_, document in targets
        ]
        insert_missing(session, DocumentMark, rows)

    house.database.transact(body)


def _disown(session: Session, channel: str, type_: str, document: str) -> None:
    """Whatever revision the document has, it is published anew; the head no longer counts it."""
    key = {"channel": channel, "type": type_, "document": document}
    held = session.get(Published, key, with_for_update=True)
    if held is not None and held.body is not None:
        head = feed.lock_head(session, channel)
        head.total = (head.total - held.revision) % SUM_MODULUS
        held.revision = NO_REVISION

"""What must always be true of a database, each as a named function: session → violations.

A violation is one sentence. What waits (an outbox row, a mark) may differ until it is done, so it
is left out; everything else is proved from what it was derived from. Nothing is written.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import workshop
from models.decisions import DecisionSubject
from models.derived import Derived, Subject, rows_of
from models.dispatch.rows import Visit
from models.facts import Fact, FactSubject, LostSeq, Refusal, Standing
from models.feed import SUM_MODULUS, DocumentMark, Head, Published, SourceMark
from models.findings import Finding
from models.loaners import custody
from models.loaners.rows import Custody, CustodyStatement
from models.outbox import Outbox
from models.people import Device
from models.photos import Photo, PhotoPromise
from models.stock import books, ledger, reading
from models.stock.replay import IN_TRANSIT, Wanted
from models.stock.rows import PHYSICAL, Balance, CountLine, Place, StockStatement
from models.timeline import Folding
from models.units import UnitStatement
from sync import feed, judge, limits
from sync.documents.registry import DOCUMENTS

Invariant = Callable[[Session], list[str]]
INVARIANTS: dict[str, Invariant] = {}


def invariant(function: Invariant) -> Invariant:
    """Put the function under its name into INVARIANTS."""
    INVARIANTS[function.__name__] = function
    return function


def violations(session: Session) -> dict[str, list[str]]:
    """Every invariant that does not hold, with its violations."""
    found = {name: check(session) for name, check in INVARIANTS.items()}
    return {name: sentences for name, sentences in found.items() if sentences}


def _waiting(session: Session, kind: str) -> set[Subject]:
    query = select(Outbox.subject_type, Outbox.subject_id).where(Outbox.kind == kind)
    return {Subject(type_, id_) for type_, id_ in session.execute(query)}


# The feed


@invariant
def published_equals_derived(session: Session) -> list[str]:
    """Every document without a waiting mark is published as it would be derived now."""
    return [
        f"{channel} holds another {type_} {id_} than would be derived now"
        for channel, type_, id_ in documents_that_differ(session)
    ]


def documents_that_differ(session: Session) -> list[feed.Target]:
    """The documents without a waiting mark that are not published as they would be derived now."""
    held = {
        (channel, type_, document): (None if body is None else revision, body)
        for channel, type_, document, revision, body in session.execute(
            select(
                Published.channel,
                Published.type,
                Published.document,
                Published.revision,
                Published.body,
            )
        )
    }
    ought = {
        (channel, document.type, id_)
        for document in DOCUMENTS.values()
        for channel, id_ in document.everything(session)
    }
    by_channel: dict[str, list[feed.Key]] = defaultdict(list)
    for channel, type_, id_ in sorted((ought | held.keys()) - _marked(session)):
        by_channel[channel].append((type_, id_))
    return [
        (channel, *key)
        for channel, key, derived in _derived(session, by_channel)
        if held.get((channel, *key), (None, None)) != derived
    ]


def _derived(
    session: Session, by_channel: dict[str, list[feed.Key]]
) -> Iterator[tuple[str, feed.Key, tuple[int | None, bytes | None]]]:
    most = limits.marks_per_publish
    for channel, keys in by_channel.items():
        for start in range(0, len(keys), most):
            some = keys[start : start + most]
            fresh = feed.derive(session, channel, some)
            yield from ((channel, key, fresh.get(key, (None, None))) for key in some)


def _marked(session: Session) -> set[feed.Target]:
    marks = select(DocumentMark.channel, DocumentMark.type, DocumentMark.document)
    waiting = {(channel, type_, id_) for channel, type_, id_ in session.execute(marks)}
    return waiting | feed.targets(session, list(session.scalars(select(SourceMark))))


@invariant
def heads_equal_published(session: Session) -> list[str]:
    """Each head's count and sum are those of its channel, and no position lies beyond it."""
    count, total, last = (
        defaultdict[str, int](int),
        defaultdict[str, int](int),
        defaultdict[str, int](int),
    )
    query = select(
        Published.channel, Published.position, Published.revision, Published.body.is_(None)
    )
    for channel, position, revision, gone in session.execute(query):
        last[channel] = max(last[channel], position)
        if not gone:
            count[channel] += 1
            total[channel] = (total[channel] + revision) % SUM_MODULUS
    found = []
    heads = {head.channel: head for head in session.scalars(select(Head))}
    for channel in sorted({*last, *heads}):
        head = heads.get(channel, Head(channel=channel, position=0, count=0, total=0, purged=0))
        if (head.count, head.total) != (count[channel], total[channel]):
            found.append(
                f"the head of {channel} says {head.count} documents with sum {head.total}, "
                f"but there are {count[channel]} with sum {total[channel]}"
            )
        if last[channel] > head.position:
            found.append(f"{channel} has position {last[channel]} beyond its head {head.position}")
    return found


# Stock


@invariant
def balances_equal_moves(session: Session) -> list[str]:
    """At every physical place, and in transit, the balances are what the moves come to."""
    kept = set(session.scalars(select(Place.id).where(Place.kind.in_(PHYSICAL))))
    if not any(subject.type == "transfer" for subject in _waiting(session, "reconcile")):
        kept.add(IN_TRANSIT)
    moves, balances = ledger.net_of_moves(session), ledger.positive_balances(session)
    return [
        f"place {place} holds {balances.get((place, part), Decimal(0))} of part {part}, "
        f"but its moves come to {moves.get((place, part), Decimal(0))}"
        for place, part in sorted({*moves, *balances})
        if place in kept
        and moves.get((place, part), Decimal(0)) != balances.get((place, part), Decimal(0))
    ]


@invariant
def moves_equal_replay(session: Session) -> list[str]:
    """What the moves of each book come to is what its replay says, line by line."""
    waiting = _waiting(session, "reconcile")
    waiting |= {
        Subject("book", book)
        for place in waiting
        if place.type == "shelves"
        for book in reading.books_at(session, place.id)
    }
    found = []
    for subject in sorted(_replayed_subjects(session) - waiting):
        for book_id, wanted in books.as_replayed(session, subject).items():
            in_force = _in_force(session, book_id)
            if in_force != {(one.cause_id, one.role): one for one in wanted}:
                found.append(f"the moves of book {book_id} are not what {subject} replays to")
    return found


def _replayed_subjects(session: Session) -> set[Subject]:
    query = select(StockStatement.book_id, StockStatement.transfer_id, StockStatement.serial)
    counted = session.scalars(select(CountLine.book_id).distinct())
    subjects = {Subject("book", book_id) for book_id in counted}
    for book_id, transfer_id, serial in session.execute(query):
        subjects.add(Subject("book", book_id))
        if transfer_id is not None and serial is None:
            subjects.add(Subject("transfer", transfer_id))
    return subjects


def _in_force(session: Session, book_id: UUID) -> dict[tuple[UUID, str], Wanted]:
    journal = ledger.journal_of(session, book_id)
    forces = {key: ledger.in_force(moves) for key, moves in journal.items()}
    return {key: force for key, force in forces.items() if force is not None}


@invariant
def books_sum_to_zero(session: Session) -> list[str]:
    """Over all places together nothing of a part appears or is lost."""
    kept = set(session.scalars(select(Place.id).where(Place.kind.in_(PHYSICAL))))
    total: dict[UUID, Decimal] = defaultdict(Decimal)
    for (place, part), quantity in ledger.net_of_moves(session).items():
        if place not in kept:
            total[part] += quantity
    for (place, part), quantity in ledger.positive_balances(session).items():
        if place in kept:
            total[part] += quantity
    return [
        f"over all places part {part} comes to {quantity}, not to zero"
        for part, quantity in sorted(total.items())
        if quantity
    ]


@invariant
def nothing_below_zero(session: Session) -> list[str]:
    """No physical place shows less than nothing, neither by balance nor by moves."""
    kept = set(session.scalars(select(Place.id).where(Place.kind.in_(PHYSICAL))))
    both = [*ledger.net_of_moves(session).items(), *ledger.positive_balances(session).items()]
    return [
        f"place {place} holds {quantity} of part {part}"
        for (place, part), quantity in both
        if place in kept and quantity < 0
    ]


@invariant
def one_place_per_serial(session: Session) -> list[str]:
    """A serial number lies in one place at a time."""
    query = (
        select(Balance.part_id, Balance.serial, func.sum(Balance.quantity))
        .where(Balance.serial.is_not(None))
        .group_by(Balance.part_id, Balance.serial)
        .having(func.sum(Balance.quantity) > 1)
        .order_by(Balance.serial)
    )
    return [
        f"serial {serial} of part {part} lies in {quantity} places"
        for part, serial, quantity in session.execute(query)
    ]


# Loaners


@invariant
def custody_is_one_chain(session: Session) -> list[str]:
    """Each loaner is in one custody after another without a gap, and the last one is open."""
    chains: dict[UUID, list[Custody]] = defaultdict(list)
    for one in session.scalars(select(Custody)):
        chains[one.loaner_id].append(one)
    found = []
    for loaner, chain in sorted(chains.items()):
        open_ones = [one for one in chain if one.until is None]
        closed = sorted((one.since, one.until) for one in chain if one.until is not None)
        linked = [*closed, *((one.since, one.since) for one in open_ones)]
        if len(open_ones) != 1:
            found.append(f"loaner {loaner} has {len(open_ones)} open custodies")
        elif any(before[1] != after[0] for before, after in pairwise(linked)):
            found.append(f"the custodies of loaner {loaner} do not follow one another")
    return found


Fold = Callable[[Session, UUID], Folding]
FOLDED: dict[str, tuple[Fold, tuple[type[Derived], ...]]] = {
    "unit": (custody.folded, custody.TABLES),
    "asset": (workshop.folded, workshop.TABLES),
}


@invariant
def devices_equal_replay(session: Session) -> list[str]:
    """Who has each loaner, and how far each customer's unit has come, is what its timeline folds
    to."""
    waiting = _waiting(session, "reconcile") | _waiting(session, "judge")
    found = []
    for subject in sorted(_devices(session) - waiting):
        fold, tables = FOLDED[subject.type]
        stored = rows_of(session, subject, tables).values()
        held = [row for rows in stored for row in rows.values()]
        if _values(fold(session, subject.id).rows, subject) != _values(held, subject):
            found.append(f"the rows of {subject} are not what its timeline folds to")
    return found


def _devices(session: Session) -> set[Subject]:
    query = select(DecisionSubject.subject_type, DecisionSubject.subject_id)
    query = query.where(DecisionSubject.subject_type.in_(FOLDED)).distinct()
    found = {Subject(type_, id_) for type_, id_ in session.execute(query)}
    loaners, units = (CustodyStatement.loaner_id, Custody.loaner_id), (UnitStatement.asset_id,)
    for type_, columns in (("unit", loaners), ("asset", units)):
        for column in columns:
            found |= {Subject(type_, id_) for id_ in session.scalars(select(column).distinct())}
    return found


# Facts


@invariant
def every_fact_has_a_receipt(session: Session) -> list[str]:
    """Below a device's `through` no number is missing, and the number after it is."""
    found = []
    for device in session.scalars(select(Device).order_by(Device.id)):
        seqs = set(session.scalars(select(Fact.seq).where(Fact.origin_id == device.id)))
        refused = select(Refusal.seq).where(
            Refusal.origin_id == device.id, Refusal.seq.is_not(None)
        )
        lost = select(LostSeq.seq).where(LostSeq.origin_id == device.id)
        seqs |= {*session.scalars(refused), *session.scalars(lost)}
        through = next(number for number in range(len(seqs) + 1) if number + 1 not in seqs)
        if device.through != through:
            found.append(f"device {device.id} is told {device.through} instead of {through}")
    return found


@invariant
def every_fact_is_judged(session: Session) -> list[str]:
    """Each fact that no judgement waits for has its standing."""
    query = (
        select(FactSubject.subject_type, FactSubject.subject_id, FactSubject.fact_key)
        .outerjoin(Standing, Standing.id == FactSubject.fact_key)
        .where(FactSubject.own, Standing.id.is_(None))
    )
    waiting = _waiting(session, "judge")
    return [
        f"fact {key} about {type_} {id_} has no standing and nothing waits to judge it"
        for type_, id_, key in session.execute(query)
        if Subject(type_, id_) not in waiting
    ]


@invariant
def every_visit_equals_its_timeline(session: Session) -> list[str]:
    """The rows and findings of each visit are what its timeline folds to."""
    named = select(FactSubject.subject_id).where(FactSubject.subject_type == "visit")
    known = select(Visit.id)
    visits = {*session.scalars(named), *session.scalars(known)}
    waiting = _waiting(session, "judge")
    found = []
    for subject in sorted(Subject("visit", id_) for id_ in visits):
        if subject in waiting:
            continue
        state, wanted = judge.visit_as_folded(session, subject, careful=True)
        if _values(wanted, subject) != _values(_stored(session, subject), subject):
            found.append(f"the rows of {subject} are not what its timeline folds to")
        told = {(one.id_about(subject), one.digest) for one in state.found}
        kept = _findings(session, subject, "open", "settled")
        if not _findings(session, subject, "open") <= told <= kept:
            found.append(f"the findings about {subject} are not what its timeline folds to")
    return found


def _stored(session: Session, owner: Subject) -> Iterator[Derived]:
    for rows in rows_of(session, owner, judge.VISIT_TABLES).values():
        yield from rows.values()


def _values(rows: Iterable[Derived], owner: Subject) -> dict[tuple[str, UUID], dict[str, Any]]:
    own = {"owner_type": owner.type, "owner_id": owner.id}
    return {(type(row).__name__, row.id): {**row.values(), **own} for row in rows}


def _findings(session: Session, subject: Subject, *states: str) -> set[tuple[UUID, str]]:
    query = select(Finding.id, Finding.digest).where(
        Finding.subject_type == subject.type,
        Finding.subject_id == subject.id,
        Finding.state.in_(states),
    )
    return {(id_, digest) for id_, digest in session.execute(query)}


@invariant
def every_promise_is_known(session: Session) -> list[str]:
    """The photos are those that effective facts promise, and their bytes may be brought."""
    query = select(Fact.key).join(Standing, Standing.id == Fact.key)
    taken = query.where(Fact.kind == "photo.taken", Standing.state == "effective")
    promised, known = set(session.scalars(taken)), set(session.scalars(select(Photo.fact_key)))
    unawaited = (
        select(Photo.sha256)
        .join(Fact, Fact.key == Photo.fact_key)
        .outerjoin(
            PhotoPromise,
            (PhotoPromise.origin_id == Fact.origin_id) & (PhotoPromise.sha256 == Photo.sha256),
        )
        .where(PhotoPromise.sha256.is_(None))
        .order_by(Photo.sha256)
    )
    return [
        *(f"the photo promised by fact {key} is not known" for key in sorted(promised - known)),
        *(f"no effective fact {key} promises its photo" for key in sorted(known - promised)),
        *(f"nobody awaits the bytes of photo {one}" for one in session.scalars(unawaited)),
    ]

"""What must always be true of a database, each as a named function: session → violations.

A violation is one sentence. What waits (an outbox row, a mark) may differ until it is done, so it
is left out; everything else is proved from what it was derived from. Nothing is written.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import outbox
from models.derived import Source, Subject, rows_of
from models.facts import Fact, FactSubject, LostRange, Refusal, Standing
from models.feed import SUM_MODULUS, DocumentMark, Head, Published, SourceMark
from models.loaners.rows import Custody
from models.people import Device
from models.photos import PHOTOS_MAX, Photo, PhotoPromise
from models.stock import proving, transit
from models.stock.demand import Transfer, TransferLine
from models.stock.rows import StockStatement
from sync import feed, limits
from sync.documents.registry import DOCUMENTS
from sync.refolding import REFOLDED, values

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
    query = select(Published.channel, Published.type, Published.document)
    held = {(channel, type_, id_) for channel, type_, id_ in session.execute(query)}
    ought = {
        (channel, document.type, id_)
        for document in DOCUMENTS.values()
        for channel, id_ in document.everything(session)
    }
    by_channel: dict[str, list[feed.Key]] = defaultdict(list)
    for channel, type_, id_ in sorted((ought | held) - _marked(session)):
        by_channel[channel].append((type_, id_))
    return [
        (channel, *key)
        for channel, keys in by_channel.items()
        for key in _differ(session, channel, keys)
    ]


def _differ(session: Session, channel: str, keys: list[feed.Key]) -> Iterator[feed.Key]:
    """Those that the channel holds otherwise, read so many at a time."""
    most = limits.marks_per_publish
    for start in range(0, len(keys), most):
        some = keys[start : start + most]
        fresh = feed.derive(session, channel, some)
        held = feed.held(session, channel, some)
        yield from (key for key in some if held.get(key) != fresh.get(key))


def _marked(session: Session) -> set[feed.Target]:
    marks = select(DocumentMark.channel, DocumentMark.type, DocumentMark.document)
    waiting = {(channel, type_, id_) for channel, type_, id_ in session.execute(marks)}
    sources = session.execute(select(SourceMark.type, SourceMark.source))
    return waiting | feed.targets(session, [Source(*one) for one in sources])


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

for about_books in proving.BOOKS:
    invariant(about_books)


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


@invariant
def transfers_equal_what_was_said(session: Session) -> list[str]:
    """What was sent, received and is awaited by each transfer is what was said of it."""
    waiting = proving.waiting_replays(session)
    headers = select(Transfer.transfer_id).union(
        select(StockStatement.transfer_id).where(StockStatement.transfer_id.is_not(None))
    )
    found = []
    for subject in sorted({Subject("transfer", id_) for id_ in session.scalars(headers)} - waiting):
        sent = transit.sent(session, subject.id)
        if any(Subject("book", one.book_id) in waiting for one in sent.statements):
            continue
        held = rows_of(session, subject, (TransferLine,))[TransferLine].values()
        if values(transit.lines_of(session, sent), subject) != values(held, subject):
            found.append(f"the lines of {subject} are not what was said of it")
    return found


# Facts


@invariant
def every_fact_has_a_receipt(session: Session) -> list[str]:
    """Below a device's `through` no number is missing, and the number after it is. That of a forged
    fact is known only where a later one was stored."""
    found = []
    for device in session.scalars(select(Device).order_by(Device.id)):
        seqs = set(session.scalars(select(Fact.seq).where(Fact.origin_id == device.id)))
        highest = max(seqs, default=0)
        refusals = select(Refusal.seq, Refusal.code).where(Refusal.origin_id == device.id)
        for seq, code in session.execute(refusals):
            if seq is not None and (code != "fact.forged" or seq < highest):
                seqs.add(seq)
        lost = select(LostRange.first, LostRange.last).where(LostRange.origin_id == device.id)
        ranges = [(seq, seq) for seq in seqs]
        ranges += [(first, last) for first, last in session.execute(lost)]
        through = 0
        for first, last in sorted(ranges):
            if first > through + 1:
                break
            through = max(through, last)
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
    waiting = outbox.subjects_waiting(session, "judge")
    return [
        f"fact {key} about {type_} {id_} has no standing and nothing waits to judge it"
        for type_, id_, key in session.execute(query)
        if Subject(type_, id_) not in waiting
    ]


for about_subjects in REFOLDED:
    invariant(about_subjects)


@invariant
def every_promise_is_known(session: Session) -> list[str]:
    """The photos are those that effective facts promise, of each visit so many as it may have, and
    their bytes may be brought."""
    query = select(Fact.key).join(Standing, Standing.id == Fact.key)
    taken = query.where(Fact.kind == "photo.taken", Standing.state == "effective")
    promised, known = set(session.scalars(taken)), set(session.scalars(select(Photo.fact_key)))
    full = select(Photo.visit_id).group_by(Photo.visit_id).having(func.count() >= PHOTOS_MAX)
    beyond = select(FactSubject.fact_key).where(FactSubject.subject_id.in_(full))
    lacking = sorted(promised - known - set(session.scalars(beyond)))
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
        *(f"the photo promised by fact {key} is not known" for key in lacking),
        *(f"no effective fact {key} promises its photo" for key in sorted(known - promised)),
        *(f"nobody awaits the bytes of photo {one}" for one in session.scalars(unawaited)),
    ]

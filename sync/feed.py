"""Step 3 and 4 of the exchange: spread, publish and read the documents of the channels.

Spread turns marks of sources into marks of documents, after the commit and from committed rows.
Publish locks one channel's head, derives the marked documents after the lock, and writes those
that changed: so position order is commit order, and a change after the derivation has a mark of
its own. Read gives the rows after a cursor.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, bindparam, delete, exists, func, select, tuple_, union
from sqlalchemy.orm import Session

from models.derived import Source
from models.dialect import insert_missing, insert_or_update, insert_rows
from models.feed import SUM_MODULUS, DocumentMark, Head, Published, SourceMark
from models.queries import delete_in, locked, locked_one, rows_in
from sync import limits
from sync.documents.document import Document
from sync.documents.registry import DOCUMENTS

Key = tuple[str, str]  # type, document id
Target = tuple[str, str, str]  # channel, type, document id


@dataclass(frozen=True)
class Digest:
    """What a device should hold: how many documents, and their revisions added modulo 2^48."""

    count: int
    sum: int


# One published document as it is sent: position, type, id, and bytes or None where it is gone.
Sent = tuple[int, str, str, bytes | None]


def revision_of(type_: str, document: str, data: bytes) -> int:
    """48 bits of SHA-256 over type, id and data: equal content has an equal revision."""
    digest = hashlib.sha256(b"\n".join([type_.encode(), document.encode(), data]))
    return int.from_bytes(digest.digest()[:6], "big")


def encode(type_: str, document: str, data: Mapping[str, Any]) -> tuple[int, bytes]:
    """Revision and bytes of a document, as every device gets them."""
    encoded = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    revision = revision_of(type_, document, encoded)
    head = json.dumps({"type": type_, "id": document, "revision": revision})
    return revision, head[:-1].encode() + b',"data":' + encoded + b"}"


# Spread


def anything_waits(session: Session, channels: Sequence[str]) -> bool:
    """Whether there is a source to be spread, or a document to be published in the channels."""
    return bool(session.scalar(WAITS, {"channels": channels}))


# What every exchange asks and every publisher, built once: building it costs more than running it.
WAITS = select(
    exists(select(SourceMark.id))
    | exists().where(DocumentMark.channel.in_(bindparam("channels", expanding=True)))
)


def spread(session: Session) -> set[str]:
    """Turn at most 500 source marks into document marks; answers the channels concerned."""
    marks = session.execute(SOURCES, {"most": limits.sources_per_spread}).all()
    if not marks:
        return set()
    concerned = targets(session, [Source(type_, source) for _, type_, source, _ in marks])
    made = min(made for *_, made in marks)  # What waits is as old as its cause.
    rows = [
        {"channel": channel, "type": type_, "document": id_, "made": made}
        for channel, type_, id_ in sorted(concerned)
    ]
    insert_rows(session, DocumentMark, rows)
    delete_in(session, SourceMark.id, [id_ for id_, *_ in marks])
    return {channel for channel, _, _ in concerned}


SOURCES = (
    select(SourceMark.id, SourceMark.type, SourceMark.source, SourceMark.made)
    .order_by(SourceMark.id)
    .limit(bindparam("most", type_=Integer()))
    .with_for_update(skip_locked=True)
)


def targets(session: Session, sources: Iterable[Source]) -> set[Target]:
    """The documents, by channel, that the sources concern."""
    by_type: dict[str, set[str]] = defaultdict(set)
    for type_, source in sources:
        by_type[type_].add(source)
    return {
        (channel, document.type, id_)
        for document in DOCUMENTS.values()
        for channel, id_ in _ever_held(session, document, by_type)
    }


def _ever_held(
    session: Session, document: Document, by_type: Mapping[str, set[str]]
) -> Iterable[tuple[str, str]]:
    """Who ought to hold the documents, and who did: what was sent must be taken away again."""
    ought = _ought(session, document, by_type)
    documents = {id_ for _, id_ in ought}
    if document.type in document.sources():
        documents |= by_type.get(document.type, set())
    if not documents:
        return ought
    given = {"type": document.type, "documents": list(documents)}
    either = session.execute(MARKED_OR_HELD, given)
    return ought | {(channel, id_) for channel, id_ in either}


def _ought(
    session: Session, document: Document, by_type: Mapping[str, set[str]]
) -> set[tuple[str, str]]:
    """Who ought to hold the documents that the sources concern."""
    return {
        target
        for source, concerned in document.sources().items()
        if source in by_type
        for target in concerned(session, sorted(by_type[source]))
    }


# One statement sees one moment: a publisher that has not committed yet still has its marks, and
# one that has committed shows what it published.
MARKED_OR_HELD = union(
    select(DocumentMark.channel, DocumentMark.document).where(
        DocumentMark.type == bindparam("type"),
        DocumentMark.document.in_(bindparam("documents", expanding=True)),
    ),
    select(Published.channel, Published.document).where(
        Published.type == bindparam("type"),
        Published.document.in_(bindparam("documents", expanding=True)),
        Published.body.is_not(None),
    ),
)


# Publish


def marked_channels(session: Session) -> list[str]:
    """The channels that have marks."""
    return list(session.scalars(select(DocumentMark.channel).distinct()))


def marked_of(session: Session, channels: Sequence[str]) -> list[str]:
    """Those of the channels that have marks, in their order."""
    marked = set(session.scalars(MARKED, {"channels": channels}))
    return [channel for channel in channels if channel in marked]


MARKED = (
    select(DocumentMark.channel)
    .where(DocumentMark.channel.in_(bindparam("channels", expanding=True)))
    .distinct()
)


def publish(session: Session, now: datetime, channel: str, most: int) -> int:
    """Derive and publish at most `most` marked documents of a channel; answers the marks taken."""
    head = lock_head(session, channel)
    marks = session.execute(MARKS, {"channel": channel, "most": most}).all()
    if not marks:
        return 0
    keys = sorted({(type_, document) for _, type_, document in marks})
    fresh = derive(session, channel, keys)
    _write(session, now, head, keys, fresh)
    delete_in(session, DocumentMark.id, [id_ for id_, *_ in marks])
    return len(marks)


MARKS = (
    select(DocumentMark.id, DocumentMark.type, DocumentMark.document)
    .where(DocumentMark.channel == bindparam("channel"))
    .order_by(DocumentMark.id)
    .limit(bindparam("most", type_=Integer()))
)


def lock_head(session: Session, channel: str) -> Head:
    """The channel's head, locked, made where missing."""
    head = locked(session, Head, channel)
    if head is None:
        fresh = {"channel": channel, "position": 0, "count": 0, "total": 0, "purged": 0}
        insert_missing(session, Head, [fresh])
        head = locked_one(session, Head, channel)
    return head


def derive(session: Session, channel: str, keys: Sequence[Key]) -> dict[Key, tuple[int, bytes]]:
    """What the channel ought to hold of those documents: revision and bytes of each."""
    by_type: dict[str, list[str]] = defaultdict(list)
    for type_, document in keys:
        by_type[type_].append(document)
    return {
        (type_, document): encode(type_, document, data)
        for type_, documents in by_type.items()
        for document, data in DOCUMENTS[type_].derive(session, channel, documents).items()
    }


def _write(
    session: Session,
    now: datetime,
    head: Head,
    keys: Sequence[Key],
    fresh: Mapping[Key, tuple[int, bytes]],
) -> None:
    here = session.execute(HERE, {"channel": head.channel, "keys": keys})
    held = {
        (type_, document): None if gone else revision for type_, document, revision, gone in here
    }
    rows = []
    for type_, document in keys:
        before = held.get((type_, document))
        revision, body = fresh.get((type_, document), (None, None))
        if revision == before:
            continue
        head.position += 1
        head.count += (revision is not None) - (before is not None)
        head.total = (head.total + (revision or 0) - (before or 0)) % SUM_MODULUS
        rows.append(
            {
                "channel": head.channel,
                "type": type_,
                "document": document,
                "position": head.position,
                "revision": revision or 0,
                "body": body,
                "changed": now,
            }
        )
    session.flush()
    insert_or_update(session, Published, rows)


def held(session: Session, channel: str, keys: Sequence[Key]) -> dict[Key, tuple[int, bytes]]:
    """What the channel does hold of those documents."""
    rows = session.execute(BODIES, {"channel": channel, "keys": keys})
    return {
        (type_, id_): (revision, body) for type_, id_, revision, body in rows if body is not None
    }


OF_THESE = (
    Published.channel == bindparam("channel"),
    tuple_(Published.type, Published.document).in_(bindparam("keys", expanding=True)),
)
BODIES = select(Published.type, Published.document, Published.revision, Published.body).where(
    *OF_THESE
)
HERE = select(
    Published.type, Published.document, Published.revision, Published.body.is_(None)
).where(*OF_THESE)


# Read


def heads(session: Session, channels: Sequence[str]) -> dict[str, Head]:
    """The heads of the channels; one that has none yet stands at zero."""
    found = {head.channel: head for head in rows_in(session, Head, Head.channel, channels)}
    for channel in channels:
        found.setdefault(channel, Head(channel=channel, position=0, count=0, total=0, purged=0))
    return found


def digest_of(heads: Iterable[Head]) -> Digest:
    """The digest over several channels together."""
    together = list(heads)
    total = sum(head.total for head in together) % SUM_MODULUS
    return Digest(sum(head.count for head in together), total)


def page(session: Session, channel: str, after: int, began: int, most: int) -> Sequence[Sent]:
    """The rows after a position, oldest change first.

    What went before the device's first sync of this channel (`began`) is left out.
    """
    given = {"channel": channel, "after": after, "began": began, "most": most}
    return session.execute(PAGE, given).all()


PAGE = (
    select(Published.position, Published.type, Published.document, Published.body)
    .where(
        Published.channel == bindparam("channel"),
        Published.position > bindparam("after"),
        Published.body.is_not(None) | (Published.position > bindparam("began")),
    )
    .order_by(Published.position)
    .limit(bindparam("most", type_=Integer()))
)


def waiting_marks(session: Session) -> int:
    """How many marks wait to be spread or published."""
    sources = session.scalar(select(func.count()).select_from(SourceMark)) or 0
    return sources + (session.scalar(select(func.count()).select_from(DocumentMark)) or 0)


# Purge


def channels_gone_before(session: Session, before: datetime) -> list[str]:
    """The channels with documents that were gone already by then."""
    query = select(Published.channel).where(Published.body.is_(None), Published.changed < before)
    return list(session.scalars(query.distinct()))


def purge(session: Session, channel: str, before: datetime) -> int:
    """Forget the channel's documents that were gone by then; cursors from before get a reset."""
    head = lock_head(session, channel)
    gone = (Published.channel == channel) & Published.body.is_(None) & (Published.changed < before)
    last = session.scalar(select(func.max(Published.position)).where(gone))
    if last is None:
        return 0
    head.purged = max(head.purged, last)
    count = session.scalar(select(func.count()).select_from(Published).where(gone)) or 0
    session.execute(delete(Published).where(gone))
    return count

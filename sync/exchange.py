"""The one exchange: facts go up, documents come down. Its steps are numbered as in the protocol.

1 store, 2 judge, 3 publish, 4 read, 5 answer. Each step commits for itself: what was stored stays
stored whatever dies afterwards, and the outbox and the marks bring the rest to its end.
"""

import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import findings
from models.clock import instant_text
from models.database import Database
from models.derived import Subject
from models.feed import CATALOG, Head, Life, device_channel, user_channel
from models.findings import Found
from models.people import Device
from models.queries import locked_one
from sync import cursor as cursors
from sync import feed, judge, limits, pace
from sync.cursor import Cursor, Unreadable
from sync.facts.text import SentFact
from sync.feed import Digest
from sync.store import Stored, examine, store, take_unsent

log = logging.getLogger(__name__)

INLINE_TYPES = {"visit"}  # what the device waits for; the worker judges the rest
RESET_PAUSE = timedelta(seconds=limits.reset_pause_seconds)


@dataclass(frozen=True)
class Unsent:
    """What an exchange leaves on the device: facts, bytes of attachments, and since when."""

    facts: int = 0
    bytes: int = 0
    since: datetime | None = None


NOTHING = Unsent()


@dataclass(frozen=True)
class Envelope:
    """A request, parsed. `have` is what the device holds, by its own count."""

    facts: Sequence[SentFact] = ()
    cursor: str | None = None
    have: Digest | None = None
    unsent: Unsent | None = None
    limit: int = limits.documents_per_answer
    protocol: int = limits.PROTOCOL

    @property
    def size(self) -> int:
        """How many bytes the facts and their parts have together."""
        return sum(sent.size for sent in self.facts)


@dataclass
class Page:
    """What comes down: encoded documents, where to go on, and the digest on a last page."""

    documents: list[bytes]
    cursor: str | None
    more: bool
    digest: Digest | None
    reset: str | None = None


@dataclass(frozen=True)
class Answer:
    """What goes back, as JSON bytes, and what whoever watches wants to count of it."""

    body: bytes
    client: str
    reset: str | None
    receipts: Mapping[str, int]
    documents: int


def exchange(database: Database, device: Device, envelope: Envelope) -> Answer:
    """Take the device's facts and answer with receipts and documents."""
    stored, waits = _store(database, device, envelope)
    judge_at_once(database, stored.subjects)
    client = _client(stored, envelope)
    if client == "ok":
        if waits:
            publish_own(database, device)
        page = _read(database, device, envelope)
    else:
        page = Page([], envelope.cursor, False, None)
    # Of what was just sent something may have been spoilt on the way, and be sent again.
    nothing_left = envelope.unsent == NOTHING and not envelope.facts
    wipe = stored.revoked and (stored.wipe or nothing_left)
    body = _answer(stored, page, client, wipe, database.clock.now())
    receipts = Counter(str(receipt["receipt"]) for receipt in stored.receipts)
    return Answer(body, client, page.reset, receipts, len(page.documents))


def bring(
    database: Database, device: Device, facts: Sequence[SentFact], bringing_id: UUID
) -> Stored:
    """Take facts that somebody else brings for the device; nothing goes back but the receipts."""
    examined = [examine(device.public_key, sent) for sent in facts]

    def body(session: Session, now: datetime) -> Stored:
        return store(session, now, locked_one(session, Device, device.id), examined, bringing_id)

    stored = database.transact(body)
    judge_at_once(database, stored.subjects)
    return stored


def _client(stored: Stored, envelope: Envelope) -> str:
    if stored.revoked:
        return "revoked"
    return "ok" if envelope.protocol == limits.PROTOCOL else "upgrade"


# 1 Store


def _store(database: Database, device: Device, envelope: Envelope) -> tuple[Stored, bool]:
    """Keep the facts, and look whether anything waits to be published: mostly nothing does.

    Signatures are verified before the transaction: they need no lock.
    """
    examined = [examine(device.public_key, sent) for sent in envelope.facts]
    unsent = envelope.unsent

    def body(session: Session, now: datetime) -> tuple[Stored, bool]:
        row = locked_one(session, Device, device.id)
        stored = store(session, now, row, examined)
        pace.count(now, row, len(envelope.facts), envelope.size)
        row.last_seen = now
        if unsent is not None:
            take_unsent(session, now, row, unsent.facts, unsent.bytes, unsent.since)
        return stored, feed.anything_waits(session, _own_channels(device))

    return database.transact(body)


# 2 Judge


def judge_at_once(database: Database, subjects: Sequence[Subject]) -> None:
    """Judge the visits at once, as far as that takes a moment. One that cannot be judged waits for
    the relay; no other does."""
    inline = [subject for subject in subjects if subject.type in INLINE_TYPES]
    if not inline:
        return
    begun = judge.begin(database, inline, limits.facts_judged_at_once)
    for subject, attempts in begun.items():
        try:
            careful = attempts > limits.judgements_tried_whole
            judge.finish(database, subject, careful)
        except Exception:
            log.exception("judging %s failed; the relay tries again", subject)


# 3 Publish


def publish_own(database: Database, device: Device) -> None:
    """Spread what waits and publish the device's own channels; the worker does the rest."""

    def body(session: Session, now: datetime) -> list[str]:
        feed.spread(session)
        return feed.marked_of(session, _own_channels(device))

    for channel in database.transact(body):
        _publish_one(database, channel)


def _own_channels(device: Device) -> list[str]:
    return [user_channel(device.user_id), device_channel(device.id)]


def _publish_one(database: Database, channel: str) -> None:
    most = limits.own_marks_per_exchange
    database.transact(lambda session, now: feed.publish(session, now, channel, most))


# 4 Read


def _read(database: Database, device: Device, envelope: Envelope) -> Page:
    """Documents after the cursor, on one snapshot; or a reset."""
    channels = [*_own_channels(device), CATALOG]

    def body(session: Session) -> Page:
        life = session.scalars(LIFE).one()
        heads = feed.heads(session, channels)
        in_order = [heads[channel] for channel in channels]
        at, reason = _position(envelope, life, in_order)
        if reason is not None:
            return Page([], None, True, None, reason)
        return _pages(session, at, in_order, envelope.limit)

    page = database.read(body)
    if page.reset == "mismatch" and not _may_reset(database, device.id):
        patient = Envelope(cursor=envelope.cursor, limit=envelope.limit)
        return _read(database, device, patient)
    return page


LIFE = select(Life.number)


def _position(envelope: Envelope, life: UUID, heads: Sequence[Head]) -> tuple[Cursor, str | None]:
    """Where the device stands, or why it has to start anew."""
    began = [head.position for head in heads]
    fresh = Cursor(life, began=began)
    if envelope.cursor is None:
        return fresh, None
    try:
        at = cursors.read(envelope.cursor)
    except Unreadable:
        return fresh, "unreadable"
    if at.life != life:
        return fresh, "restored"
    if any(after > head.position for after, head in zip(at.after, heads, strict=True)):
        return fresh, "unreadable"
    for after, start, head in zip(at.after, at.began, heads, strict=True):
        if max(after, start) < head.purged:
            return fresh, "purged"
    if at.digest is not None and envelope.have is not None and at.digest != envelope.have:
        return at, "mismatch"
    return at, None


def _may_reset(database: Database, device_id: UUID) -> bool:
    """At most one reset an hour for a mismatch; more is a finding."""

    def body(session: Session, now: datetime) -> bool:
        device = locked_one(session, Device, device_id)
        if device.reset is None or now - device.reset >= RESET_PAUSE:
            device.reset = now
            return True
        found = Found("device.replica", (device.reset,), now, {"device": str(device_id)})
        findings.note(session, Subject("device", device_id), found)
        return False

    return database.transact(body)


def _pages(session: Session, at: Cursor, heads: Sequence[Head], limit: int) -> Page:
    """Fill one answer, channel by channel, up to its limits of count and bytes."""
    documents: list[bytes] = []
    room = limits.answer_bytes_max
    after = list(at.after)
    for number, head in enumerate(heads):
        if after[number] == head.position:
            continue
        rows = feed.page(
            session, head.channel, after[number], at.began[number], limit - len(documents) + 1
        )
        for position, type_, document, encoded in rows:
            body = _gone(type_, document) if encoded is None else encoded
            if len(documents) == limit or (documents and len(body) > room):
                return Page(documents, Cursor(at.life, after, at.began).text(), True, None)
            documents.append(body)
            room -= len(body)
            after[number] = position
        after[number] = head.position
    digest = feed.digest_of(heads)
    return Page(documents, Cursor(at.life, after, at.began, digest).text(), False, digest)


def _gone(type_: str, document: str) -> bytes:
    return json.dumps({"type": type_, "id": document, "gone": True}).encode()


# 5 Answer


def _answer(stored: Stored, page: Page, client: str, wipe: bool, now: datetime) -> bytes:
    """The answer; documents are put in as the bytes that were published."""
    head: dict[str, Any] = {
        "receipts": stored.receipts,
        "received": {
            "through": stored.through,
            "missing": stored.missing,
            "safe_through": None,
        },
        "cursor": page.cursor,
        "more": page.more,
        "digest": None if page.digest is None else asdict(page.digest),
        "reset": page.reset,
        "client": client,
        "wipe": wipe,
        "now": instant_text(now),
    }
    encoded = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
    return encoded[:-1] + b',"documents":[' + b",".join(page.documents) + b"]}"

"""Step 1 of the exchange: what the device says is kept, before anybody judges it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from models import findings, outbox
from models.derived import Job, Source, Subject
from models.dialect import insert_missing, insert_rows
from models.enrolment import note_unsent
from models.facts import (
    Erasure,
    Fact,
    FactPart,
    FactSubject,
    LostRange,
    Refusal,
    SubjectRow,
    fact_key,
    standing_source,
)
from models.feed import mark
from models.people import Device
from models.photos import PhotoPromise
from models.queries import rows_in
from models.records import sealing
from models.refusals import Refused
from sync import limits
from sync.facts.text import (
    Checked,
    FactText,
    SentFact,
    as_sent,
    check_data,
    check_parts,
    read_text,
    seq_of,
)
from sync.judge import FOLDED_TYPES
from sync.numbering import received

FORGED = ("fact.forged", "part.mismatch")


@dataclass(frozen=True)
class Verified:
    """A fact whose signature, shape and parts fit, and what checking it told."""

    sent: SentFact
    text: FactText
    checked: Checked


@dataclass(frozen=True)
class Rejected:
    """A fact that is malformed or forged, and why. `text` where signature and parts fit."""

    sent: SentFact
    refused: Refused
    text: FactText | None


Examined = Verified | Rejected


@dataclass(frozen=True)
class Stored:
    """What became of the facts: receipts in the order sent, and the subjects to be judged.

    Whether the device is revoked, and forgets what it did not send, is told by its row as it was
    locked.
    """

    receipts: list[dict[str, Any]]
    subjects: list[Subject]
    through: int
    missing: list[list[int]]
    revoked: bool
    wipe: bool


def examine(public_key: str, sent: SentFact) -> Examined:
    """Check size, signature, shape and parts, in this order. Reads no database."""
    text = None
    try:
        if len(as_sent(sent.fact)) > limits.fact_text_bytes_max:
            raise Refused("fact.too_large", "fact")
        if not sealing.signature_fits(public_key, sent.signature, as_sent(sent.fact)):
            raise Refused("fact.forged", "signature")
        read = read_text(sent.fact)
        check_parts(read, sent)
        text = read
        if sent.size > limits.fact_bytes_max:
            raise Refused("part.too_large", "parts")
        return Verified(sent, text, check_data(text, sent))
    except Refused as refused:
        return Rejected(sent, refused, text)


def store(
    session: Session,
    now: datetime,
    device: Device,
    facts: Sequence[Examined],
    bringing_id: UUID | None = None,
) -> Stored:
    """Keep what was not kept yet, in one transaction that has locked the device's row first.

    A repeat, in any batch, gets the receipt it got before, whoever brings it.
    """
    kept = keep(session, now, device.id, facts, bringing_id)
    if bringing_id is not None:
        _lower_unsent(session, now, device, kept.fresh)
    device.through, missing = received(session, device)
    revoked = device.revoked is not None
    return Stored(kept.receipts, kept.subjects, device.through, missing, revoked, device.wipe)


class Kept(NamedTuple):
    """The receipts in the order sent, the subjects touched, and how many facts were new."""

    receipts: list[dict[str, Any]]
    subjects: list[Subject]
    fresh: int


def keep(
    session: Session,
    now: datetime,
    origin_id: UUID,
    facts: Sequence[Examined],
    bringing_id: UUID | None = None,
) -> Kept:
    """Keep the facts of an origin that is locked, or new."""
    storing = _Storing(session, now, origin_id, bringing_id)
    receipts = storing.take(facts)
    storing.write()
    return Kept(receipts, sorted(storing.touched), len(storing.rows.get(Fact, ())))


class _Storing:
    """One batch of facts on their way into the store."""

    def __init__(
        self, session: Session, now: datetime, origin_id: UUID, bringing_id: UUID | None
    ) -> None:
        self.session, self.now, self.origin_id = session, now, origin_id
        self.bringing_id = bringing_id
        self.kept: dict[UUID, bytes] = {}
        self.refused: dict[str, Refusal] = {}
        self.rows: dict[type, list[dict[str, Any]]] = {}
        self.touched: set[Subject] = set()
        self.own: set[Subject] = set()
        self.standing: set[Source] = set()
        self.forged = False

    def take(self, facts: Sequence[Examined]) -> list[dict[str, Any]]:
        """Decide on every fact; answers the receipts."""
        if not facts:
            return []
        origin = self.origin_id
        ids = [fact.text.id for fact in facts if fact.text is not None]
        known = self.session.execute(KNOWN, {"origin": origin, "ids": ids})
        self.kept = {id_: text for id_, text in known}
        digests = [fact.sent.digest for fact in facts]
        refusals = self.session.scalars(REFUSED, {"origin": origin, "digests": digests})
        self.refused = {refusal.digest: refusal for refusal in refusals}
        return [self._take_one(fact) for fact in facts]

    def _take_one(self, fact: Examined) -> dict[str, Any]:
        """A receipt is final: what was kept or refused before stays so, whatever is checked now."""
        kept = None if fact.text is None else self.kept.get(fact.text.id)
        if fact.text is not None and kept == as_sent(fact.sent.fact):
            return _stored(fact.text)
        if isinstance(fact, Rejected):
            return self._refuse(fact.sent, fact.refused)
        if kept is not None or fact.sent.digest in self.refused:
            return self._refuse(fact.sent, Refused("fact.id_reused", "id"))
        self._keep(fact)
        return _stored(fact.text)

    def _refuse(self, sent: SentFact, refused: Refused) -> dict[str, Any]:
        digest = sent.digest
        refusal = self.refused.get(digest)
        if refusal is None:
            refusal = Refusal(
                origin_id=self.origin_id,
                digest=digest,
                code=refused.kind.code,
                field=as_sent(refused.field).decode("utf-8", "replace"),
                seq=seq_of(sent.fact),
                text=_as_received(sent),
                received=self.now,
            )
            self.session.add(refusal)
            self.refused[digest] = refusal
            self.forged |= refusal.code in FORGED
        return {
            "receipt": "refused",
            "digest": digest,
            "seq": refusal.seq,
            "code": refusal.code,
            "field": refusal.field,
        }

    def _keep(self, fact: Verified) -> None:
        text, key = fact.text, fact_key(self.origin_id, fact.text.id)
        self.kept[text.id] = fact.sent.fact.encode()
        self._add(
            Fact,
            key=key,
            origin_id=self.origin_id,
            id=text.id,
            seq=text.seq,
            kind=text.kind,
            version=text.version,
            text=self.kept[text.id],
            signature=fact.sent.signature,
            happened=text.happened,
            basis=text.basis,
            received=self.now,
            bringing_id=self.bringing_id,
        )
        for name, part in fact.sent.parts.items():
            self._add(
                FactPart,
                fact_key=key,
                name=name,
                hash=text.hashes[name],
                salt=part.salt,
                text=part.text.encode(),
                erased=None,
                erased_under=None,
            )
        for sha256, size in fact.checked.promises:
            values = {"sha256": sha256, "size": size, "subject_id": text.subject.id}
            self._add(PhotoPromise, origin_id=self.origin_id, **values)
        lost = range(fact.checked.lost.start, min(fact.checked.lost.stop, text.seq))
        if lost:  # What comes after it cannot be.
            self._add(LostRange, origin_id=self.origin_id, first=lost[0], last=lost[-1])
        for subject in fact.checked.subjects:
            own = subject == text.subject
            type_, id_ = subject
            self._add(SubjectRow, type=type_, id=id_, attempts=0, facts=0)
            self._add(FactSubject, subject_type=type_, subject_id=id_, fact_key=key, own=own)
        self.touched |= fact.checked.subjects
        self.own.add(text.subject)
        self.standing.add(standing_source(self.origin_id, text.subject))

    def _add(self, table: type, **values: Any) -> None:
        self.rows.setdefault(table, []).append(values)

    def write(self) -> None:
        """Insert everything, and the work that has to follow."""
        self._drop_erased()
        self._find_seq_twice()
        self.session.flush()
        subjects = self.rows.get(SubjectRow, [])
        unique = {(row["type"], row["id"]): row for row in subjects}
        insert_missing(self.session, SubjectRow, [unique[key] for key in sorted(unique)])
        insert_missing(self.session, PhotoPromise, self.rows.get(PhotoPromise, []))
        insert_missing(self.session, LostRange, self.rows.get(LostRange, []))
        for table in (Fact, FactPart, FactSubject):
            insert_rows(self.session, table, self.rows.get(table, []))
        mark(self.session, self.standing)
        folded = self.own | {one for one in self.touched if one.type in FOLDED_TYPES}
        outbox.put(self.session, self.now, [Job("judge", subject) for subject in folded])
        if self.forged:
            self._find("device.forged", self.origin_id, count=self._count_forged())

    def _drop_erased(self) -> None:
        parts = self.rows.get(FactPart, [])
        hashes = [part["hash"] for part in parts]
        if not hashes:
            return
        found = rows_in(self.session, Erasure, Erasure.hash, hashes)
        erased = {erasure.hash: erasure for erasure in found}
        for part in parts:
            erasure = erased.get(part["hash"])
            if erasure is not None:
                part.update(salt=None, text=None)
                part.update(erased=erasure.erased, erased_under=erasure.erased_under)

    def _find_seq_twice(self) -> None:
        rows = self.rows.get(Fact, [])
        seqs = [row["seq"] for row in rows]
        if not seqs:
            return
        taken = set(self.session.scalars(TAKEN, {"origin": self.origin_id, "seqs": seqs}))
        for seq in sorted(seqs):
            if seq in taken:
                self._find("device.seq_twice", self.origin_id, seq, seq=seq)
            taken.add(seq)

    def _count_forged(self) -> int:
        query = select(func.count()).select_from(Refusal)
        mine = query.where(Refusal.origin_id == self.origin_id, Refusal.code.in_(FORGED))
        return self.session.scalar(mine) or 0

    def _find(self, code: str, *causes: object, **evidence: Any) -> None:
        found = findings.Found(code, causes, self.now, {"device": str(self.origin_id), **evidence})
        findings.note(self.session, Subject("device", self.origin_id), found)


# What every exchange asks, built once.
KNOWN = select(Fact.id, Fact.text).where(
    Fact.origin_id == bindparam("origin"), Fact.id.in_(bindparam("ids", expanding=True))
)
REFUSED = select(Refusal).where(
    Refusal.origin_id == bindparam("origin"),
    Refusal.digest.in_(bindparam("digests", expanding=True)),
)
TAKEN = select(Fact.seq).where(
    Fact.origin_id == bindparam("origin"), Fact.seq.in_(bindparam("seqs", expanding=True))
)


def _stored(text: FactText) -> dict[str, Any]:
    return {"receipt": "stored", "id": str(text.id), "seq": text.seq}


def _as_received(sent: SentFact) -> bytes:
    parts: Mapping[str, Any] = {
        name: {"salt": part.salt, "text": part.text} for name, part in sent.parts.items()
    }
    whole = {"fact": sent.fact, "signature": sent.signature, "parts": parts}
    return json.dumps(whole, ensure_ascii=True).encode()


def take_unsent(
    session: Session,
    now: datetime,
    device: Device,
    facts: int,
    size: int,
    since: datetime | None,
) -> None:
    """Keep what the device, which is locked, says that this exchange leaves in its outbox, so that
    the desk sees a phone that is stuck."""
    device.unsent_facts, device.unsent_bytes, device.unsent_since = facts, size, since
    if device.revoked is not None:
        note_unsent(session, now, device)


def _lower_unsent(session: Session, now: datetime, device: Device, brought: int) -> None:
    """What somebody brought, and was not here, is not missing any more."""
    left = max(device.unsent_facts - brought, 0)
    since = device.unsent_since if left else None
    take_unsent(session, now, device, left, device.unsent_bytes, since)

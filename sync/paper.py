"""A statement on paper, keyed in at the desk: facts of the same kinds, their scan as the proof.

Nobody's device signed it. So the server signs with a key of its own, which proves only that nothing
was changed since; each fact names the scan and who keyed it in, and whoever doubts it looks there.
What the paper says happened when it says, stated by who wrote it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.orm import Session

from models.bringing import Paper
from models.clock import instant_text
from models.derived import Subject
from models.dispatch.rows import Visit
from models.house import House
from models.keys import subkey
from models.people import Origin, User
from models.records.sealing import SALT_BYTES, SIGNATURE_PREFIX, content_code, part_hash
from models.refusals import Refused
from sync.exchange import judge_at_once
from sync.facts.registry import KINDS
from sync.facts.text import SentFact, SentPart
from sync.store import Rejected, Verified, examine, keep

PURPOSE = "onsite.paper"
Receipts = list[dict[str, Any]]


@dataclass(frozen=True)
class Statement:
    """One thing that the paper says. `signers` are the names of who signed it, by role."""

    kind: str
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    signers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Writing:
    """A paper about a visit: who wrote it, its scan, and what it says."""

    visit: UUID
    author: UUID
    scan: str
    type: str
    statements: Sequence[Statement]


def key_in(house: House, user_id: UUID, writing: Writing) -> tuple[UUID, Receipts]:
    """Take the paper in, all of it or nothing, once for each visit and scan. Raises Refused."""
    if writing.scan not in house.blobs:
        raise Refused("unknown", "scan", "bring the scan first")
    now = house.clock.now()
    id_ = house.ids.new(now)
    key = Ed25519PrivateKey.from_private_bytes(subkey(house.key(), PURPOSE))
    public_key = key.public_key().public_bytes_raw().hex()
    sent = [
        _signed(house, key, now, user_id, writing, number)
        for number in range(1, len(writing.statements) + 1)
    ]
    verified = [_verified(public_key, one, number) for number, one in enumerate(sent)]

    def body(session: Session, now: datetime) -> tuple[Receipts, list[Subject]]:
        _check_known(session, writing)
        session.add(Origin(id=id_, kind="paper", user_id=writing.author))
        session.flush()
        paper = Paper(
            id=id_,
            visit_id=writing.visit,
            scan=writing.scan,
            type=writing.type,
            user_id=user_id,
            at=now,
            public_key=public_key,
        )
        session.add(paper)
        session.flush()
        kept = keep(session, now, id_, verified)
        return kept.receipts, kept.subjects

    receipts, subjects = house.database.transact(body)
    judge_at_once(house.database, subjects)
    return id_, receipts


def _check_known(session: Session, writing: Writing) -> None:
    if session.get(Visit, writing.visit) is None:
        raise Refused("unknown", "id")
    if session.get(User, writing.author) is None:
        raise Refused("unknown", "author")


def _verified(public_key: str, sent: SentFact, number: int) -> Verified:
    """The fact, if it may be taken. Its bytes would come from nobody, so it promises none."""
    examined = examine(public_key, sent)
    if isinstance(examined, Rejected):
        refused = examined.refused
        raise Refused(refused.kind.code, f"statements.{number}.{refused.field}", refused.detail)
    if examined.text.kind not in KINDS or examined.checked.promises:
        detail = "a paper states no photo and nothing unknown; its scan is its picture"
        raise Refused("wrong_value", f"statements.{number}.kind", detail)
    return examined


def _signed(
    house: House,
    key: Ed25519PrivateKey,
    now: datetime,
    user_id: UUID,
    writing: Writing,
    number: int,
) -> SentFact:
    """The statement of that number as a fact, signed with the server's key."""
    statement = writing.statements[number - 1]
    parts = {name: _salted(house, text) for name, text in statement.parts.items()}
    code = content_code(_hashes(parts))
    for role, name in statement.signers.items():
        # The pen was on the paper: there is one stroke, without a point, and where to look.
        words = {"content_code": code, "name": name, "strokes": [[]], "scan": writing.scan}
        signature = json.dumps(words, ensure_ascii=False)
        parts[f"{SIGNATURE_PREFIX}{role}"] = _salted(house, signature)
    text = {
        "id": str(house.ids.new(now)),
        "seq": number,
        "kind": statement.kind,
        "v": 1,
        "at": instant_text(statement.at),
        "clock": {"anchor": {"at": instant_text(now), "now": instant_text(now)}},
        "subject": {"type": "visit", "id": str(writing.visit)},
        "seen": None,
        "paper": {"scan": writing.scan, "keyed_in_by": str(user_id)},
        "data": {**statement.data, **({"parts": _hashes(parts)} if parts else {})},
    }
    encoded = json.dumps(text, ensure_ascii=False)
    return SentFact(encoded, key.sign(encoded.encode()).hex(), parts)


def _salted(house: House, text: str) -> SentPart:
    return SentPart(house.ids.entropy(SALT_BYTES).hex(), text)


def _hashes(parts: Mapping[str, SentPart]) -> dict[str, str]:
    return {name: part_hash(part.salt, part.text) for name, part in parts.items()}

"""Reading one subject's timeline from the database: its facts, decisions and moments."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from marshmallow import ValidationError
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from models.clock import CLOCK_DOUBT
from models.contracts.promising import OPENED as ORDER_OPENED
from models.customers import Site
from models.decisions import Decision, DecisionSubject, decisions_about
from models.derived import Subject
from models.dispatch.beginning import OPENED
from models.facts import Fact, FactPart, FactSubject, Moment
from models.people import Device, Origin
from models.records import sealing
from models.refusals import Refused
from models.timeline import Decided, Entry, Passed, Stated
from sync.facts.registry import KINDS
from sync.facts.text import FactText, read_text


class Row(NamedTuple):
    """Of a fact what the fold needs, and what it needs to know beside it."""

    key: UUID
    id: UUID
    origin_id: UUID
    seq: int
    kind: str
    text: bytes
    happened: datetime
    received: datetime
    own: bool
    author_id: UUID | None
    revoked: datetime | None


def read(session: Session, subject: Subject) -> list[Entry]:
    """All entries of the subject's timeline, in no particular order."""
    moments = session.execute(MOMENTS, subject._asdict())
    return [
        *facts_about(session, subject),
        *map(_decided, decisions_about(session, subject)),
        *(Passed(*one) for one in moments),
    ]


# Built once, as every fold asks: building them costs more than running them.
MOMENTS = select(Moment.id, Moment.kind, Moment.at).where(
    Moment.subject_type == bindparam("type"), Moment.subject_id == bindparam("id")
)
FACTS = (
    select(
        Fact.key,
        Fact.id,
        Fact.origin_id,
        Fact.seq,
        Fact.kind,
        Fact.text,
        Fact.happened,
        Fact.received,
        FactSubject.own,
        Origin.user_id,
        Device.revoked,
    )
    .join(FactSubject, FactSubject.fact_key == Fact.key)
    .join(Origin, Origin.id == Fact.origin_id)
    .outerjoin(Device, Device.id == Fact.origin_id)
    .where(FactSubject.subject_type == bindparam("type"), FactSubject.subject_id == bindparam("id"))
)


FACTS_OF = FACTS.where(Fact.key.in_(bindparam("keys", expanding=True)))
PARTS = select(FactPart.fact_key, FactPart.name, FactPart.text).where(
    FactPart.fact_key.in_(bindparam("keys", expanding=True)), FactPart.text.is_not(None)
)
CHANGES = (
    select(Decision.id, Decision.kind, Decision.user_id, Decision.at, Decision.data, Decision.seen)
    .join(DecisionSubject, DecisionSubject.decision_id == Decision.id)
    .where(
        DecisionSubject.subject_type == "work_order",
        DecisionSubject.subject_id.in_(bindparam("orders", expanding=True)),
        Decision.kind == "work_order.changed",
    )
)


def _decided(one: Decision) -> Decided:
    return Decided(one.id, one.kind, one.user_id, one.at, one.data, one.seen)


def of_visit(session: Session, subject: Subject) -> list[Entry]:
    """All entries of the visit's timeline, and how the work orders that it names were changed."""
    entries = read(session, subject)
    orders = _orders_named(subject, entries)
    if not orders:
        return entries
    changes = session.execute(CHANGES, {"orders": orders})
    return [*entries, *(Decided(*one) for one in changes)]


def _orders_named(subject: Subject, entries: Sequence[Entry]) -> set[UUID]:
    plans = [one for one in entries if isinstance(one, Decided) and one.kind == "visit.planned"]
    orders = {UUID(item["work_order"]) for plan in plans for item in plan.data["items"]}
    return orders | {subject.id for _ in _openings(entries)}


def _openings(entries: Sequence[Entry]) -> list[Stated]:
    stated = [one for one in entries if isinstance(one, Stated)]
    return [one for one in stated if one.kind == OPENED and one.data]


def open_sites(session: Session, subject: Subject, entries: Sequence[Entry]) -> set[UUID]:
    """Of the sites for which the visit was opened in the field, those that there are; none where
    the desk opened the work order of the same id, which nobody takes over."""
    named = {one.data["site"].id for one in _openings(entries)}
    if not named or decisions_about(session, Subject("work_order", subject.id), ORDER_OPENED):
        return set()
    return set(session.scalars(select(Site.id).where(Site.id.in_(named))))


def facts_about(
    session: Session, subject: Subject, keys: Sequence[UUID] | None = None
) -> list[Stated]:
    """The facts that touch the subject, or of them those with the given keys."""
    if keys is None:
        found = session.execute(FACTS, subject._asdict())
    else:
        found = session.execute(FACTS_OF, {**subject._asdict(), "keys": keys})
    rows = [Row(*row) for row in found]
    parts = _parts(session, [row.key for row in rows]) if rows else {}
    return [_stated(row, parts.get(row.key, {})) for row in rows]


def _parts(session: Session, keys: Sequence[UUID]) -> dict[UUID, dict[str, str]]:
    parts: dict[UUID, dict[str, str]] = {}
    for key, name, text in session.execute(PARTS, {"keys": keys}):
        parts.setdefault(key, {})[name] = (text or b"").decode()
    return parts


def _stated(fact: Row, parts: dict[str, str]) -> Stated:
    text = read_text(fact.text.decode())
    data, loaded, held = _understood(text, parts)
    # Only what is understood may be adopted.
    if held is None and fact.revoked is not None and fact.received >= fact.revoked:
        held = "revoked"
    return Stated(
        key=fact.key,
        id=fact.id,
        origin_id=fact.origin_id,
        author_id=fact.author_id,
        seq=fact.seq,
        kind=fact.kind,
        happened=fact.happened,
        own=fact.own,
        root=sealing.sha256(fact.text),
        held=held,
        doubt=text.doubt or _too_early(fact),
        ahead=text.ahead,
        data=data,
        parts=loaded,
        hashes=text.hashes,
        basis=text.seen,
    )


def _too_early(fact: Row) -> str | None:
    """What speaks against the time of a fact that arrived long before it happened."""
    return "not_yet_happened" if fact.happened - fact.received > CLOCK_DOUBT else None


def _understood(
    text: FactText, parts: dict[str, str]
) -> tuple[dict[str, Any], dict[str, Any], str | None]:
    """Data and parts as values; or why they cannot be understood by this release."""
    kind = KINDS.get(text.kind)
    if kind is None or text.version > kind.version:
        return {}, {}, "newer"
    try:
        loaded = {name: kind.load_part(name, part) for name, part in parts.items()}
        return kind.load(text.data), loaded, None
    except (ValidationError, Refused):
        return {}, {}, "error"

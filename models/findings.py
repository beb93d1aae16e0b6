"""Findings: what a person must look at, each of one kind of the catalogue.

A *condition* closes when it no longer holds; an *event* is closed by a person, by one of its typed
resolutions, bound to the evidence they saw: other evidence opens it again.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.decisions import Decision, decisions_about
from models.derived import Changes, Source, Subject
from models.feed import mark
from models.finding_kinds import KINDS, SETTLED
from models.ids import derived
from models.resolutions import RESOLUTIONS

__all__ = ["KINDS", "RESOLUTIONS", "SETTLED", "Finding", "Found", "keep", "note", "settlement_of"]


class Finding(Base):
    """A finding about a subject. `evidence` is what it rests on, `digest` the hash of that."""

    __tablename__ = "finding"
    __table_args__ = (
        Index("ix_finding_subject", "subject_type", "subject_id"),
        Index("ix_finding_state_code", "state", "code"),
        Index("ix_finding_state_since_id", "state", "since", "id"),
        Index("ix_finding_since_id", "since", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    evidence: Mapped[dict[str, Any]]
    digest: Mapped[str]
    since: Mapped[datetime]
    state: Mapped[str]  # open, gone (a condition that ended), settled (an event, by a person)


@dataclass(frozen=True)
class Found:
    """What a fold found: a kind, the causes that make it this one and no other, and evidence."""

    code: str
    causes: tuple[object, ...]
    since: datetime
    evidence: dict[str, Any]

    def id_about(self, subject: Subject) -> UUID:
        """The finding's id: equal causes are one finding."""
        return derived("finding", self.code, subject, *self.causes)

    @property
    def digest(self) -> str:
        text = json.dumps(self.evidence, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def note(session: Session, subject: Subject, one: Found) -> None:
    """Note an event that no fold gives, such as a forged fact; other evidence opens it again.

    It is as old as the oldest that was ever noted, whichever came first.
    """
    held, changes = session.get(Finding, one.id_about(subject)), Changes(set(), set())
    state, since = "open", one.since
    if held is not None:
        state = held.state if held.digest == one.digest else "open"
        since = min(held.since, since)
    _keep_one(session, subject, held, replace(one, since=since), state, changes)
    mark(session, changes.sources)
    session.flush()


def withdraw(session: Session, subject: Subject, one: Found) -> None:
    """What was noted is gone, if it was open: what a person has settled stays settled."""
    held = session.get(Finding, one.id_about(subject))
    if held is not None and held.state == "open":
        held.state = "gone"
        mark(session, {Source("finding", str(held.id))})
        session.flush()


def keep(
    session: Session, subject: Subject, found: Sequence[Found], start: datetime | None = None
) -> Changes:
    """Make the findings about the subject, which is locked, say what its fold found now.

    Of a fold that began at `start`, those that are older stay as they are.
    """
    query = ABOUT if start is None else ABOUT_SINCE
    given = {**subject._asdict(), "start": start}
    held = {finding.id: finding for finding in session.scalars(query, given)}
    changes = Changes(set(), set())
    settled = _settlements(session, subject) if found or held else {}
    for one in found:
        id_ = one.id_about(subject)
        state = "settled" if settled.get(id_) == one.digest else "open"
        _keep_one(session, subject, held.pop(id_, None), one, state, changes)
    for finding in held.values():
        # A resolution may take the cause away: then the finding is settled, and not just gone.
        state = "settled" if settled.get(finding.id) == finding.digest else "gone"
        if finding.state != state:
            finding.state = state
            changes.sources.add(Source("finding", str(finding.id)))
    return changes


ABOUT = select(Finding).where(
    Finding.subject_type == bindparam("type"), Finding.subject_id == bindparam("id")
)  # built once, as every fold asks
ABOUT_SINCE = ABOUT.where(Finding.since >= bindparam("start"))


def _keep_one(
    session: Session,
    subject: Subject,
    held: Finding | None,
    one: Found,
    state: str,
    changes: Changes,
) -> None:
    if held is None:
        held = Finding(id=one.id_about(subject), code=one.code)
        held.subject_type, held.subject_id = subject
        session.add(held)
    elif (held.state, held.digest, held.since) == (state, one.digest, one.since):
        return
    held.evidence, held.digest, held.since, held.state = one.evidence, one.digest, one.since, state
    changes.sources.add(Source("finding", str(held.id)))


def settlement_of(session: Session, finding: Finding) -> Decision | None:
    """The decision that settled the finding as its evidence is now, if one did."""
    subject = Subject(finding.subject_type, finding.subject_id)
    taken = [
        one
        for one in decisions_about(session, subject, SETTLED)
        if (one.data["finding"], one.data["digest"]) == (str(finding.id), finding.digest)
    ]
    return taken[-1] if taken else None


def _settlements(session: Session, subject: Subject) -> dict[UUID, str]:
    """The evidence to which the last settlement of each finding about the subject is bound."""
    return {
        UUID(decision.data["finding"]): decision.data["digest"]
        for decision in decisions_about(session, subject)
        if decision.kind == SETTLED
    }

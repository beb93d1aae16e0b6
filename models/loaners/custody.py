"""Reconciling one loaner: what was stated and decided of it is read, replayed and written."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import findings
from models.customers import Site
from models.decisions import Decision, decisions_about
from models.derived import Changes, Derived, Job, Subject, replace
from models.facts import Moment
from models.findings import Found
from models.loaners.replay import CONTESTED, Around, replay
from models.loaners.rows import Custody, CustodyStatement, Loaner, Reservation
from models.loaners.terms import agreed_dues
from models.refusals import Refused
from models.timeline import Folding

TABLES: tuple[type[Derived], ...] = (Custody, Reservation)
EARLIER_HOLDS = "earlier_holds"
Data = Mapping[str, Any]


def reconcile(session: Session, loaner_id: UUID) -> Changes:
    """Replay the custody of one loaner, which is locked, and write what follows."""
    subject = Subject("unit", loaner_id)
    decisions = decisions_about(session, subject)
    folding = folded(session, loaner_id, decisions)
    changes = replace(session, subject, TABLES, folding.rows)
    changes.sources |= findings.keep(session, subject, folding.found).sources
    changes.jobs |= set(_of_others(session, loaner_id, decisions))
    return changes


def folded(
    session: Session, loaner_id: UUID, decisions: Sequence[Decision] | None = None
) -> Folding:
    """What the loaner's timeline comes to. One not in the pool is a finding. Writes nothing."""
    subject = Subject("unit", loaner_id)
    if decisions is None:
        decisions = decisions_about(session, subject)
    statements = _statements(session, loaner_id, decisions)
    folding = replay(
        loaner_id, statements, decisions, _around(session, subject, statements, decisions)
    )
    if statements and session.get(Loaner, loaner_id) is None:
        first = min(one.happened for one in statements)
        unknown = Found("loaner.unknown", (), first, {"loaner": str(loaner_id)})
        folding.rows, folding.found = [], [unknown]
    return folding


def _of_others(session: Session, loaner_id: UUID, decisions: Sequence[Decision]) -> Iterable[Job]:
    """Where a paper of this loaner's meant another one, that one has to follow if the paper has
    come or gone."""
    for one in settled_elsewhere(decisions):
        other, paper = one.data.get("loaner"), paper_of(one)
        if other in (None, str(loaner_id)):
            continue
        held = select(Custody.id).where(
            Custody.loaner_id == UUID(other), Custody.statement_id == paper
        )
        there = session.get(CustodyStatement, paper) is not None
        if there != (session.scalar(held) is not None):
            yield Job("reconcile", Subject("unit", UUID(other)))


def _statements(
    session: Session, loaner_id: UUID, decisions: Sequence[Decision]
) -> list[CustodyStatement]:
    """What was stated of the loaner, without the papers that a person found to have meant another
    one, and with those of others that meant this one."""
    settled = list(settled_elsewhere(decisions))
    meant_here = {paper_of(one) for one in settled if one.data.get("loaner") == str(loaner_id)}
    set_aside = {paper_of(one) for one in settled if one.data["subject"]["id"] == str(loaner_id)}
    query = select(CustodyStatement).where(
        (CustodyStatement.loaner_id == loaner_id) | CustodyStatement.id.in_(meant_here)
    )
    return [one for one in session.scalars(query) if one.id not in set_aside]


def settled_elsewhere(decisions: Iterable[Decision]) -> Iterable[Decision]:
    """The settlements by which the later of two papers meant another loaner."""
    for one in decisions:
        if one.kind == findings.SETTLED and one.data["resolution"] == EARLIER_HOLDS:
            yield one


def paper_of(settled: Decision) -> UUID:
    """The statement that was found to have meant another loaner."""
    return UUID(settled.data["evidence"]["later"])


def _around(
    session: Session,
    subject: Subject,
    statements: Sequence[CustodyStatement],
    decisions: Sequence[Decision],
) -> Around:
    sites = {one.holder_id for one in statements if one.holder_type == "site"}
    sites |= {UUID(one.data["site"]) for one in decisions if one.kind == "loaner.reserved"}
    if not sites:
        return Around()
    zones = session.execute(select(Site.id, Site.zone).where(Site.id.in_(sites)))
    moments: dict[str, list[datetime]] = defaultdict(list)
    query = select(Moment.kind, Moment.at).where(
        Moment.subject_type == subject.type, Moment.subject_id == subject.id
    )
    for kind, at in session.execute(query):
        moments[kind].append(at)
    return Around({id_: zone for id_, zone in zones}, agreed_dues(session, statements), moments)


def check_meant(session: Session, data: Data) -> None:
    """The paper may have meant the loaner that is named: it is in the pool, and nobody has found
    before that the paper did not mean it. Raises Refused."""
    if (data["code"], data["resolution"]) != (CONTESTED, EARLIER_HOLDS):
        raise Refused("wrong_value", "loaner", f"it is named with {EARLIER_HOLDS} only")
    named = Subject("unit", UUID(data["loaner"]))
    if session.get(Loaner, named.id) is None:
        raise Refused("unknown", "loaner")
    before = settled_elsewhere(decisions_about(session, named))
    refuted = {paper_of(one) for one in before if one.data["subject"]["id"] == data["loaner"]}
    if data["subject"]["id"] == data["loaner"] or UUID(data["evidence"]["later"]) in refuted:
        raise Refused("wrong_value", "loaner", "the paper was found not to mean this one")

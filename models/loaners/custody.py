"""Custody of one loaner by replay of what was stated: who had it from when until when."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import findings
from models.decisions import decisions_about
from models.derived import Changes, Subject, replace
from models.facts import moments_of
from models.findings import Found
from models.loaners.overdue import OVERDUE
from models.loaners.rows import Custody, CustodyStatement, Loaner
from models.timeline import Folding, Stating, ranks

CONTESTED = "loaner.contested"


def replay(
    loaner_id: UUID,
    statements: Sequence[CustodyStatement],
    set_aside: AbstractSet[UUID] = frozenset(),
    overdue: Sequence[datetime] = (),
) -> Folding:
    """The custody rows of a loaner, in the order of what happened.

    A hand-over to a site while the chain has the loaner at a site is *contested*: both stand, and a
    person says which paper meant which unit. What they set aside holds nothing. `overdue` are
    the moments at which a due date passed.
    """
    folding = Folding(Subject("unit", loaner_id))
    held: Custody | None = None
    counted = [one for one in statements if one.id not in set_aside]
    placed = ranks(Stating(one.id, one.happened, one.origin_id, one.seq, one.id) for one in counted)
    for one in sorted(counted, key=lambda one: placed[one.id]):
        if held is not None:
            held.until = one.happened
            if held.holder_type == one.holder_type == "site":
                evidence = {"earlier": str(held.id), "later": str(one.id)}
                folding.find(CONTESTED, one.happened, held.id, one.id, **evidence)
        held = Custody(
            id=one.id,
            loaner_id=loaner_id,
            holder_type=one.holder_type,
            holder_id=one.holder_id,
            user_id=one.user_id,
            due=one.due,
            overdue=False,
            since=one.happened,
            until=None,
        )
        folding.rows.append(held)
    if held is not None and held.due is not None:
        held.overdue = any(moment > held.since for moment in overdue)
    return folding


def reconcile(session: Session, loaner_id: UUID) -> Changes:
    """Replay the custody of one loaner, which is locked. One not in the pool is a finding."""
    subject = Subject("unit", loaner_id)
    query = select(CustodyStatement).where(CustodyStatement.loaner_id == loaner_id)
    statements = list(session.scalars(query))
    overdue = moments_of(session, subject, OVERDUE)
    folding = replay(loaner_id, statements, _set_aside(session, subject), overdue)
    if statements and session.get(Loaner, loaner_id) is None:
        first = min(one.happened for one in statements)
        unknown = Found("loaner.unknown", (), first, {"loaner": str(loaner_id)})
        folding.rows, folding.found = [], [unknown]
    changes = replace(session, subject, (Custody,), folding.rows)
    changes.sources |= findings.keep(session, subject, folding.found).sources
    return changes


def _set_aside(session: Session, subject: Subject) -> set[UUID]:
    """The hand-overs that a person found to have meant another unit."""
    return {
        UUID(settled.data["evidence"]["later"])
        for settled in decisions_about(session, subject)
        if settled.kind == findings.SETTLED and settled.data["resolution"] == "earlier_holds"
    }

"""Dead work as findings: each piece that is not offered any more is one, until it is run again."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import findings, outbox
from models.derived import Subject
from models.findings import Finding, Found
from models.house import House
from models.ids import derived
from models.outbox import Outbox
from sync import judge

CODE = "job.dead"


def note_dead(house: House) -> int:
    """Make the findings say which work is dead; answers how much is."""
    dead, found = house.database.read(_both)
    if dead.keys() == found:
        return len(dead)

    def body(session: Session, now: datetime) -> int:
        dead, found = _both(session)
        judge.lock(session, sorted(dead.keys() | found))
        for subject in sorted(dead.keys() | found):
            rows = dead.get(subject, [])
            kept = [_found(row) for row in rows[:1]]
            judge.follow(session, now, findings.keep(session, subject, kept))
        return len(dead)

    return house.database.transact(body)


def _both(session: Session) -> tuple[dict[Subject, list[Outbox]], set[Subject]]:
    """The dead work by the subject of its finding, and the subjects that have an open one."""
    dead: dict[Subject, list[Outbox]] = {}
    for row in outbox.dead_rows(session):
        dead.setdefault(Subject("job", derived("job", row.kind, row.subject)), []).append(row)
    query = select(Finding.subject_id).where(Finding.state == "open", Finding.code == CODE)
    return dead, {Subject("job", id_) for id_ in session.scalars(query)}


def _found(row: Outbox) -> Found:
    evidence = {
        "kind": row.kind,
        "subject": str(row.subject),
        "attempts": row.attempts,
        "error": row.error or "whoever worked on it died",
        "run_again": f"onsite jobs retry {row.id}",
    }
    return Found(CODE, (), row.dead or row.created, evidence)

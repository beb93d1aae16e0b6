"""Step 2 of the exchange: one subject's timeline is folded and what follows is written.

Each judgement is one transaction that locks the subject's row, so subjects never wait for one
another. An attempt is counted first, in a transaction of its own: what kills the process is taken
up again by the relay, and after three failures the facts are folded one by one, those that raise
being left out (*held: error*) until a new release judges them again.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, select, tuple_, update
from sqlalchemy.orm import Session

from models import findings, outbox
from models.database import Database
from models.derived import Changes, Job, Subject, replace
from models.dialect import insert_missing
from models.dispatch.rows import WorkItem, WorkOrder
from models.facts import FactSubject, Standing, SubjectRow
from models.feed import mark
from models.timeline import Stated
from models.units import UnitStatement
from sync import folds, limits

FOLDED_TYPES = {"visit", "place", "device", "work_order", "notice", "requisition"}


def judge(database: Database, subject: Subject) -> None:
    """Judge the subject from its timeline. Raises what the fold raises; nothing is then kept."""
    attempts = begin(database, [subject])
    finish(database, subject, careful=attempts[subject] > limits.judgements_tried_whole)


def begin(
    database: Database, subjects: Sequence[Subject], most: int | None = None
) -> dict[Subject, int]:
    """Count an attempt for each subject, before anything can go wrong; answers the counts.

    With `most`, only for so many of them as had not more facts together when they were last judged.
    """

    def body(session: Session, now: datetime) -> dict[Subject, int]:
        begun = dict[Subject, int]()
        facts = 0
        for subject, known in lock(session, subjects).items():
            facts += known.facts
            if most is None or facts <= most:
                begun[subject] = known.attempts + 1
        if begun:
            session.execute(COUNTED, {"subjects": list(begun)})
        return begun

    return database.transact(body)


def finish(database: Database, subject: Subject, careful: bool = False) -> None:
    """Fold the subject's timeline, write what follows, and take its waiting work away."""

    def body(session: Session, now: datetime) -> None:
        lock(session, [subject])
        fold_and_write(session, now, subject, careful)

    database.transact(body)


class Known(NamedTuple):
    """What the row of a subject tells of its judgements."""

    attempts: int
    facts: int


def lock(session: Session, subjects: Sequence[Subject]) -> dict[Subject, Known]:
    """Lock the subjects' rows, made where missing, sorted so that nobody waits in a circle."""
    ranked = sorted(set(subjects))
    # Of several the missing ones are made first: who holds some may not wait for another's making.
    locked = _locked(session, ranked) if len(ranked) == 1 else {}
    if not locked:
        rows = [{"type": type_, "id": id_, "attempts": 0, "facts": 0} for type_, id_ in ranked]
        insert_missing(session, SubjectRow, rows)
        locked = _locked(session, ranked)
    return locked


def _locked(session: Session, ranked: Sequence[Subject]) -> dict[Subject, Known]:
    single = len(ranked) == 1
    given = _named(ranked[0]) if single else {"subjects": ranked}
    rows = session.execute(LOCKED_ONE if single else LOCKED, given)
    return {Subject(type_, id_): Known(*known) for type_, id_, *known in rows}


# What every judgement sends is built once, and says the table's columns and no rows: building costs
# more than running, and so does keeping rows in step.
SUBJECTS = SubjectRow.metadata.tables[SubjectRow.__tablename__]
AMONG = tuple_(SUBJECTS.c.type, SUBJECTS.c.id).in_(bindparam("subjects", expanding=True))
THIS = (SUBJECTS.c.type == bindparam("this_type")) & (SUBJECTS.c.id == bindparam("this_id"))
KNOWN = (SUBJECTS.c.type, SUBJECTS.c.id, SUBJECTS.c.attempts, SUBJECTS.c.facts)
LOCKING = select(*KNOWN).with_for_update()
LOCKED = LOCKING.where(AMONG).order_by(SUBJECTS.c.type, SUBJECTS.c.id)
LOCKED_ONE = LOCKING.where(THIS)  # a list would have to be written into it each time
COUNTED = update(SUBJECTS).where(AMONG).values(attempts=SUBJECTS.c.attempts + 1)
FINISHED = (
    update(SUBJECTS)
    .where(THIS, SUBJECTS.c.attempts != 0)
    .values(attempts=0, facts=bindparam("folded"))
)
ATTEMPTS = select(SUBJECTS.c.attempts).where(THIS)


def _named(subject: Subject) -> dict[str, Any]:
    return {"this_type": subject.type, "this_id": subject.id}


def fold_and_write(session: Session, now: datetime, subject: Subject, careful: bool) -> None:
    """Fold the subject, which is locked, and write rows, findings, marks and outbox."""
    waiting = outbox.waiting(session, "judge", subject)
    fold = FOLDS.get(subject.type, _judge_whole)
    folded = fold(session, now, subject, careful or _has_errors(session, subject))
    outbox.done(session, waiting)
    session.execute(FINISHED, {**_named(subject), "folded": folded})


def attempts_of(session: Session, subject: Subject) -> int:
    """How many judgements of the subject, which is locked, were begun and not finished."""
    return session.scalar(ATTEMPTS, _named(subject)) or 0


def _has_errors(session: Session, subject: Subject) -> bool:
    """Whether a fact about the subject is held because its effect raised when last judged."""
    return session.scalar(ERRORS, subject._asdict()) is not None


ERRORS = (
    select(Standing.id)
    .where(
        Standing.subject_type == bindparam("type"),
        Standing.subject_id == bindparam("id"),
        Standing.reason == "error",
    )
    .limit(1)
)


def follow(session: Session, now: datetime, changes: Changes) -> None:
    """Mark the changed sources and add the work that has to follow."""
    mark(session, changes.sources)
    outbox.put(session, now, changes.jobs)


# What follows from a fold


def _judge_visit(session: Session, now: datetime, subject: Subject, careful: bool) -> int:
    state, wanted = folds.visit_as_folded(session, subject, careful)
    if state.opening is not None:
        _make_work_order(session, now, Subject("work_order", subject.id))
    changes = replace(session, subject, folds.VISIT_TABLES, wanted)
    _merge(changes, findings.keep(session, subject, state.found))
    if changes.sources:  # an arrival that changes no status may still stop a clock
        orders = {row.work_order_id for row in state.rows if isinstance(row, WorkItem)}
        changes.jobs.update(Job("judge", Subject("work_order", order)) for order in orders)
        taken = {row.asset_id for row in state.rows if isinstance(row, UnitStatement)}
        changes.jobs.update(Job("reconcile", Subject("asset", asset)) for asset in taken)
    follow(session, now, changes)
    return len(state.held)


def _make_work_order(session: Session, now: datetime, subject: Subject) -> None:
    """The work order that the visit's own fact opened is there before the visit names it."""
    if session.get(WorkOrder, subject.id) is None:
        lock(session, [subject])
        fold_and_write(session, now, subject, careful=False)


def _judge_alone(session: Session, now: datetime, subject: Subject, careful: bool) -> int:
    """What of the subject has no effect yet: not judged, or held."""
    waiting = list(session.scalars(WAITING, subject._asdict()))
    held: list[tuple[Stated, str | None]] = []
    for fact, folding, rows in folds.alone_as_folded(session, subject, careful, waiting):
        owner = Subject("fact", fact.key)
        follow(session, now, replace(session, owner, folds.ALONE_TABLES, rows))
        for found in folding.found:
            findings.note(session, Subject("device", fact.origin_id), found)
        held.append((fact, folding.held[fact.key]))
    waits = folds.found_waiting(subject, held)
    if subject.type == "place":
        follow(session, now, findings.keep(session, subject, waits))
    else:  # of a device findings are noted, and none is kept
        for found in waits:
            findings.note(session, subject, found)
    return len(waiting)


WAITING = select(FactSubject.fact_key).where(
    FactSubject.subject_type == bindparam("type"),
    FactSubject.subject_id == bindparam("id"),
    FactSubject.own,
    FactSubject.fact_key.not_in(
        select(Standing.id).where(
            Standing.subject_type == bindparam("type"),
            Standing.subject_id == bindparam("id"),
            Standing.state == "effective",
        )
    ),
)


def forget_standings(session: Session, subject: Subject) -> None:
    """Have everything that was stated of the subject, which is locked, judged again."""
    mine = (Standing.subject_type == subject.type, Standing.subject_id == subject.id)
    session.execute(delete(Standing).where(*mine))


def _judge_whole(session: Session, now: datetime, subject: Subject, careful: bool) -> int:
    folding, wanted = folds.whole_as_folded(session, subject, careful)
    changes = replace(session, subject, folds.whole_tables(subject.type), wanted)
    if subject.type in folds.WHOLE:
        _merge(changes, findings.keep(session, subject, folding.found))
    follow(session, now, changes)
    return len(folding.held)


def _merge(changes: Changes, more: Changes) -> None:
    changes.sources |= more.sources
    changes.jobs |= more.jobs


Fold = Callable[[Session, datetime, Subject, bool], int]  # how many facts were folded
FOLDS: dict[str, Fold] = {
    "visit": _judge_visit,
    "place": _judge_alone,
    "device": _judge_alone,
}

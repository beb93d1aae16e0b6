"""Step 2 of the exchange: one subject's timeline is folded and what follows is written.

Each judgement is one transaction that locks the subject's row, so subjects never wait for one
another. An attempt is counted first, in a transaction of its own: what kills the process is taken
up again by the relay, and after three failures the facts are folded one by one, those that raise
being left out (*held: error*) until a new release judges them again.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, bindparam, select, tuple_, update
from sqlalchemy.orm import Session

from models import findings, outbox
from models.database import Database
from models.derived import Changes, Derived, Job, Subject, replace
from models.dialect import insert_missing
from models.dispatch import beginning, disagreements, lifecycle, settlements
from models.dispatch.lifecycle import VisitState
from models.dispatch.reported import Money, Proposal
from models.dispatch.rows import Assignment, Visit, WorkItem, WorkOrder
from models.dispatch.work_orders import WORK_ORDER_TABLES, fold_work_order
from models.facts import FactSubject, Standing, SubjectRow
from models.feed import mark
from models.loaners.rows import CustodyStatement
from models.notices import NOTICE_TABLES, fold_notice
from models.people import Device
from models.photos import Photo
from models.records.rows import RecordVersion
from models.stock import keeping
from models.stock.demand import Transfer
from models.stock.fitted import Debt, Installed
from models.stock.requisitions import REQUISITION_TABLES, fold_requisition
from models.stock.rows import CountLine, PlaceKeeper, StockStatement, Sweep
from models.timeline import Decided, Entry, Folding, Stated, ordered
from models.units import UnitStatement
from sync import limits, timelines
from sync.facts import registry

log = logging.getLogger(__name__)

VISIT_TABLES: tuple[type[Derived], ...] = (
    Standing,
    Visit,
    WorkItem,
    Assignment,
    RecordVersion,
    Photo,
    StockStatement,
    Debt,
    Installed,
    CustodyStatement,
    UnitStatement,
    Proposal,
    Money,
)
PLACE_TABLES: tuple[type[Derived], ...] = (
    Standing,
    Transfer,
    StockStatement,
    CountLine,
    Sweep,
)
FOLDED_TYPES = {"visit", "place", "work_order", "notice", "requisition"}


def judge(database: Database, subject: Subject) -> None:
    """Judge the subject from its timeline. Raises what the fold raises; nothing is then kept."""
    attempts = begin(database, [subject])
    finish(database, subject, careful=attempts[subject] > limits.judgements_tried_whole)


def begin(database: Database, subjects: Sequence[Subject]) -> dict[Subject, int]:
    """Count an attempt for each subject, before anything can go wrong; answers the counts."""

    def body(session: Session, now: datetime) -> dict[Subject, int]:
        before = lock(session, subjects)
        session.execute(COUNTED, {"subjects": list(before)})
        return {subject: attempts + 1 for subject, attempts in before.items()}

    return database.transact(body)


def finish(database: Database, subject: Subject, careful: bool = False) -> None:
    """Fold the subject's timeline, write what follows, and take its waiting work away."""

    def body(session: Session, now: datetime) -> None:
        lock(session, [subject])
        fold_and_write(session, now, subject, careful)

    database.transact(body)


def lock(session: Session, subjects: Sequence[Subject]) -> dict[Subject, int]:
    """Lock the subjects' rows, made where missing, sorted so that nobody waits in a circle; answers
    how many attempts are counted of each."""
    ranked = sorted(set(subjects))
    # Of several the missing ones are made first: who holds some may not wait for another's making.
    locked = _locked(session, ranked) if len(ranked) == 1 else {}
    if not locked:
        rows = [{"type": type_, "id": id_, "attempts": 0} for type_, id_ in ranked]
        insert_missing(session, SubjectRow, rows)
        locked = _locked(session, ranked)
    return locked


def _locked(session: Session, ranked: Sequence[Subject]) -> dict[Subject, int]:
    single = len(ranked) == 1
    given = _named(ranked[0]) if single else {"subjects": ranked}
    rows = session.execute(LOCKED_ONE if single else LOCKED, given)
    return {Subject(type_, id_): attempts for type_, id_, attempts in rows}


# What every judgement sends is built once, and says the table's columns and no rows: building costs
# more than running, and so does keeping rows in step.
SUBJECTS = SubjectRow.metadata.tables[SubjectRow.__tablename__]
AMONG = tuple_(SUBJECTS.c.type, SUBJECTS.c.id).in_(bindparam("subjects", expanding=True))
THIS = (SUBJECTS.c.type == bindparam("this_type")) & (SUBJECTS.c.id == bindparam("this_id"))
LOCKING = select(SUBJECTS.c.type, SUBJECTS.c.id, SUBJECTS.c.attempts).with_for_update()
LOCKED = LOCKING.where(AMONG).order_by(SUBJECTS.c.type, SUBJECTS.c.id)
LOCKED_ONE = LOCKING.where(THIS)  # a list would have to be written into it each time
COUNTED = update(SUBJECTS).where(AMONG).values(attempts=SUBJECTS.c.attempts + 1)
FINISHED = update(SUBJECTS).where(THIS, SUBJECTS.c.attempts != 0).values(attempts=0)
ATTEMPTS = select(SUBJECTS.c.attempts).where(THIS)


def _named(subject: Subject) -> dict[str, Any]:
    return {"this_type": subject.type, "this_id": subject.id}


def fold_and_write(session: Session, now: datetime, subject: Subject, careful: bool) -> None:
    """Fold the subject, which is locked, and write rows, findings, marks and outbox."""
    waiting = outbox.waiting(session, "judge", subject)
    fold = FOLDS.get(subject.type, _judge_other)
    fold(session, now, subject, careful or _has_errors(session, subject))
    outbox.done(session, waiting)
    session.execute(FINISHED, _named(subject))


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


# Visits: the whole timeline is folded.


def _judge_visit(session: Session, now: datetime, subject: Subject, careful: bool) -> None:
    state, wanted = visit_as_folded(session, subject, careful)
    for order in sorted(state.requested):
        _make_work_order(session, now, Subject("work_order", order))
    changes = replace(session, subject, VISIT_TABLES, wanted)
    _merge(changes, findings.keep(session, subject, state.found))
    if changes.sources:  # an arrival that changes no status may still stop a clock
        orders = {row.work_order_id for row in state.rows if isinstance(row, WorkItem)}
        changes.jobs.update(Job("judge", Subject("work_order", order)) for order in orders)
        taken = {row.asset_id for row in state.rows if isinstance(row, UnitStatement)}
        changes.jobs.update(Job("reconcile", Subject("asset", asset)) for asset in taken)
    follow(session, now, changes)


def _make_work_order(session: Session, now: datetime, subject: Subject) -> None:
    """The work order that the visit's own fact opened is there before the visit names it."""
    if session.get(WorkOrder, subject.id) is None:
        lock(session, [subject])
        fold_and_write(session, now, subject, careful=False)


def visit_as_folded(
    session: Session, subject: Subject, careful: bool
) -> tuple[VisitState, list[Derived]]:
    """What the visit's timeline folds to, and the rows that follow. Writes nothing."""
    entries = ordered(timelines.of_visit(session, subject))
    sites = timelines.known_sites(session, entries)
    raising: set[UUID] = set()
    while True:
        state = beginning.begin(subject.id, entries, sites)
        wrong = _fold_entries(state, entries, raising, careful)
        if wrong is None:
            break
        raising.add(wrong.key)
    disagreements.look(state)
    lifecycle.derive_rows(state)
    stated = {entry.key: entry for entry in entries if isinstance(entry, Stated) and entry.own}
    return state, [*state.rows, *_standings(state, stated)]


def _fold_entries(
    state: VisitState, entries: Sequence[Entry], raising: set[UUID], careful: bool
) -> Stated | None:
    """Fold the entries into the state, and hold the facts that are known to raise.

    Carefully, answers the first other one that raises: with it the state is spoilt.
    """
    for entry in entries:
        if isinstance(entry, Decided):
            settlements.decide(state, entry)
        elif isinstance(entry, Stated) and entry.key in raising:
            state.hold(entry, "error")
        elif isinstance(entry, Stated):
            try:
                _apply(state, entry)
            except Exception:
                if not careful:
                    raise
                log.exception("fact %s is held: its effect raises", entry.key)
                return entry
    return None


def _apply(state: VisitState, fact: Stated) -> None:
    if fact.own and state.admits(fact):
        registry.KINDS[fact.kind].effect(state, fact)


def _standings(folding: Folding, stated: dict[UUID, Stated]) -> list[Derived]:
    return [
        Standing(
            id=key,
            origin_id=stated[key].origin_id,
            subject_type=folding.subject.type,
            subject_id=folding.subject.id,
            state="effective" if reason is None else "held",
            reason=reason,
        )
        for key, reason in folding.held.items()
    ]


def _merge(changes: Changes, more: Changes) -> None:
    changes.sources |= more.sources
    changes.jobs |= more.jobs


# Places and devices: what is stated of one stands by itself, so only what waits is judged.

OWNERS: dict[str, Select[UUID]] = {
    "place": select(PlaceKeeper.user_id).where(PlaceKeeper.place_id == bindparam("id")),
    "device": select(Device.user_id).where(Device.id == bindparam("id")),
}


def _judge_alone(session: Session, now: datetime, subject: Subject, careful: bool) -> None:
    owners = set(session.scalars(OWNERS[subject.type], {"id": subject.id}))
    not_kept: list[tuple[UUID, Stated]] = []
    for fact in timelines.facts_about(session, subject, _waiting(session, subject)):
        folding = _fold_alone(subject, fact, owners, careful)
        wanted = [*folding.rows, *_standings(folding, {fact.key: fact})]
        owner = Subject("fact", fact.key)
        follow(session, now, replace(session, owner, PLACE_TABLES, wanted))
        if fact.doubt is not None and folding.held[fact.key] is None:
            evidence = {"device": str(fact.origin_id), "doubt": fact.doubt, "about": str(subject)}
            causes = (fact.origin_id, fact.doubt, subject)
            doubtful = findings.Found("device.clock", causes, fact.happened, evidence)
            folding.found.append(doubtful)
        for found in folding.found:
            findings.note(session, Subject("device", fact.origin_id), found)
        if folding.held[fact.key] in keeping.NOT_KEPT:
            not_kept.append((subject.id, fact))
    if subject.type == "place":  # of a device findings are noted, and none is kept
        follow(session, now, findings.keep(session, subject, list(keeping.not_kept(not_kept))))


def _waiting(session: Session, subject: Subject) -> list[UUID]:
    """The subject's own facts that have no effect yet: not judged, or held."""
    return list(session.scalars(WAITING, subject._asdict()))


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


def _fold_alone(subject: Subject, fact: Stated, owners: set[UUID], careful: bool) -> Folding:
    folding = Folding(subject)
    reason = _reason_to_hold(fact, owners)
    folding.held[fact.key] = reason
    if reason is None:
        try:
            registry.KINDS[fact.kind].effect(folding, fact)
        except Exception:
            if not careful:
                raise
            log.exception("fact %s is held: its effect raises", fact.key)
            folding = Folding(subject, held={fact.key: "error"})
    return folding


def _reason_to_hold(fact: Stated, owners: set[UUID]) -> str | None:
    if not owners:
        return "unknown_subject"
    if fact.author_id not in owners:
        return "not_assigned"
    return fact.held


# What is folded whole but has no rules of admission here; and what nobody folds yet: facts about it
# are of newer kinds.


class Whole(NamedTuple):
    """How a subject follows from its timeline: its tables, and what puts rows, findings and the
    standing of its own facts into the folding."""

    tables: tuple[type[Derived], ...]
    fold: Callable[[Session, Folding, Sequence[Entry]], None]


WHOLE: dict[str, Whole] = {
    "work_order": Whole(WORK_ORDER_TABLES, fold_work_order),
    "notice": Whole(NOTICE_TABLES, fold_notice),
    "requisition": Whole(REQUISITION_TABLES, fold_requisition),
}


def _judge_other(session: Session, now: datetime, subject: Subject, careful: bool) -> None:
    folding, entries = Folding(subject), ordered(timelines.read(session, subject))
    stated = {one.key: one for one in entries if isinstance(one, Stated) and one.own}
    for fact in stated.values():
        folding.hold(fact, fact.held or "newer")
    tables: tuple[type[Derived], ...] = (Standing,)
    if subject.type in WHOLE:
        more, fold = WHOLE[subject.type]
        tables = (*tables, *more)
        fold(session, folding, entries)
    changes = replace(session, subject, tables, [*folding.rows, *_standings(folding, stated)])
    if subject.type in WHOLE:
        _merge(changes, findings.keep(session, subject, folding.found))
    follow(session, now, changes)


Fold = Callable[[Session, datetime, Subject, bool], None]
FOLDS: dict[str, Fold] = {
    "visit": _judge_visit,
    "place": _judge_alone,
    "device": _judge_alone,
}

"""What timelines come to: pure folds of one subject's facts, decisions and moments. Nothing is
written here.

Fold carefully, and a fact whose effect raises is left out and *held: error*, so that its neighbours
take effect.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from models import revoked
from models.decisions import decisions_about
from models.derived import Derived, Subject
from models.dispatch import beginning, disagreements, lifecycle, settlements
from models.dispatch.lifecycle import VisitState
from models.dispatch.reported import Money, Proposal
from models.dispatch.rows import Assignment, Visit, WorkItem
from models.dispatch.work_orders import WORK_ORDER_TABLES, fold_work_order
from models.doubts import doubts_of
from models.facts import Standing
from models.findings import SETTLED, Found
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
from sync import timelines
from sync.facts import registry

log = logging.getLogger(__name__)

Tables = tuple[type[Derived], ...]
VISIT_TABLES: Tables = (
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
ALONE_TABLES: Tables = (Standing, Transfer, StockStatement, CountLine, Sweep)


# Visits: the whole timeline is folded.


def visit_as_folded(
    session: Session, subject: Subject, careful: bool
) -> tuple[VisitState, list[Derived]]:
    """What the visit's timeline folds to, and the rows that follow."""
    entries = ordered(timelines.of_visit(session, subject))
    sites = timelines.open_sites(session, subject, entries)
    raising: set[UUID] = set()
    while True:
        state = beginning.begin(subject.id, entries, sites)
        wrong = _fold_entries(state, entries, raising, careful)
        if wrong is None:
            break
        raising.add(wrong.key)
    disagreements.look(state)
    lifecycle.derive_rows(state)
    return state, [*state.rows, *_standings(state, _own(entries))]


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
                _log(entry)
                return entry
    return None


def _apply(state: VisitState, fact: Stated) -> None:
    if fact.own and state.admits(fact):
        registry.KINDS[fact.kind].effect(state, fact)


# Places and devices: what is stated of one stands by itself, and owns what follows from it.


class Alone(NamedTuple):
    """A fact that stands by itself, and what it comes to."""

    fact: Stated
    folding: Folding
    rows: list[Derived]


OWNERS: Mapping[str, Select[UUID]] = {
    "place": select(PlaceKeeper.user_id).where(PlaceKeeper.place_id == bindparam("id")),
    "device": select(Device.user_id).where(Device.id == bindparam("id")),
}


def alone_as_folded(
    session: Session, subject: Subject, careful: bool, keys: Sequence[UUID] | None = None
) -> Iterable[Alone]:
    """What the subject's own facts come to one by one, or those of them with the given keys."""
    owners = set(session.scalars(OWNERS[subject.type], {"id": subject.id}))
    for fact in _heeded(session, subject, timelines.facts_about(session, subject, keys)):
        if fact.own:
            folding = _fold_alone(subject, fact, owners, careful)
            rows = [*folding.rows, *_standings(folding, {fact.key: fact})]
            yield Alone(fact, folding, rows)


def _heeded(session: Session, subject: Subject, facts: Sequence[Stated]) -> Iterable[Stated]:
    """The facts, of which those are held no more that somebody adopted."""
    if not any(fact.held == revoked.HELD for fact in facts):
        return facts
    settled = decisions_about(session, subject, SETTLED)
    adopted = revoked.adopted(one.data for one in settled)
    return [revoked.heeding(fact, adopted) for fact in facts]


def found_waiting(subject: Subject, held: Iterable[tuple[Stated, str | None]]) -> list[Found]:
    """What must be looked at of the subject's own facts, given with the reasons why they are held:
    what somebody stated of a place that they do not keep, or on a device that was revoked."""
    held = list(held)
    not_kept = [(subject.id, fact) for fact, reason in held if reason in keeping.NOT_KEPT]
    found = list(keeping.not_kept(not_kept)) if subject.type == "place" else []
    return found + [revoked.found(fact) for fact, reason in held if reason == revoked.HELD]


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
            _log(fact)
            folding = Folding(subject, held={fact.key: "error"})
    if fact.doubt is not None and folding.held[fact.key] is None:
        evidence = {"device": str(fact.origin_id), "doubt": fact.doubt, "about": str(subject)}
        causes = (fact.origin_id, fact.doubt, subject)
        folding.found.append(Found("device.clock", causes, fact.happened, evidence))
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

    tables: Tables
    fold: Callable[[Session, Folding, Sequence[Entry]], None]


WHOLE: dict[str, Whole] = {
    "work_order": Whole(WORK_ORDER_TABLES, fold_work_order),
    "notice": Whole(NOTICE_TABLES, fold_notice),
    "requisition": Whole(REQUISITION_TABLES, fold_requisition),
}
HELD: Tables = (Standing,)  # of what nobody folds


def whole_tables(type_: str) -> Tables:
    """The tables that the timeline of such a subject fills."""
    return (*HELD, *WHOLE[type_].tables) if type_ in WHOLE else HELD


def whole_as_folded(
    session: Session, subject: Subject, careful: bool
) -> tuple[Folding, list[Derived]]:
    """What the subject's timeline folds to, and the rows that follow."""
    entries = _adopting(ordered(timelines.read(session, subject)))
    raising: set[UUID] = set()
    while True:
        try:
            folding = _fold_whole(session, subject, entries, raising)
            return folding, [*folding.rows, *_standings(folding, _own(entries))]
        except Exception:
            wrong = _first_raising(session, subject, entries, raising) if careful else None
            if wrong is None:  # no fact alone is to blame
                raise
            _log(wrong)
            raising.add(wrong.key)


def _adopting(entries: Sequence[Entry]) -> list[Entry]:
    """The entries, of which those facts are held no more that somebody adopted."""
    decided = (one for one in entries if isinstance(one, Decided) and one.kind == SETTLED)
    adopted = revoked.adopted(one.data for one in decided)
    return [revoked.heeding(e, adopted) if isinstance(e, Stated) else e for e in entries]


def _fold_whole(
    session: Session, subject: Subject, entries: Sequence[Entry], raising: set[UUID]
) -> Folding:
    folding = Folding(subject)
    for fact in _own(entries).values():
        folding.hold(fact, fact.held or "newer")
    if subject.type in WHOLE:
        kept = [e for e in entries if not isinstance(e, Stated) or e.key not in raising]
        WHOLE[subject.type].fold(session, folding, kept)
    folding.held |= dict.fromkeys(raising & folding.held.keys(), "error")
    _look_at(folding, _own(entries).values())
    return folding


def _look_at(folding: Folding, facts: Iterable[Stated]) -> None:
    """What must be looked at of the facts, whatever their kind: who stated them, and when."""
    ahead: dict[UUID, timedelta] = {}
    for fact in facts:
        reason = folding.held[fact.key]
        if reason == revoked.HELD:
            folding.found.append(revoked.found(fact))
        for doubt in doubts_of(fact, ahead) if reason is None else ():
            evidence = {"device": str(fact.origin_id), "doubt": doubt}
            folding.find("device.clock", fact.happened, fact.origin_id, doubt, **evidence)


def _first_raising(
    session: Session, subject: Subject, entries: Sequence[Entry], raising: set[UUID]
) -> Stated | None:
    """The fact with which a fold raises that did not raise with all facts before it; None where
    it raises without any."""
    facts = [one for one in entries if isinstance(one, Stated) and one.key not in raising]
    later = {one.key for one in facts}
    for fact in (None, *facts):
        later -= set() if fact is None else {fact.key}
        try:
            _fold_whole(session, subject, entries, raising | later)
        except Exception:
            return fact
    return None


def _own(entries: Sequence[Entry]) -> dict[UUID, Stated]:
    return {one.key: one for one in entries if isinstance(one, Stated) and one.own}


def _standings(folding: Folding, stated: Mapping[UUID, Stated]) -> list[Derived]:
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


def _log(fact: Stated) -> None:
    log.exception("fact %s is held: its effect raises", fact.key)

"""Decisions: one transaction locks all subjects, checks, writes the row with what was seen, folds.

A decision is never undone or judged again, only followed by another.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from models import decisions, erasing, notices, outbox, workshop
from models.contracts.desk import freeze
from models.contracts.promising import NOTED, OPENED
from models.database import Database
from models.decisions import Decision
from models.derived import Changes, Subject
from models.dispatch import desk
from models.findings import SETTLED
from models.ids import Ids
from models.loaners import custody, reserving
from models.loaners import desk as loaner_desk
from models.returns import asking, deciding, receiving
from models.returns import replay as returns
from models.stock import (
    books,
    closing,
    debts,
    gates,
    keeping,
    ordering,
    orders,
    requisitions,
    shipping,
)
from models.stock import desk as stock_desk
from models.stock.statement import confirming
from models.units import TURNS
from sync import judge, photos, settling

Data = Mapping[str, Any]


def _no_effect(session: Session, decision: Decision) -> Changes:
    return Changes(set(), set())


def _nothing(session: Session, data: Data) -> Sequence[Subject]:
    return ()


def _blindly(session: Session, data: Data) -> Data:
    return {}


def _as_it_is(session: Session, now: datetime, data: Data) -> Data:
    return data


@dataclass(frozen=True)
class DecisionKind:
    """What a kind of decision is about, what it checks, and what it writes itself.

    Its subjects are locked, and so is what the check looks at `beside` them, which must not change
    meanwhile. `sees` tells how its subjects stood, on which the decision rests. What it means for
    their timelines, the fold says.
    """

    subjects: Callable[[Data], Sequence[Subject]]
    check: Callable[[Session, Data], object]
    effect: Callable[[Session, Decision], Changes] = _no_effect
    complete: Callable[[Session, datetime, Data], Data] = _as_it_is
    beside: Callable[[Session, Data], Sequence[Subject]] = _nothing
    sees: Callable[[Session, Data], Data] = _blindly

    def locked(self, session: Session, data: Data) -> set[Subject]:
        """Everything that has to be locked."""
        return {*self.subjects(data), *self.beside(session, data)}


KINDS: dict[str, DecisionKind] = {
    OPENED: DecisionKind(desk.work_order_subjects, desk.check_work_order, complete=freeze),
    NOTED: DecisionKind(desk.work_order_subjects, desk.check_noted),
    "work_order.changed": DecisionKind(
        desk.work_order_subjects, desk.check_change, desk.judge_visits
    ),
    "work_order.cancelled": DecisionKind(desk.work_order_subjects, desk.check_cancelling),
    "visit.planned": DecisionKind(
        desk.visit_subjects,
        desk.check_plan,
        complete=desk.keep_opening,
        beside=desk.beside_plan,
        sees=desk.status_seen,
    ),
    "visit.assigned": DecisionKind(
        desk.visit_subjects, desk.check_crew, beside=desk.beside_crew, sees=desk.status_seen
    ),
    "visit.unassigned": DecisionKind(
        desk.visit_subjects, desk.check_unassigning, sees=desk.status_seen
    ),
    "visit.cancelled": DecisionKind(
        desk.visit_subjects, desk.check_not_ended, sees=desk.status_seen
    ),
    stock_desk.OPENED: DecisionKind(
        stock_desk.opening_subjects, stock_desk.check_opening, stock_desk.write_opening
    ),
    "stock.shipped": DecisionKind(
        shipping.shipment_subjects, shipping.check_shipment, shipping.write_shipment
    ),
    "stock.removed": DecisionKind(
        shipping.removing_subjects,
        shipping.check_removing,
        shipping.write_removing,
        complete=shipping.refuse_far,
    ),
    "delivery.expected": DecisionKind(
        shipping.delivery_subjects,
        shipping.check_delivery,
        shipping.write_delivery,
        complete=shipping.refuse_far,
    ),
    closing.CLOSED: DecisionKind(shipping.delivery_subjects, closing.check_closing),
    requisitions.OPENED: DecisionKind(
        requisitions.subjects, requisitions.check_opening, complete=ordering.freeze
    ),
    orders.PASSED: DecisionKind(requisitions.subjects, gates.check_passing),
    orders.REOPENED: DecisionKind(requisitions.subjects, gates.check_reopening),
    orders.TOLD: DecisionKind(
        requisitions.subjects, gates.check_telling, complete=gates.refuse_future
    ),
    "requisition.reserved": DecisionKind(
        requisitions.reserving_subjects, requisitions.check_reserving
    ),
    "requisition.released": DecisionKind(requisitions.subjects, requisitions.check_claims),
    "requisition.picked": DecisionKind(requisitions.subjects, requisitions.check_claims),
    "requisition.refused": DecisionKind(requisitions.subjects, requisitions.check_open),
    "loaner.placed": DecisionKind(
        loaner_desk.subjects, loaner_desk.check_placing, loaner_desk.write_placing
    ),
    "loaner.reserved": DecisionKind(
        loaner_desk.subjects, reserving.check_reserving, complete=reserving.refuse_past
    ),
    "loaner.released": DecisionKind(loaner_desk.subjects, reserving.check_releasing),
    "loaner.extended": DecisionKind(
        loaner_desk.subjects, loaner_desk.check_extending, complete=loaner_desk.name_loan
    ),
    "loaner.inspected": DecisionKind(
        loaner_desk.subjects, loaner_desk.check_inspecting, sees=loaner_desk.state_seen
    ),
    "loaner.lost": DecisionKind(
        loaner_desk.subjects, loaner_desk.check_losing, sees=loaner_desk.state_seen
    ),
    "loaner.sold": DecisionKind(
        loaner_desk.subjects, loaner_desk.check_selling, sees=loaner_desk.state_seen
    ),
    **{
        f"unit.{step}": DecisionKind(
            workshop.subjects, workshop.check(step), sees=workshop.step_seen
        )
        for step in TURNS
    },
    "notice.sent": DecisionKind(notices.subjects, notices.check_sending),
    "notice.withdrawn": DecisionKind(notices.subjects, notices.check_withdrawing),
    confirming.CONFIRMED: DecisionKind(
        confirming.subjects, confirming.check, complete=confirming.freeze
    ),
    debts.ASSIGNED: DecisionKind(debts.subjects, debts.check),
    debts.RECEIVED: DecisionKind(
        debts.receiving_subjects, debts.check_receiving, debts.write_receiving
    ),
    returns.ASKED: DecisionKind(
        asking.subjects, asking.check_asking, complete=asking.freeze, beside=asking.beside
    ),
    returns.PERMITTED: DecisionKind(asking.subjects, deciding.check_permitting),
    returns.REFUSED: DecisionKind(asking.subjects, deciding.check_turn(*deciding.TURNS["refused"])),
    returns.RECEIVED: DecisionKind(
        receiving.receiving_subjects,
        receiving.check_receiving,
        receiving.write_receiving,
    ),
    returns.CLOSED: DecisionKind(asking.subjects, deciding.check_closing),
    "photo.erased": DecisionKind(erasing.subjects, erasing.check_erasing, erasing.write_erasing),
    SETTLED: DecisionKind(
        settling.subjects_settled,
        settling.check_settlement,
        settling.write_settlement,
        beside=settling.beside_settlement,
    ),
}


def decide(
    database: Database,
    ids: Ids,
    user_id: UUID,
    kind: str,
    data: Data,
    seen: Data | None = None,
) -> Decision:
    """Take a decision; answers its row. Raises Refused, and then nothing has changed.

    `data` are JSON values in the shape of the kind; `seen` is what the decider saw, if stated.
    """
    return database.transact(
        lambda session, now: take(session, now, ids, user_id, kind, data, seen)
    )


def take(
    session: Session,
    now: datetime,
    ids: Ids,
    user_id: UUID,
    kind: str,
    data: Data,
    seen: Data | None = None,
) -> Decision:
    """Take a decision as `decide` does, within a transaction.

    Who takes several in one transaction locks the subjects of all of them first.
    """
    rules = KINDS[kind]
    subjects = sorted(set(rules.subjects(data)))
    _lock(session, rules, data)
    for subject in subjects:
        _catch_up(session, now, subject)
    rules.check(session, data)
    decision = Decision(
        id=ids.new(now),
        kind=kind,
        user_id=user_id,
        at=decisions.next_moment(session, now, subjects),
        data=dict(rules.complete(session, now, data)),
        seen={**rules.sees(session, data), **(seen or {})},
    )
    decisions.record(session, decision, subjects)
    since = _follow(session, now, subjects, rules.effect(session, decision))
    for subject in subjects:
        refold(session, now, subject, since.get(subject))
    return decision


def _follow(
    session: Session, now: datetime, subjects: Sequence[Subject], changes: Changes
) -> dict[Subject, datetime | None]:
    """Mark what changed and put off what has to follow, but the replay of the subjects, which are
    locked already; answers from when on each of these may be otherwise."""
    own = {job for job in changes.jobs if job.kind == "reconcile" and job.subject in subjects}
    judge.follow(session, now, Changes(changes.sources, changes.jobs - own))
    return {job.subject: job.since for job in own}


def _lock(session: Session, rules: DecisionKind, data: Data) -> None:
    """Lock the subjects and what stands beside them.

    Whoever waited may find more beside them by then, and locks that too; if two then wait in a
    circle, one of them begins anew.
    """
    locked: set[Subject] = set()
    while not (wanted := rules.locked(session, data)) <= locked:
        judge.lock(session, list(wanted))
        locked |= wanted


def _catch_up(session: Session, now: datetime, subject: Subject) -> None:
    """Replay what was stated and not replayed yet, so that nothing is taken that is gone."""
    if subject.type in REPLAYS:
        reconcile(session, now, subject)


def reconcile(session: Session, now: datetime, subject: Subject) -> None:
    """Do what waits to be replayed of the subject, which is locked."""
    waiting = outbox.waiting(session, "reconcile", subject)
    if waiting:
        refold(session, now, subject, outbox.earliest(session, waiting))
        outbox.done(session, waiting)


def refold(
    session: Session, now: datetime, subject: Subject, since: datetime | None = None
) -> None:
    """Derive everything that follows for the subject, which is locked; of a book what may be
    otherwise from `since` on, and all of it where that is not known."""
    if subject.type in judge.FOLDED_TYPES:
        # Where a judgement failed before, its fact must not stand in the way of a decision too.
        tried = judge.attempts_of(session, subject)
        judge.fold_and_write(session, now, subject, careful=tried > 0)
    elif subject.type in REPLAYS:
        judge.follow(session, now, REPLAYS[subject.type](session, now, subject.id, since))


REPLAYS: dict[str, Callable[[Session, datetime, UUID, datetime | None], Changes]] = {
    "book": books.reconcile_book,
    "shelves": books.reconcile_shelves,
    "transfer": books.reconcile_transfer,
    keeping.KEEPING: lambda session, now, id_, since: keeping.heard(session, id_),
    "unit": lambda session, now, id_, since: custody.reconcile(session, id_),
    "asset": lambda session, now, id_, since: workshop.reconcile(session, id_),
    "return": lambda session, now, id_, since: returns.reconcile(session, id_),
    "photo": lambda session, now, id_, since: photos.refind(session, Subject("photo", id_)),
}

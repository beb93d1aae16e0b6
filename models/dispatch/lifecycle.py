"""How a visit's state follows from its timeline: the desk plans, the field reports, reality wins.

A fold: the same entries give the same state, whatever order they arrived in. No clock is read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from models.clock import instant_from
from models.derived import Derived
from models.dispatch import differing
from models.dispatch.basis import Basis
from models.dispatch.differing import Outcome
from models.dispatch.rows import Assignment, Visit, WorkItem
from models.doubts import doubts_of
from models.findings import Found
from models.ids import derived
from models.stock.debts import ASSIGNED, RECEIVED
from models.stock.fitted import Debt
from models.timeline import Decided, Folding, Stated

NOT_STARTED = {"planned", "assigned", "accepted", "declined", "travelling", "cancelled"}
ENDED = {"done", "incomplete", "failed"}
WORK = {"visit.arrived", "record.sealed"}  # what is only stated of work on site


class Before(NamedTuple):
    """How the visit stood when a decision was taken, for what would reverse it."""

    plan: dict[str, Any]
    status: str
    cancelled: Decided | None


@dataclass
class VisitState(Folding):
    """A visit while its timeline is being folded.

    `ever_assigned`, `adopted` and the first plan are known beforehand, from all decisions: somebody
    who is assigned later than they worked was still assigned, what was adopted counts from when it
    happened, and what a wrong clock puts before the visit was planned still has its site.
    So is `opening`, the fact that opened a visit in the field, and `answers`, what the desk said
    to facts that asked it something.

    `settled` is how each finding was settled last, by its id; `used` are the rows that follow from
    what each seal says was used, by the key of its fact.
    """

    ever_assigned: set[UUID] = field(default_factory=set)
    adopted: set[UUID] = field(default_factory=set)
    answers: dict[UUID, str] = field(default_factory=dict)
    opening: UUID | None = None
    known: bool = False
    status: str = "planned"
    plan: dict[str, Any] = field(default_factory=dict)
    plans: int = 0
    changes: dict[str, int] = field(default_factory=dict)
    crew: list[Assignment] = field(default_factory=list)
    epoch: int = 0
    cancelled: Decided | None = None
    billed: bool = False
    seals: list[Stated] = field(default_factory=list)
    unheard: list[Stated] = field(default_factory=list)
    result: str | None = None
    present: set[UUID] = field(default_factory=set)
    ahead: dict[UUID, timedelta] = field(default_factory=dict)
    debtors: dict[UUID, UUID | None] = field(default_factory=dict)
    before: dict[UUID, Before] = field(default_factory=dict)
    settled: dict[UUID, Decided] = field(default_factory=dict)
    used: dict[UUID, list[Derived]] = field(default_factory=dict)
    worked: dict[UUID, datetime] = field(default_factory=dict)
    worked_late: dict[UUID, datetime] = field(default_factory=dict)
    outcomes: dict[int, dict[UUID, Outcome]] = field(default_factory=dict)

    @property
    def site_id(self) -> UUID:
        """Where the visit goes. Only a known visit has a site."""
        return UUID(self.plan["site"])

    @property
    def basis(self) -> Basis:
        """Which plan and terms are in force at this point of the fold."""
        orders = [item["work_order"] for item in self.plan["items"]]
        changes = sum(self.changes.get(order, 0) for order in orders)
        return Basis(self.epoch, self.plans, changes)

    def current_crew(self) -> dict[UUID, Assignment]:
        """Who is assigned at this point of the fold."""
        return {one.user_id: one for one in self.crew if one.until is None}

    def admits(self, fact: Stated) -> bool:
        """Whether the fact takes effect; if not it is held, and what must be looked at is noted."""
        reason = self._reason_to_hold(fact)
        self.held[fact.key] = reason
        if reason is None:
            self._look_at(fact)
            return True
        if reason == "unknown_subject":
            self.unheard.append(fact)
        code = _code_of_held(reason, fact.kind)
        if code is not None:
            self.find(code, fact.happened, fact.key, fact=str(fact.id), key=str(fact.key))
        return False

    def _reason_to_hold(self, fact: Stated) -> str | None:
        adopted = fact.key in self.adopted
        if not self.known:
            return fact.held or "unknown_subject"
        if fact.author_id not in self.ever_assigned and not adopted:
            return "not_assigned"
        # A seal counts only if it was received before the revocation.
        if fact.held == "revoked" and adopted and fact.kind != "record.sealed":
            return None
        return fact.held

    def _look_at(self, fact: Stated) -> None:
        self._look_at_clock(fact)
        late = fact.author_id not in self.current_crew() and fact.author_id in self._former()
        if late:
            evidence = {"author": str(fact.author_id), "last_fact": str(fact.id)}
            self.find("visit.late_work", fact.happened, fact.author_id, **evidence)
        if self.cancelled is not None:
            evidence = {"decision": str(self.cancelled.id), "last_fact": str(fact.id)}
            code = "visit.work_after_cancellation"
            self.find(code, fact.happened, self.cancelled.id, **evidence)
        if fact.kind in WORK and fact.author_id is not None:
            workers = self.worked_late if late else self.worked
            workers.setdefault(fact.author_id, fact.happened)
            self._look_at_packet(fact)

    def _look_at_clock(self, fact: Stated) -> None:
        for doubt in doubts_of(fact, self.ahead):
            evidence = {"device": str(fact.origin_id), "doubt": doubt}
            self.find("device.clock", fact.happened, fact.origin_id, doubt, **evidence)

    def _look_at_packet(self, fact: Stated) -> None:
        """Whether the work was done by a plan or by terms that had been changed before it."""
        seen, now = Basis.read(fact.basis), self.basis
        if seen is not None and seen.older_than(now):
            evidence = {"author": str(fact.author_id), "seen": str(seen), "in_force": str(now)}
            causes = (fact.author_id, now.plans, now.changes)
            self.find("visit.old_packet", fact.happened, *causes, **evidence)

    def _former(self) -> set[UUID]:
        return {one.user_id for one in self.crew if one.until is not None}

    def progress(self, fact: Stated, status: str) -> None:
        """The visit has come so far. Announcements by people no longer assigned change nothing."""
        if status in NOT_STARTED and (fact.author_id not in self.current_crew() or self.begun):
            return
        self.status = status
        if status in ENDED:
            self.note_outcome(fact, status)

    def note_outcome(self, fact: Stated, status: str) -> None:
        """One of the crew says how the visit ended."""
        member = None if fact.author_id is None else self.current_crew().get(fact.author_id)
        if member is not None:
            outcome = Outcome(status, fact.happened)
            self.outcomes.setdefault(self.epoch, {})[member.user_id] = outcome
            self.heed_words(self.epoch)

    @property
    def begun(self) -> bool:
        """Whether work on site has begun or ended."""
        return self.status not in NOT_STARTED

    def finish(self, fact: Stated) -> None:
        """The technician left: done if a record says so, else another visit is needed."""
        if self.status not in ENDED:
            self.status = self.result or "incomplete"

    def seal(self, fact: Stated) -> None:
        """A record was sealed, and with it said how the visit ended."""
        self.seals.append(fact)
        self.status = self.result = fact.data["result"]
        self.note_outcome(fact, self.status)
        self.heed_records()

    def chosen(self, found: Found | None) -> str | None:
        """How a person settled this finding last, if that rests on the evidence as it is."""
        settled = None if found is None else self.settled.get(found.id_about(self.subject))
        if found is None or settled is None or settled.data["digest"] != found.digest:
            return None
        return str(settled.data["resolution"])

    def heed_words(self, epoch: int) -> None:
        """The visit ended as a person says who knew just these words of that crew, unless work goes
        on, or another crew has ended it since."""
        outcomes = self.outcomes.get(epoch, {})
        chosen = self.chosen(differing.in_words(epoch, outcomes))
        if chosen is not None and epoch == max(self.outcomes) and self.status in ENDED:
            self.status = differing.status_chosen(chosen)

    def heed_records(self) -> None:
        """The result is that of the record which stands by the word of a person who knew just these
        records; where work goes on the visit has not ended so yet."""
        chosen = self.chosen(differing.in_records(self.subject.id, self.seals))
        only = differing.seal_chosen(chosen, self.seals)
        if only is not None:
            self.result = only.data["result"]
            self.status = self.result if self.status in ENDED else self.status


def _code_of_held(reason: str, kind: str) -> str | None:
    """What the desk has to look at where a fact is held."""
    if reason == "not_assigned":
        return "visit.unassigned_work"
    if reason == "revoked":
        return "record.revoked_seal" if kind == "record.sealed" else "visit.revoked_work"
    return None


# What the desk decides


def plan(state: VisitState, decision: Decided) -> None:
    """The desk planned the visit, or planned it anew."""
    state.plan = dict(decision.data)
    state.plans += 1


def assign(state: VisitState, decision: Decided) -> None:
    """The desk named the crew; whoever is not in it any more is no longer assigned."""
    crew = {UUID(one["user"]): one["role"] for one in decision.data["crew"]}
    appoint(state, decision, crew)


def appoint(state: VisitState, decision: Decided, crew: Mapping[UUID, str]) -> None:
    """These are the crew from now on."""
    name_crew(state, decision.id, decision.at, crew)
    if not state.begun and state.cancelled is None:
        state.status = "assigned"


def name_crew(state: VisitState, cause: UUID, at: datetime, crew: Mapping[UUID, str]) -> None:
    """Whoever is not named any more is no longer assigned; how far the visit has come stays."""
    state.epoch += 1
    for held in state.current_crew().values():
        held.until = at
    for user_id, role in crew.items():
        assignment = Assignment(
            id=derived("assignment", cause, user_id),
            visit_id=state.subject.id,
            user_id=user_id,
            epoch=state.epoch,
            role=role,
            since=at,
            until=None,
        )
        state.crew.append(assignment)


def unassign(state: VisitState, decision: Decided) -> None:
    """The desk took somebody off the crew; with nobody left the visit is only planned again."""
    state.epoch += 1
    held = state.current_crew().get(UUID(decision.data["user"]))
    if held is not None:
        held.until = decision.at
    if not state.current_crew() and not state.begun and state.cancelled is None:
        state.status = "planned"


def owe(state: VisitState, decision: Decided) -> None:
    """Somebody else owes an old part from now on, or nobody."""
    to = decision.data["to"]
    state.debtors[UUID(decision.data["debt"])] = None if to is None else UUID(to)


def settle_debt(state: VisitState, decision: Decided) -> None:
    """The old part lies in the defective store: nobody owes it any more."""
    state.debtors[UUID(decision.data["debt"])] = None


def cancel(state: VisitState, decision: Decided) -> None:
    """The desk cancelled the visit; what was done by then stays done."""
    state.cancelled = decision
    if state.status not in ENDED:
        state.status = "cancelled"


def change_terms(state: VisitState, decision: Decided) -> None:
    """The desk changed a work order, and with it what was agreed for it."""
    order = decision.data["work_order"]
    state.changes[order] = state.changes.get(order, 0) + 1


Decide = Callable[[VisitState, Decided], None]
DECISIONS: dict[str, Decide] = {
    "visit.planned": plan,
    "visit.assigned": assign,
    "visit.unassigned": unassign,
    "visit.cancelled": cancel,
    "work_order.changed": change_terms,
    ASSIGNED: owe,
    RECEIVED: settle_debt,
}


# The rows


def derive_rows(state: VisitState) -> None:
    """Add the visit's own rows to what was gathered while folding. An unknown visit has none."""
    if not state.known:
        return
    _pass_debts(state)
    state.rows.append(_visit(state))
    state.rows.extend(_work_items(state))
    state.rows.extend(state.crew)


def _pass_debts(state: VisitState) -> None:
    """Who owes what was taken out, as decided last; what nobody owes is no debt."""
    for row in list(state.rows):
        if isinstance(row, Debt) and row.id in state.debtors:
            debtor = state.debtors[row.id]
            if debtor is None:
                state.rows.remove(row)
            else:
                row.user_id = debtor


def _visit(state: VisitState) -> Visit:
    return Visit(
        id=state.subject.id,
        site_id=state.site_id,
        status=state.status,
        starts=instant_from(state.plan["starts"]),
        ends=instant_from(state.plan["ends"]),
        epoch=state.epoch,
        plan=state.plan,
        plans=state.plans,
        billed=state.billed,
    )


def _work_items(state: VisitState) -> list[WorkItem]:
    return [
        WorkItem(
            id=derived("work_item", state.subject.id, item["work_order"]),
            visit_id=state.subject.id,
            work_order_id=UUID(item["work_order"]),
            position=position,
            task=item["task"],
        )
        for position, item in enumerate(state.plan["items"], start=1)
    ]

"""How a visit's state follows from its timeline: the desk plans, the field reports, reality wins.

A fold: the same entries give the same state, whatever order they arrived in. No clock is read.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from models.clock import CLOCK_DOUBT, instant_from
from models.derived import Subject
from models.dispatch.rows import Assignment, Visit, WorkItem
from models.findings import SETTLED
from models.ids import derived
from models.stock.debts import ASSIGNED
from models.stock.rows import Debt
from models.timeline import Decided, Entry, Folding, Stated

NOT_STARTED = {"planned", "assigned", "accepted", "declined", "travelling", "cancelled"}
ENDED = {"done", "incomplete", "failed"}


@dataclass
class VisitState(Folding):
    """A visit while its timeline is being folded.

    `ever_assigned`, `adopted` and the first plan are known beforehand, from all decisions: somebody
    who is assigned later than they worked was still assigned, what was adopted counts from when it
    happened, and what a wrong clock puts before the visit was planned still has its site.
    """

    ever_assigned: set[UUID] = field(default_factory=set)
    adopted: set[UUID] = field(default_factory=set)
    known: bool = False
    status: str = "planned"
    plan: dict[str, Any] = field(default_factory=dict)
    planned_by: UUID | None = None
    crew: list[Assignment] = field(default_factory=list)
    epoch: int = 0
    cancelled: Decided | None = None
    sealed: dict[UUID, Stated] = field(default_factory=dict)
    result: str | None = None
    present: set[UUID] = field(default_factory=set)
    ahead: dict[UUID, timedelta] = field(default_factory=dict)
    debtors: dict[UUID, UUID | None] = field(default_factory=dict)

    @property
    def site_id(self) -> UUID:
        """Where the visit goes. Only a known visit has a site."""
        return UUID(self.plan["site"])

    def current_crew(self) -> dict[UUID, Assignment]:
        """Who is assigned at this point of the fold."""
        return {one.user_id: one for one in self.crew if one.until is None}

    def admits(self, fact: Stated) -> bool:
        """Whether the fact takes effect; if not it is held, and what must be looked at is noted."""
        reason = self._reason_to_hold(fact)
        if reason is not None:
            self.hold(fact, reason)
            if reason == "not_assigned":
                evidence = {"fact": str(fact.id), "key": str(fact.key)}
                self.find("visit.unassigned_work", fact.happened, fact.key, **evidence)
            return False
        self.held[fact.key] = None
        self._look_at(fact)
        return True

    def _look_at(self, fact: Stated) -> None:
        doubts = {fact.doubt, self._anchor_jumped(fact)} - {None}
        for doubt in sorted(map(str, doubts)):
            evidence = {"device": str(fact.origin_id), "doubt": doubt}
            self.find("device.clock", fact.happened, fact.origin_id, doubt, **evidence)
        if fact.author_id not in self.current_crew() and fact.author_id in self._former():
            evidence = {"author": str(fact.author_id), "last_fact": str(fact.id)}
            self.find("visit.late_work", fact.happened, fact.author_id, **evidence)
        if self.cancelled is not None:
            evidence = {"decision": str(self.cancelled.id), "last_fact": str(fact.id)}
            code = "visit.work_after_cancellation"
            self.find(code, fact.happened, self.cancelled.id, **evidence)

    def _anchor_jumped(self, fact: Stated) -> str | None:
        """Whether the wall clock was put to another time since the device's last fact."""
        if fact.ahead is None:
            return None
        before = self.ahead.get(fact.origin_id, fact.ahead)
        self.ahead[fact.origin_id] = fact.ahead
        return "anchor_jumped" if abs(fact.ahead - before) > CLOCK_DOUBT else None

    def _reason_to_hold(self, fact: Stated) -> str | None:
        if not self.known:
            return "unknown_subject"
        if fact.author_id not in self.ever_assigned and fact.key not in self.adopted:
            return "not_assigned"
        return fact.held

    def _former(self) -> set[UUID]:
        return {one.user_id for one in self.crew if one.until is not None}

    def progress(self, fact: Stated, status: str) -> None:
        """The visit has come so far. Announcements by people no longer assigned change nothing."""
        if status in NOT_STARTED and (fact.author_id not in self.current_crew() or self.begun):
            return
        self.status = status

    @property
    def begun(self) -> bool:
        """Whether work on site has begun or ended."""
        return self.status not in NOT_STARTED

    def finish(self, fact: Stated) -> None:
        """The technician left: done if a record says so, else another visit is needed."""
        if self.status not in ENDED:
            self.status = self.result or "incomplete"


def plan(state: VisitState, decision: Decided) -> None:
    """The desk planned the visit, or planned it anew."""
    state.plan, state.planned_by = dict(decision.data), decision.id


def assign(state: VisitState, decision: Decided) -> None:
    """The desk named the crew; whoever is not in it any more is no longer assigned."""
    state.epoch += 1
    wanted = {UUID(one["user"]): one["role"] for one in decision.data["crew"]}
    for held in state.current_crew().values():
        held.until = decision.at
    for user_id, role in wanted.items():
        assignment = Assignment(
            id=derived("assignment", decision.id, user_id),
            visit_id=state.subject.id,
            user_id=user_id,
            epoch=state.epoch,
            role=role,
            since=decision.at,
            until=None,
        )
        state.crew.append(assignment)
    if not state.begun and state.cancelled is None:
        state.status = "assigned"


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


def cancel(state: VisitState, decision: Decided) -> None:
    """The desk cancelled the visit; what was done by then stays done."""
    state.cancelled = decision
    if state.status not in ENDED:
        state.status = "cancelled"


def nothing(state: VisitState, decision: Decided) -> None:
    """The decision counts beforehand or for findings, not at its place in the timeline."""


DECISIONS: dict[str, Callable[[VisitState, Decided], None]] = {
    "visit.planned": plan,
    "visit.assigned": assign,
    "visit.unassigned": unassign,
    "visit.cancelled": cancel,
    ASSIGNED: owe,
    SETTLED: nothing,
}


def begin(visit_id: UUID, entries: Iterable[Entry]) -> VisitState:
    """A state that knows from all decisions the first plan, who was ever assigned, and which facts
    were adopted."""
    state = VisitState(Subject("visit", visit_id))
    for entry in entries:
        if isinstance(entry, Stated):
            state.present.add(entry.id)
        if not isinstance(entry, Decided):
            continue
        if entry.kind == "visit.planned" and not state.known:
            state.known, state.plan = True, dict(entry.data)  # what was done before it has a site
        elif entry.kind == "visit.assigned":
            state.ever_assigned.update(UUID(one["user"]) for one in entry.data["crew"])
        elif entry.kind == SETTLED and entry.data["resolution"] == "adopt":
            state.adopted.add(UUID(entry.data["evidence"]["key"]))
    return state


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

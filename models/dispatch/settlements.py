"""What it means for a visit that a person settled a finding about it, and what else they decided
without knowing what the field had done by then."""

from collections.abc import Mapping
from uuid import UUID

from models.dispatch import lifecycle
from models.dispatch.lifecycle import NOT_STARTED, Before, Decide, VisitState
from models.findings import SETTLED
from models.timeline import Decided

PLANNING = ("visit.planned", "visit.assigned", "visit.unassigned", "visit.cancelled")


def decide(state: VisitState, decision: Decided) -> None:
    """The decision counts at its place in the timeline."""
    if decision.kind in PLANNING:
        _look_at(state, decision)
    if decision.kind == SETTLED:
        _settle(state, decision)
    else:
        lifecycle.DECISIONS[decision.kind](state, decision)


def _look_at(state: VisitState, decision: Decided) -> None:
    """Whether work had begun when the decider saw none: the phone was not heard yet."""
    before = Before(state.plan, state.status, state.cancelled)
    state.before[decision.id] = before
    saw = decision.seen.get("status")
    if saw in NOT_STARTED and state.begun:
        crew = [
            {"user": str(one.user_id), "role": one.role} for one in state.current_crew().values()
        ]
        evidence = {"decision": str(decision.id), "kind": decision.kind, "saw": saw}
        evidence |= {"was": state.status}
        state.find("visit.decision_overtaken", decision.at, decision.id, **evidence, crew=crew)


def _settle(state: VisitState, decision: Decided) -> None:
    state.settlements.append(decision)
    meaning = MEANINGS.get((decision.data["code"], decision.data["resolution"]))
    if meaning is not None:
        meaning(state, decision)


def _bill(state: VisitState, decision: Decided) -> None:
    state.billed = True


def _move(state: VisitState, decision: Decided) -> None:
    """The visit is planned for the time that the technician proposed."""
    window = {name: decision.data["evidence"][name] for name in ("starts", "ends")}
    state.plan = {**state.plan, **window}
    state.plans += 1


def _reverse(state: VisitState, decision: Decided) -> None:
    """What was decided without knowing better is followed by its opposite."""
    evidence = decision.data["evidence"]
    before = state.before.get(UUID(evidence["decision"]))
    if before is None:
        return
    if evidence["kind"] == "visit.planned":
        state.plan = before.plan
        state.plans += 1
    elif evidence["kind"] == "visit.cancelled":
        state.cancelled = before.cancelled
        if state.status == "cancelled":
            state.status = before.status
    else:
        crew = {UUID(one["user"]): one["role"] for one in evidence["crew"]}
        lifecycle.appoint(state, decision, crew)


MEANINGS: Mapping[tuple[str, str], Decide] = {
    ("visit.opened_on_site", "decline"): lifecycle.cancel,
    ("visit.work_after_cancellation", "bill"): _bill,
    ("visit.plan_proposed", "accept"): _move,
    ("visit.decision_overtaken", "reverse"): _reverse,
}

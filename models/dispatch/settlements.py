"""What it means for a visit that a person settled a finding about it, and what else they decided
without knowing what the field had done by then."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from models.dispatch import lifecycle
from models.dispatch.differing import CREW_DIFFERS, TWO_RECORDS
from models.dispatch.lifecycle import NOT_STARTED, Before, Decide, VisitState
from models.findings import SETTLED
from models.timeline import Decided

OVERTAKEN = "visit.decision_overtaken"
# What of a visit the desk decides, by kind of decision.
THINGS = {
    "visit.planned": "plan",
    "visit.assigned": "crew",
    "visit.unassigned": "crew",
    "visit.cancelled": "cancellation",
}


def decide(state: VisitState, decision: Decided) -> None:
    """The decision counts at its place in the timeline."""
    if decision.kind in THINGS:
        _follow(state, THINGS[decision.kind], decision)
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
        state.find(OVERTAKEN, decision.at, decision.id, **evidence, crew=crew)


def _follow(state: VisitState, thing: str, decision: Decided) -> None:
    """What was overtaken of the same thing cannot be reversed any more, as that would undo this
    decision too. What a person has settled by now stays so."""
    for number, one in enumerate(state.found):
        if (
            one.code == OVERTAKEN
            and THINGS[one.evidence["kind"]] == thing
            and "followed_by" not in one.evidence
            and state.chosen(one) is None
        ):
            evidence = {**one.evidence, "followed_by": str(decision.id)}
            state.found[number] = replace(one, evidence=evidence)


def _settle(state: VisitState, decision: Decided) -> None:
    state.settled[UUID(decision.data["finding"])] = decision
    meaning = MEANINGS.get((decision.data["code"], decision.data["resolution"]))
    if meaning is not None:
        meaning(state, decision)


def _bill(state: VisitState, decision: Decided) -> None:
    state.billed = True


def _decline(state: VisitState, decision: Decided) -> None:
    """The job was not ours: its visit is cancelled."""
    _follow(state, "cancellation", decision)
    lifecycle.cancel(state, decision)


def _move(state: VisitState, decision: Decided) -> None:
    """The visit is planned for the time that the technician proposed."""
    _follow(state, "plan", decision)
    window = {name: decision.data["evidence"][name] for name in ("starts", "ends")}
    state.plan = {**state.plan, **window}
    state.plans += 1


def _reverse(state: VisitState, decision: Decided) -> None:
    """What was decided without knowing better is followed by its opposite."""
    evidence = decision.data["evidence"]
    before = state.before.get(UUID(evidence["decision"]))
    if before is None:
        return
    _follow(state, THINGS[evidence["kind"]], decision)
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


def _heed_words(state: VisitState, decision: Decided) -> None:
    state.heed_words(decision.data["evidence"]["epoch"])


def _heed_records(state: VisitState, decision: Decided) -> None:
    state.heed_records()


MEANINGS: Mapping[tuple[str, str], Decide] = {
    ("visit.opened_on_site", "decline"): _decline,
    ("visit.work_after_cancellation", "bill"): _bill,
    ("visit.plan_proposed", "accept"): _move,
    (OVERTAKEN, "reverse"): _reverse,
    (CREW_DIFFERS, "was_done"): _heed_words,
    (CREW_DIFFERS, "was_incomplete"): _heed_words,
    (CREW_DIFFERS, "was_failed"): _heed_words,
    (TWO_RECORDS, "first_counts"): _heed_records,
    (TWO_RECORDS, "last_counts"): _heed_records,
}

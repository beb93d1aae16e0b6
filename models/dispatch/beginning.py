"""What is known of a visit before its timeline is folded: who was ever assigned, what the desk
adopted or answered, and which fact opened it, if the desk did not plan it.
"""

from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import Any
from uuid import UUID

from models.clock import instant_text
from models.derived import Subject
from models.dispatch.lifecycle import VisitState, name_crew
from models.findings import SETTLED
from models.timeline import Decided, Entry, Stated

OPENED = "visit.opened"
OPENED_FOR = timedelta(hours=1)  # how long a visit that nobody planned shows in calendars
ADOPTING = {"visit.unassigned_work", "visit.revoked_work"}


def begin(
    visit_id: UUID, entries: Collection[Entry], sites: AbstractSet[UUID] = frozenset()
) -> VisitState:
    """A state that knows from all decisions who was ever assigned and which facts were adopted.

    `entries` are in order; `sites` are those for which a fact may open the visit.
    """
    state = VisitState(Subject("visit", visit_id))
    for entry in entries:
        if isinstance(entry, Stated):
            state.present.add(entry.id)
        elif isinstance(entry, Decided):
            _know(state, entry)
    opened = [one for one in _openings(entries) if one.data["site"].id in sites]
    _open(state, opened, [one for one in entries if isinstance(one, Decided)])
    return state


def _know(state: VisitState, decision: Decided) -> None:
    data = decision.data
    if decision.kind == "visit.planned":
        state.known = True
        state.plan = state.plan or dict(data)
    elif decision.kind == "visit.assigned":
        state.ever_assigned.update(UUID(one["user"]) for one in data["crew"])
    elif decision.kind == SETTLED:
        if "key" in data["evidence"]:
            state.answers[UUID(data["evidence"]["key"])] = data["resolution"]
        if data["code"] in ADOPTING and data["resolution"] == "adopt":
            state.adopted.add(UUID(data["evidence"]["key"]))


def _openings(entries: Iterable[Entry]) -> list[Stated]:
    """The facts that open the visit, as far as they may have an effect."""
    stated = [one for one in entries if isinstance(one, Stated) and one.kind == OPENED]
    return [one for one in stated if one.own and one.held is None and one.author_id is not None]


def _open(state: VisitState, opened: Collection[Stated], decisions: Collection[Decided]) -> None:
    """A visit that the desk did not plan was opened by the first fact that says so, and its author
    is the lead. What the desk said of it first names that fact, lest another takes its place."""
    named = next(filter(None, map(_opening_named, decisions)), None)
    if named is not None:
        opened = [one for one in opened if str(one.key) == named]
    opening = next(iter(opened), None)
    if opening is None or opening.author_id is None:
        return
    state.known, state.opening, state.status = True, opening.key, "accepted"
    state.plan = plan_of_opening(state.subject.id, opening)
    state.ever_assigned.add(opening.author_id)
    name_crew(state, opening.key, opening.happened, {opening.author_id: "lead"})


def _opening_named(decision: Decided) -> str | None:
    """The fact that opened the visit as the decider saw it, "none" where nobody had."""
    if decision.kind == "visit.planned":
        return str(decision.data.get("opened") or "none")
    if decision.kind == SETTLED and decision.data["code"] == "visit.opened_on_site":
        return str(decision.data["evidence"]["key"])
    return None


def plan_of_opening(visit_id: UUID, opening: Stated) -> dict[str, Any]:
    """The plan of a visit that nobody planned, in the shape in which the desk decides one."""
    return {
        "visit": str(visit_id),
        "site": str(opening.data["site"].id),
        "starts": instant_text(opening.happened),
        "ends": instant_text(opening.happened + OPENED_FOR),
        "items": [{"work_order": str(visit_id), "task": ""}],
        "checklist": [],
        "parts_planned": [],
        "loaner_duty": None,
        "to_sign": ["technician", "customer"],
        "consents": [],
        "opened": str(opening.key),
    }

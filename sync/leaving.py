"""Somebody leaves, in one guided step: what stands open passes to others, then nothing lets them
in any more. What their phone still states is held, as from any phone that was revoked."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models import enrolment, leaving, sessions
from models.derived import Subject
from models.edits import Editor, look_up
from models.kept import KEPT
from models.people import EnrolmentCode, Role, User
from models.refusals import Refused
from models.stock import debts
from models.stock.fitted import Debt
from models.stock.keeping import keeper
from models.stock.rows import PlaceKeeper
from sync import judge
from sync.decide import KINDS, take

Choice = Mapping[str, Any]
Choices = Mapping[str, Sequence[Any]]
Open = Mapping[str, list[dict[str, Any]]]


NOTHING: Choices = dict.fromkeys(("visits", "places", "debts", "loaners", "give_up"), ())


class Step(NamedTuple):
    """One decision that a choice comes to, and the field in which it was chosen."""

    field: str
    kind: str
    data: dict[str, Any]


def leave(editor: Editor, user_id: UUID, choices: Choices) -> None:
    """The user leaves, and what stands open goes where it was chosen.

    `visits`, `places`, `debts` and `loaners` say of each to whom or where it goes, `give_up` lists
    the devices whose unsent facts are not waited for. Whoever has left already does not leave
    again. Raises Refused, naming what is left open.
    """
    session = editor.session
    user = look_up(session, User, user_id)
    supervisors = leaving.active_supervisors(session) if user.role == Role.SUPERVISOR else []
    user = look_up(session, User, user_id, lock=True)
    if not user.active:
        return
    if supervisors == [user_id]:
        raise Refused("last_supervisor", "id")
    # First, so that nothing can pass to whoever leaves.
    editor.change(KEPT["users"], user, {"active": False})
    judge.lock(session, _locked(editor, _steps(editor, user_id, choices)))
    stands = leaving.standing(session, user_id)
    _check_resolved(stands, choices)
    for step in list(_steps(editor, user_id, choices)):
        _take(editor, step)
    for number, choice in enumerate(choices["places"]):
        _pass_place(editor, user_id, choice, f"places.{number}.to")
    _shut(editor, user_id, leaving.ids_of(stands["devices"]))


def left_open(session: Session, user_id: UUID) -> Open:
    """By part, what somebody has to choose for before the user can leave."""
    return _left(leaving.standing(session, user_id), NOTHING)


def come_back(editor: Editor, user_id: UUID) -> None:
    """Somebody who left works here again. Nothing that they handed over comes back by itself."""
    user = look_up(editor.session, User, user_id, lock=True)
    editor.change(KEPT["users"], user, {"active": True})


# What the choices come to


def _steps(editor: Editor, user_id: UUID, choices: Choices) -> Iterator[Step]:
    for number, choice in enumerate(choices["visits"]):
        yield _of_visit(editor, user_id, choice, f"visits.{number}.to")
    for number, choice in enumerate(choices["debts"]):
        yield _of_debt(editor, choice, f"debts.{number}.to")
    for number, choice in enumerate(choices["loaners"]):
        data = {"loaner": str(choice["loaner"]), "place": str(choice["place"])}
        yield Step(f"loaners.{number}.place", "loaner.placed", data)


def _of_visit(editor: Editor, user_id: UUID, choice: Choice, field: str) -> Step:
    visit, to = str(choice["visit"]), choice["to"]
    if to is None:
        return Step(field, "visit.unassigned", {"visit": visit, "user": str(user_id)})
    crew = leaving.crew_of(editor.session, choice["visit"])
    roles = {crew.pop(user_id, "helper"), crew.get(to)}
    crew[to] = "lead" if "lead" in roles else "helper"
    named = [{"user": str(one), "role": role} for one, role in crew.items()]
    overlap = choice.get("overlap", False)
    return Step(field, "visit.assigned", {"visit": visit, "crew": named, "overlap": overlap})


def _of_debt(editor: Editor, choice: Choice, field: str) -> Step:
    debt = editor.session.get(Debt, choice["debt"])
    if debt is None:
        raise Refused("unknown", field.replace(".to", ".debt"))
    to = None if choice["to"] is None else str(choice["to"])
    data = {"visit": str(debt.visit_id), "debt": str(debt.id), "to": to, "note": choice["note"]}
    return Step(field, debts.ASSIGNED, data)


def _locked(editor: Editor, steps: Iterator[Step]) -> list[Subject]:
    """What all the steps lock, so that it is locked at once and in one order."""
    locked = (KINDS[step.kind].locked(editor.session, step.data) for step in steps)
    return sorted(set().union(*locked))


# Whether everything is chosen


NAMED = {"visits": "visit", "places": "place", "debts": "debt", "loaners": "loaner"}


def _check_resolved(stands: Open, choices: Choices) -> None:
    for part, name in NAMED.items():
        _check_open(stands[part], f"{part}.%s.{name}", [choice[name] for choice in choices[part]])
    _check_open(stands["devices"], "give_up.%s", choices["give_up"])
    left = _left(stands, choices)
    if left:
        ids = {part: map(str, leaving.ids_of(rows)) for part, rows in left.items()}
        told = "; ".join(f"{part}: {', '.join(some)}" for part, some in ids.items())
        raise Refused("unresolved", next(iter(left)), told)


def _check_open(stands: Sequence[Choice], field: str, chosen: Sequence[UUID]) -> None:
    """What was chosen of stands open, and is named once."""
    there = {one["id"] for one in stands}
    for number, id_ in enumerate(chosen):
        if id_ not in there:
            raise Refused("unknown", field % number)
        there.remove(id_)


def _left(stands: Open, choices: Choices) -> Open:
    """By part, what nothing was chosen for. A loaner goes with its place, if somebody keeps it."""
    kept = {choice["place"] for choice in choices["places"] if choice["to"] is not None}
    kept |= {place["id"] for place in stands["places"] if place["others"]}
    needed = {
        **stands,
        "loaners": [one for one in stands["loaners"] if one["place_id"] not in kept],
        "devices": [one for one in stands["devices"] if one["unsent_facts"]],
    }
    chosen = {part: {choice[name] for choice in choices[part]} for part, name in NAMED.items()} | {
        "devices": set(choices["give_up"])
    }
    left = {
        part: [one for one in needed[part] if one["id"] not in settled]
        for part, settled in chosen.items()
    }
    return {part: rows for part, rows in left.items() if rows}


# Doing it


def _take(editor: Editor, step: Step) -> None:
    try:
        take(editor.session, editor.now, editor.ids, editor.user_id, step.kind, step.data)
    except Refused as refused:
        raise Refused(refused.kind.code, step.field, refused.detail) from refused


def _pass_place(editor: Editor, user_id: UUID, choice: Choice, field: str) -> None:
    """The user keeps the place no more; who shall, and does not yet, does."""
    session, place_id, to = editor.session, choice["place"], choice["to"]
    query = select(PlaceKeeper).where(PlaceKeeper.place_id == place_id, PlaceKeeper.until.is_(None))
    keepers = session.scalars(query.order_by(PlaceKeeper.id).with_for_update()).all()
    for row in keepers:
        if row.user_id == user_id:
            editor.change(KEPT["keepers"], row, {"until": editor.now})
    if to is None or to in {row.user_id for row in keepers if row.user_id != user_id}:
        return
    try:
        editor.add(KEPT["keepers"], keeper(session, editor.now, editor.ids, place_id, to))
    except Refused as refused:
        raise Refused(refused.kind.code, field, refused.detail) from refused


def _shut(editor: Editor, user_id: UUID, devices: Sequence[UUID]) -> None:
    """Nothing lets the user in any more: no log-in, no device, no code for one."""
    session = editor.session
    sessions.end_all(session, user_id)
    session.execute(delete(EnrolmentCode).where(EnrolmentCode.user_id == user_id))
    for device in devices:
        enrolment.revoke(session, editor.now, device)

"""Who is asking: a member of staff who logged in, or an enrolled device; both by Bearer token.

Every view is guarded when it is added to a blueprint, by the line that its operation has in
`api.rights`: whoever adds a view cannot forget to.
"""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from flask import current_app, g, request
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session
from webargs.flaskparser import abort

from api import rights
from api.bodies import largest
from api.rights import Reach
from models import enrolment, sessions
from models.dispatch.rows import visits_of
from models.edits import Editor
from models.house import House
from models.people import Device, StaffSession, User
from models.refusals import Refused
from models.sessions import Asking, Client
from sync import pace

P = ParamSpec("P")
T = TypeVar("T")

NEEDED = "a Bearer token is needed"
DEVICE_REMEDY = (
    "Send the device's token as Bearer. Who has lost it and has the key gets another by"
    " POST /devices/challenge; who has no key either enrols with a code from the desk."
)
SCHEMES = {
    "staff": {"type": "http", "scheme": "bearer", "description": "The token of POST /auth/login"},
    "device": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of POST /devices/enrol",
    },
}


def house() -> House:
    """The house behind this application."""
    opened: House = current_app.extensions["house"]
    return opened


def user() -> User:
    """The member of staff who asks."""
    asking: User = g.user
    return asking


def log_in() -> StaffSession:
    """The log-in by which they ask."""
    asking: StaffSession = g.log_in
    return asking


def client() -> Client:
    """Where the request comes from."""
    return Client(request.remote_addr or "", request.headers.get("User-Agent", ""))


def own() -> UUID | None:
    """The id of the user who asks, where they reach only what is their own; else None."""
    return user().id if g.reach is Reach.OWN else None


def editor(session: Session, now: datetime) -> Editor:
    """Whoever asks, as the one who edits."""
    return Editor(session, now, house().ids, user().id)


def reached(visit_id: Any) -> list[ColumnElement[bool]]:
    """Of rows of visits, those that whoever asks reaches: where it is their own only, those of the
    visits to which they were ever assigned."""
    user_id = own()
    return [] if user_id is None else [visit_id.in_(visits_of(user_id))]


def device() -> Device:
    """The device that asks."""
    asking: Device = g.device
    return asking


def guarded(operation: str, view: Callable[P, T]) -> Callable[P, T]:
    """The view, for those only whom the rights let in; the others get 401 or 403.

    Raises KeyError for an operation that has no line in the rights.
    """
    if operation in rights.OPEN:
        return view
    if operation in rights.OF_DEVICES:
        return _for_devices(operation, view)
    rights.RIGHTS[operation]
    return _for_staff(operation, view)


def _for_staff(operation: str, view: Callable[P, T]) -> Callable[P, T]:
    @wraps(view)
    def asked(*args: P.args, **kwargs: P.kwargs) -> T:
        g.user, g.log_in = _asking()
        if operation not in rights.UNFINISHED:
            _check_finished(g.user)
        g.reach = rights.reach(g.user.role, operation)
        if g.reach is Reach.NONE:
            abort(403, message=f"this is for: {', '.join(rights.allowed(operation))}")
        return view(*args, **kwargs)

    return asked


def _asking() -> Asking:
    """Who asks by a log-in that lasts. That they do is written down now and then."""
    token, now, database = _token(), house().clock.now(), house().database

    def find(session: Session) -> Asking | None:
        return sessions.find(session, now, token)

    asking = database.read(find)
    if asking is None:
        abort(401, message="the token is unknown or has expired")
    if sessions.is_to_be_noted(now, asking):
        database.transact(lambda session, at: sessions.note(session, at, asking))
    return asking


def second_factor_required() -> bool:
    """Whether supervisors must have a second factor."""
    return house().settings.second_factor == "required"


def _check_finished(user: User) -> None:
    lacking = sessions.lacks(user, second_factor_required())
    if lacking == "password":
        raise Refused("password_change_needed", "password")
    if lacking == "second_factor":
        raise Refused("second_factor_needed", "otp")


def _for_devices(operation: str, view: Callable[P, T]) -> Callable[P, T]:
    """Devices are let in even if they are revoked: what they state is taken either way. One that
    has run too far ahead is turned away before anything else is read."""

    @wraps(view)
    def asked(*args: P.args, **kwargs: P.kwargs) -> T:
        token = _bearer()
        g.device = token and house().database.read(
            lambda session: enrolment.device_by_token(session, token)
        )
        if g.device is None:
            told = NEEDED if token is None else "the token belongs to no device"
            abort(401, message=told, remedy=DEVICE_REMEDY)
        pace.check(house().clock.now(), g.device)
        if operation not in rights.COUNTING_THEMSELVES:
            _count_request()
        return view(*args, **kwargs)

    return asked


def _count_request() -> None:
    """Photos' bytes are the quota's to count."""
    size = largest() if request.mimetype == "application/json" else 0
    tally: pace.Tally = current_app.extensions.setdefault("tally", pace.Tally())
    tally.count(house().database, device().id, size)


def _token() -> str:
    token = _bearer()
    if token is None:
        abort(401, message=NEEDED)
    return token


def _bearer() -> str | None:
    """The token that was sent, if there is one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token else None


def documented(operation: str) -> dict[str, Any]:
    """What the OpenAPI document says of whose token is needed, and what others are told."""
    if operation in rights.OPEN:
        return {"security": [], "responses": {}, "allowed": "anybody"}
    if operation in rights.OF_DEVICES:
        answers = _answers(401, 429)
        return {"security": [{"device": []}], "responses": answers, "allowed": "a device"}
    roles = ", ".join(
        f"{role} (own)" if rights.reach(role, operation) is Reach.OWN else role
        for role in rights.allowed(operation)
    )
    answers = _answers(401, 403)
    told = {"security": [{"staff": []}], "responses": answers, "x-roles": roles}
    return {**told, "allowed": roles}


def _answers(*refusals: int) -> dict[int, str]:
    return {status: HTTPStatus(status).name for status in refusals}

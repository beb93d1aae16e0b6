"""Who is asking: a member of staff who logged in, or an enrolled device; both by Bearer token."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import ParamSpec, TypeVar

from flask import abort, current_app, g, request
from sqlalchemy.orm import Session

from api.blueprint import Blueprint
from models import enrolment
from models.house import House
from models.people import Device, Role, User

P = ParamSpec("P")
T = TypeVar("T")

DESK = (Role.DISPATCHER, Role.SUPERVISOR)
STORE = (Role.WAREHOUSE, Role.SUPERVISOR)
SCHEMES = {
    "staff": {"type": "http", "scheme": "bearer", "description": "The token of POST /auth/login"},
    "device": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of POST /devices/enrol",
    },
}
OFFICE = (Role.DISPATCHER, Role.WAREHOUSE, Role.SUPERVISOR)


def house() -> House:
    """The house behind this application."""
    opened: House = current_app.extensions["house"]
    return opened


def _token() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        abort(401, "a Bearer token is needed")
    return token.strip()


def user() -> User:
    """The member of staff who asks."""
    asking: User = g.user
    return asking


def device() -> Device:
    """The device that asks."""
    asking: Device = g.device
    return asking


def staff(*roles: Role) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Let in members of staff with one of the roles: 401 for nobody known, 403 for others."""

    def decorate(view: Callable[P, T]) -> Callable[P, T]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            token, now = _token(), house().clock.now()

            def find(session: Session) -> User | None:
                return enrolment.user_by_token(session, now, token)

            found = house().database.read(find)
            if found is None:
                abort(401, "the token is unknown or has expired")
            if found.role not in roles:
                abort(403, f"this is for: {', '.join(roles)}")
            g.user = found
            return view(*args, **kwargs)

        return _documented(guarded, "staff", 401, 403)

    return decorate


def enrolled(view: Callable[P, T]) -> Callable[P, T]:
    """Let in devices, revoked ones too: what they state is taken either way."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        token = _token()
        found = house().database.read(lambda session: enrolment.device_by_token(session, token))
        if found is None:
            abort(401, "the token belongs to no device")
        g.device = found
        return view(*args, **kwargs)

    return _documented(guarded, "device", 401)


def _documented(view: Callable[P, T], scheme: str, *refusals: int) -> Callable[P, T]:
    """Have the OpenAPI document say whose token is needed, and what others are told."""
    answers = {status: HTTPStatus(status).name for status in refusals}
    documented: Callable[P, T] = Blueprint.doc(security=[{scheme: []}], responses=answers)(view)
    return documented

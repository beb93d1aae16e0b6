"""Logging in and out at the desk."""

from datetime import datetime
from typing import Any

from marshmallow import Schema, fields, validate
from sqlalchemy.orm import Session
from webargs.flaskparser import abort

from api import auth
from api.auth import house, user
from api.blueprint import Blueprint
from api.schemas import Instant, Strict, Text
from models import sessions, throttle
from models.people import StaffSession, User
from models.refusals import Refused
from models.throttle import Attempt

LACKING = ("password", "second_factor")
# The same whether the name, the password or the account is at fault.
NOT_KNOWN = "name and password do not belong to an active user"
NOT_KNOWN_REMEDY = "Check both, capitals and blanks too; a supervisor can reset a lost password."
OTP_NEEDED = "The account has a second factor and `otp` is missing or wrong"
THROTTLED = "There was too much in too short a time; `Retry-After` says for how long to wait"

blp = Blueprint("auth", __name__, description="Logging in and out")


class LogInSchema(Strict):
    """Name and password; with a second factor also its code, or a recovery code."""

    name = Text(required=True, metadata={"example": "fang.min"})
    password = Text(
        required=True, load_only=True, metadata={"example": "as in .onsite/sample-password"}
    )
    otp = Text(load_default=None, allow_none=True, load_only=True, metadata={"example": None})


class TokenSchema(Strict):
    """The token to send as Bearer: for 12 hours, while it is used every half an hour.

    `lacks` is what has to be seen to first: a `password` of one's own, or a `second_factor`.
    """

    token = fields.String(required=True)
    lacks = fields.String(required=True, allow_none=True, validate=validate.OneOf(LACKING))


class LogOutSchema(Strict):
    """Whether to end all of one's log-ins, or this one."""

    all = fields.Boolean(load_default=False)


class SessionSchema(Schema):
    """A log-in that lasts: since when, from where, and until when if it is used."""

    since = Instant()
    last_used = Instant()
    expires = Instant()
    address = fields.String()
    agent = fields.String()
    current = fields.Boolean()


class SessionsSchema(Schema):
    """All of them, the one used last first."""

    items = fields.List(fields.Nested(SessionSchema), required=True)


def by_password(name: str, password: str) -> User | None:
    """The active user of that name and password. The attempt is counted; raises Throttled."""
    asked, attempt = house(), Attempt("password", auth.client().address, name)
    asked.database.transact(lambda session, now: throttle.admit(session, now, attempt))
    # Hashing takes its time, so it is done outside of what writes, which holds a lock on SQLite.
    now = asked.clock.now()
    return asked.database.read(
        lambda session: sessions.user_by_password(session, now, name, password)
    )


@blp.route("/auth/login", methods=["POST"])
@blp.arguments(LogInSchema)
@blp.response(200, TokenSchema)
@blp.alt_response(401, description="Name and password do not belong to an active user")
@blp.alt_response(403, description=OTP_NEEDED)
@blp.alt_response(429, description=THROTTLED)
def log_in(given: dict[str, Any]) -> dict[str, Any]:
    """Log in with name and password."""
    asked = house()
    known = by_password(given["name"], given["password"])
    if known is None:
        abort(401, message=NOT_KNOWN, remedy=NOT_KNOWN_REMEDY)

    def body(session: Session, now: datetime) -> str | Refused:
        return sessions.enter(
            session, now, asked.ids, asked.key, known, given["otp"], auth.client()
        )

    token = asked.database.transact(body)
    if isinstance(token, Refused):
        raise token
    return {"token": token, "lacks": sessions.lacks(known, auth.second_factor_required())}


@blp.route("/auth/logout", methods=["POST"])
@blp.arguments(LogOutSchema)
@blp.response(204)
def log_out(args: dict[str, Any]) -> None:
    """Log out: here, or everywhere."""
    mine = auth.log_in()

    def body(session: Session, now: datetime) -> None:
        if args["all"]:
            sessions.end_all(session, mine.user_id)
        sessions.end(session, mine.token_hash)

    house().database.transact(body)


@blp.route("/auth/sessions", methods=["GET"])
@blp.response(200, SessionsSchema)
def list_sessions() -> dict[str, Any]:
    """List one's own log-ins."""
    now, mine = house().clock.now(), auth.log_in().token_hash

    def told(row: StaffSession) -> dict[str, Any]:
        return {**row.values(), "current": row.token_hash == mine}

    def body(session: Session) -> list[dict[str, Any]]:
        return [told(row) for row in sessions.lasting(session, now, user().id)]

    return {"items": house().database.read(body)}

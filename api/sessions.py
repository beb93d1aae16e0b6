"""Logging in at the desk."""

from datetime import datetime
from typing import Any

from flask import abort
from marshmallow import fields
from sqlalchemy.orm import Session

from api.auth import house
from api.blueprint import Blueprint
from api.schemas import Strict, Text
from models import enrolment

blp = Blueprint("auth", __name__, description="Logging in")


class LogInSchema(Strict):
    """Name and password."""

    name = Text(required=True)
    password = Text(required=True, load_only=True)


class TokenSchema(Strict):
    """The token to send as Bearer, for 12 hours."""

    token = fields.String(required=True)


@blp.route("/auth/login", methods=["POST"])
@blp.arguments(LogInSchema)
@blp.response(200, TokenSchema)
@blp.alt_response(401, description="Name and password do not belong to an active user")
def log_in(credentials: dict[str, Any]) -> dict[str, Any]:
    """Log in with name and password."""

    database = house().database
    # Hashing takes its time, so it is done before the transaction, which holds a lock on SQLite.
    user = database.read(lambda session: enrolment.user_by_password(session, **credentials))
    if user is None:
        abort(401, "name and password do not belong to an active user")

    def body(session: Session, now: datetime) -> str:
        return enrolment.log_in(session, now, house().ids, user)

    return {"token": database.transact(body)}

"""Logging in at the desk."""

from datetime import datetime
from typing import Any

from flask import abort
from flask_smorest import Blueprint
from marshmallow import fields
from sqlalchemy.orm import Session

from api.auth import house
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

    def body(session: Session, now: datetime) -> str | None:
        return enrolment.log_in(session, now, house().ids, **credentials)

    token = house().database.transact(body)
    if token is None:
        abort(401, "name and password do not belong to an active user")
    return {"token": token}

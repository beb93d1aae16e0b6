"""What a supervisor does to somebody else's account when they cannot get in any more."""

from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields
from sqlalchemy.orm import Session

from api.auth import editor, house
from api.blueprint import Blueprint
from api.schemas import Instant
from models import accounts
from models.people import password_hash

blp = Blueprint("accounts", __name__, description="Getting people in again")


class OneTimePasswordSchema(Schema):
    """A password for one log-in, told this once; then another one has to be chosen."""

    password = fields.String(required=True)
    until = Instant(required=True)


@blp.route("/users/<uuid:id_>/password-reset", methods=["POST"])
@blp.response(200, OneTimePasswordSchema)
def reset_password(id_: UUID) -> dict[str, Any]:
    """Give somebody a password for one log-in, good for a day. Their log-ins end."""
    password = house().ids.code(accounts.ONE_TIME_GROUPS)
    hashed = password_hash(password)

    def body(session: Session, now: datetime) -> datetime:
        accounts.reset_password(editor(session, now), id_, hashed)
        return now + accounts.ONE_TIME_LIFE

    return {"password": password, "until": house().database.transact(body)}


@blp.route("/users/<uuid:id_>/second-factor/reset", methods=["POST"])
@blp.response(204)
def reset_second_factor(id_: UUID) -> None:
    """Take away somebody's second factor, as their phone is lost. Their log-ins end."""

    def body(session: Session, now: datetime) -> None:
        accounts.reset_second_factor(editor(session, now), id_)

    house().database.transact(body)

"""Users and territories."""

from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from flask_smorest import Blueprint
from marshmallow import ValidationError, fields, validate
from sqlalchemy.orm import Session

from api.auth import house
from api.schemas import Strict, Text
from api.tables import Table
from models.people import PASSWORD_LENGTH_MIN, Role, Territory, User, password_hash

blp = Blueprint("people", __name__, description="Users and territories")


def known_zone(name: str) -> None:
    """Refuse what is no time zone."""
    if name not in available_timezones():
        raise ValidationError("no such time zone, write for instance Asia/Shanghai")


class TerritorySchema(Strict):
    """An area of service."""

    id = fields.UUID(dump_only=True)
    code = Text(required=True)
    name = Text(required=True)
    tier = fields.String(required=True, validate=validate.OneOf(["local", "nearby", "remote"]))
    zone = fields.String(load_default="Asia/Shanghai", validate=known_zone)


class UserSchema(Strict):
    """A member of staff. The password is never told."""

    id = fields.UUID(dump_only=True)
    name = Text(required=True)
    full_name = Text(required=True)
    role = fields.String(required=True, validate=validate.OneOf([str(role) for role in Role]))
    territory_id = fields.UUID(load_default=None, allow_none=True)
    language = fields.String(load_default="zh", validate=validate.OneOf(["zh", "en"]))
    active = fields.Boolean(dump_only=True)
    password = fields.String(
        required=True, load_only=True, validate=validate.Length(PASSWORD_LENGTH_MIN, 200)
    )


def _make_user(session: Session, now: datetime, values: dict[str, Any]) -> User:
    known = {name: value for name, value in values.items() if name != "password"}
    hashed = password_hash(values["password"])
    return User(id=house().ids.new(now), created=now, password_hash=hashed, **known)


Table("/territories", Territory, TerritorySchema, (Role.SUPERVISOR,)).register(blp)
Table("/users", User, UserSchema, (Role.SUPERVISOR,)).register(blp, _make_user)

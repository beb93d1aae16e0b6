"""Users and territories."""

from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from marshmallow import ValidationError, fields, post_load, validate
from sqlalchemy.orm import Session

from api.auth import house
from api.blueprint import Blueprint
from api.schemas import Strict, Text
from api.tables import Table
from models.people import PASSWORD_LENGTH_MIN, Role, Territory, User, password_hash

blp = Blueprint("people", __name__, description="Users and territories")


@cache
def _zones() -> set[str]:
    return available_timezones()


def known_zone(name: str) -> None:
    """Refuse what is no time zone."""
    if name not in _zones():
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
    password = Text(shortest=PASSWORD_LENGTH_MIN, required=True, load_only=True)

    @post_load
    def _hash(self, values: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        # Here and not while storing: hashing takes its time, and storing holds a lock on SQLite.
        hashed = password_hash(values.pop("password"))
        return {**values, "password_hash": hashed}


def _make_user(session: Session, now: datetime, values: dict[str, Any]) -> User:
    return User(id=house().ids.new(now), created=now, **values)


Table("/territories", Territory, TerritorySchema, (Role.SUPERVISOR,)).register(blp)
Table("/users", User, UserSchema, (Role.SUPERVISOR,)).register(blp, _make_user)

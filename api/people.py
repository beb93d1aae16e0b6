"""Users and territories."""

from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from marshmallow import ValidationError, fields, post_load, validate
from sqlalchemy.orm import Session

from api.auth import house
from api.blueprint import Blueprint
from api.lists import Listing, before, equal
from api.schemas import Instant, Strict, Text
from api.tables import Table
from models.people import PASSWORD_LENGTH_MIN, Role, Territory, User, password_hash

TIERS = ("local", "nearby", "remote")
LANGUAGES = ("zh", "en")

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
    tier = fields.String(required=True, validate=validate.OneOf(TIERS))
    zone = fields.String(load_default="Asia/Shanghai", validate=known_zone)


class UserSchema(Strict):
    """A member of staff. The password is never told.

    `password_until` says until when a password is good that somebody gave them for one log-in,
    `second_factor` since when they have one, `last_seen` when they were last at the desk.
    """

    id = fields.UUID(dump_only=True)
    name = Text(required=True)
    full_name = Text(required=True)
    role = fields.String(required=True, validate=validate.OneOf([str(role) for role in Role]))
    territory_id = fields.UUID(load_default=None, allow_none=True)
    language = fields.String(load_default="zh", validate=validate.OneOf(LANGUAGES))
    active = fields.Boolean(dump_only=True)
    created = Instant(dump_only=True)
    last_seen = Instant(dump_only=True, allow_none=True)
    password_until = Instant(dump_only=True, allow_none=True)
    second_factor = Instant(dump_only=True, allow_none=True)
    password = Text(shortest=PASSWORD_LENGTH_MIN, required=True, load_only=True)

    @post_load
    def _hash(self, values: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        # Here and not while storing: hashing takes its time, and storing holds a lock on SQLite.
        if "password" in values:  # An edit has none.
            values["password_hash"] = password_hash(values.pop("password"))
        return values


def _make_user(session: Session, now: datetime, values: dict[str, Any]) -> User:
    return User(id=house().ids.new(now), created=now, password_since=now, **values)


TERRITORIES = Listing(
    Territory,
    TerritorySchema,
    sorts={"code": Territory.code, "name": Territory.name},
    filters={"tier": equal(Territory.tier, TIERS)},
    search=(Territory.code, Territory.name),
)
USERS = Listing(
    User,
    UserSchema,
    sorts={"name": User.name, "full_name": User.full_name},
    filters={
        "role": equal(User.role, list(Role)),
        "territory": equal(User.territory_id),
        "active": equal(User.active),
        "seen_before": before(User.last_seen),
    },
    search=(User.name, User.full_name),
)

Table("/territories", TERRITORIES).register(blp)
Table("/users", USERS, _make_user, fixed=("name", "role", "password")).register(blp)

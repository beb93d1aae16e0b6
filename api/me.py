"""What everybody does with their own account: language, password, second factor."""

from datetime import datetime
from typing import Any

import segno
from marshmallow import Schema, fields, validate
from sqlalchemy.orm import Session

from api import auth
from api.auth import house, user
from api.blueprint import Blueprint
from api.people import LANGUAGES
from api.schemas import Instant, Strict, Text
from api.sessions import LACKING, OTP_NEEDED, THROTTLED, by_password
from models import accounts, second_factor, sessions, throttle
from models.edits import Editor, look_up
from models.kept import KEPT
from models.people import PASSWORD_LENGTH_MIN, User, password_hash
from models.refusals import Refused
from models.throttle import Attempt

blp = Blueprint("me", __name__, description="One's own account")


class MeSchema(Schema):
    """Who one is here. `lacks` is what has to be seen to before anything else."""

    id = fields.UUID()
    name = fields.String()
    full_name = fields.String()
    role = fields.String()
    territory_id = fields.UUID(allow_none=True)
    language = fields.String()
    second_factor = Instant(allow_none=True)
    lacks = fields.String(allow_none=True, validate=validate.OneOf(LACKING))


class LanguageSchema(Strict):
    """In which language one reads."""

    language = fields.String(required=True, validate=validate.OneOf(LANGUAGES))


class PasswordSchema(Strict):
    """The password so far, and the one from now on."""

    old = Text(required=True)
    new = Text(shortest=PASSWORD_LENGTH_MIN, required=True)


class AgainSchema(Strict):
    """Who one is, once more: the password; with a second factor also its code, or a recovery
    code."""

    password = Text(required=True)
    otp = Text(load_default=None, allow_none=True)


class OfferSchema(Schema):
    """The secret, told this once: in base32, as an address for apps, and as a picture of that."""

    secret = fields.String(required=True)
    uri = fields.String(required=True)
    svg = fields.String(required=True)


class OtpSchema(Strict):
    """The code that the app shows now."""

    otp = Text(required=True)


class RecoverySchema(Schema):
    """Codes that stand in for the phone, each once. They are told this once."""

    recovery_codes = fields.List(fields.String(), required=True)


@blp.route("/me", methods=["GET"])
@blp.response(200, MeSchema)
def get_me() -> dict[str, Any]:
    """Who one is here."""
    return _told(user())


@blp.route("/me", methods=["PATCH"])
@blp.arguments(LanguageSchema)
@blp.response(200, MeSchema)
def edit_me(values: dict[str, Any]) -> dict[str, Any]:
    """Choose one's language. Nobody else edits that meanwhile, so no If-Match is needed."""

    def body(session: Session, now: datetime) -> dict[str, Any]:
        editor, row = _myself(session, now)
        editor.change(KEPT["users"], row, values)
        return _told(row)

    return house().database.transact(body)


@blp.route("/me/password", methods=["POST"])
@blp.arguments(PasswordSchema)
@blp.response(204)
@blp.alt_response(429, description=THROTTLED)
def change_password(given: dict[str, Any]) -> None:
    """Choose another password. One's other log-ins end."""
    _check_password(given["old"], "old")
    if given["new"] == given["old"]:
        raise Refused("wrong_value", "new", "it is the password so far")
    hashed, mine = password_hash(given["new"]), auth.log_in().token_hash

    def body(session: Session, now: datetime) -> None:
        editor, row = _myself(session, now)
        accounts.give_password(editor, row, hashed, keep=mine)

    house().database.transact(body)


@blp.route("/me/second-factor", methods=["POST"])
@blp.arguments(AgainSchema)
@blp.response(200, OfferSchema)
@blp.alt_response(403, description=OTP_NEEDED)
@blp.alt_response(429, description=THROTTLED)
def begin_second_factor(given: dict[str, Any]) -> dict[str, Any]:
    """Begin a second factor, or another one. It counts once a code of it was sent."""
    _prove(given)
    asked, me = house(), user()
    secret = asked.database.transact(
        lambda session, now: second_factor.offer(session, asked.key, asked.ids, me.id)
    )
    uri = second_factor.address_of(secret, me.name)
    return {"secret": secret, "uri": uri, "svg": segno.make(uri).svg_inline(scale=4, light="white")}


@blp.route("/me/second-factor/confirm", methods=["POST"])
@blp.arguments(OtpSchema)
@blp.response(200, RecoverySchema)
@blp.alt_response(429, description=THROTTLED)
def confirm_second_factor(given: dict[str, Any]) -> dict[str, Any]:
    """Confirm the second factor that was begun. From now on every log-in needs it."""
    attempt = Attempt("otp", auth.client().address, user().name)
    mine = auth.log_in().token_hash

    def body(session: Session, now: datetime) -> list[str]:
        throttle.admit(session, now, attempt)
        editor, row = _myself(session, now)
        codes = accounts.confirm_second_factor(editor, house().key, row, given["otp"], mine)
        if codes:
            throttle.succeeded(session, now, attempt)
        return codes

    codes = house().database.transact(body)
    if not codes:
        raise Refused("otp_wrong", "otp")
    return {"recovery_codes": codes}


@blp.route("/me/second-factor/end", methods=["POST"])
@blp.arguments(AgainSchema)
@blp.response(204)
@blp.alt_response(403, description=OTP_NEEDED)
@blp.alt_response(429, description=THROTTLED)
def end_second_factor(given: dict[str, Any]) -> None:
    """Go without a second factor, where one may."""
    if auth.second_factor_required() and user().role == "supervisor":
        raise Refused("second_factor_required", "otp")
    _prove(given)

    def body(session: Session, now: datetime) -> None:
        accounts.end_second_factor(*_myself(session, now))

    house().database.transact(body)


def _told(row: User) -> dict[str, Any]:
    return {**row.values(), "lacks": sessions.lacks(row, auth.second_factor_required())}


def _myself(session: Session, now: datetime) -> tuple[Editor, User]:
    """The user who asks, as an editor of their own row, which is locked."""
    row = look_up(session, User, user().id, lock=True)
    return Editor(session, now, house().ids, row.id), row


def _check_password(password: str, field: str) -> None:
    """The password is the asker's. Raises Refused."""
    if by_password(user().name, password) is None:
        raise Refused("password_wrong", field)
    attempt = Attempt("password", auth.client().address, user().name)
    house().database.transact(lambda session, now: throttle.succeeded(session, now, attempt))


def _prove(given: dict[str, Any]) -> None:
    """Whoever asks has not only found an open screen. Raises Refused."""
    _check_password(given["password"], "password")
    asked, me = house(), user()
    if me.second_factor is None:
        return

    def body(session: Session, now: datetime) -> Refused | None:
        return sessions.prove(session, now, asked.key, me, given["otp"], auth.client().address)

    refused = asked.database.transact(body)
    if refused is not None:
        raise refused

"""Devices: one-time codes, enrolling, revoking, and what the desk sees of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import fields
from sqlalchemy import select
from sqlalchemy.orm import Session

from api import lists
from api.auth import client, house, own
from api.blueprint import Blueprint
from api.lists import Filter, Listing, before, equal
from api.schemas import Instant, Strict, Text
from api.sessions import THROTTLED
from models import enrolment, sealed, throttle
from models.clock import instant_text
from models.feed import Life
from models.people import Device, User
from models.refusals import Refused
from models.throttle import Attempt
from sync.numbering import highest_seq

blp = Blueprint("devices", __name__, description="Phones and tablets of the technicians")


class CodeArgs(Strict):
    """For whose device the code is."""

    user = fields.UUID(required=True)


class CodeSchema(Strict):
    """A one-time code; it lives 15 minutes."""

    code = fields.String(required=True)


class EnrolArgs(Strict):
    """The code, the device's Ed25519 public key in hexadecimal, and a name for it."""

    code = Text(required=True)
    public_key = Text(required=True)
    name = Text(required=True)


class EnrolledSchema(Strict):
    """The device's id and its token, which is told once; and for what key it exports its outbox."""

    device = fields.UUID(required=True)
    user = fields.UUID(required=True)
    token = fields.String(required=True)
    now = fields.String(required=True)
    life = fields.UUID(required=True)
    outbox_key = fields.String(required=True)
    seq = fields.Integer(
        required=True,
        metadata={"description": "the highest that is known of it, 0 of a new one; go on above"},
    )


class DeviceSchema(Strict):
    """A device as the desk sees it: who has it, when it was heard of, what is stuck on it."""

    id = fields.UUID()
    user_id = fields.UUID()
    user_name = fields.String()
    name = fields.String()
    enrolled = Instant()
    revoked = Instant(allow_none=True)
    wipe = fields.Boolean()
    renewed = Instant(allow_none=True)
    last_seen = Instant(allow_none=True)
    unsent_facts = fields.Integer()
    unsent_bytes = fields.Integer()
    unsent_since = Instant(allow_none=True)


DEVICES = Listing(
    Device,
    DeviceSchema,
    sorts={"name": Device.name, "last_seen": Device.last_seen, "enrolled": Device.enrolled},
    filters={
        "user": equal(Device.user_id),
        "revoked": Filter(
            fields.Boolean(),
            lambda gone: Device.revoked.is_not(None) if gone else Device.revoked.is_(None),
        ),
        "unsent": Filter(
            fields.Boolean(),
            lambda stuck: Device.unsent_facts > 0 if stuck else Device.unsent_facts == 0,
        ),
        "seen_before": before(Device.last_seen),
    },
    search=(Device.name, User.name, User.full_name),
    beside={"user_name": User.full_name},
    joined=lambda query: query.join(User, User.id == Device.user_id),
)


@blp.route("/devices/codes", methods=["POST"])
@blp.arguments(CodeArgs)
@blp.response(201, CodeSchema)
def issue_code(args: dict[str, Any]) -> dict[str, Any]:
    """Make a code with which one device of the user can enrol."""
    if own() not in (None, args["user"]):
        raise Refused("not_allowed", "user", "a technician enrols their own devices only")

    def body(session: Session, now: datetime) -> str:
        return enrolment.issue_code(session, now, house().ids, args["user"])

    return {"code": house().database.transact(body)}


@blp.route("/devices/enrol", methods=["POST"])
@blp.arguments(EnrolArgs)
@blp.response(201, EnrolledSchema)
@blp.alt_response(429, description=THROTTLED)
def enrol_device(args: dict[str, Any]) -> dict[str, Any]:
    """Enrol a device with a one-time code and its public key. No log-in is needed."""
    attempt = Attempt("code", client().address)
    house().database.transact(lambda session, now: throttle.admit(session, now, attempt))

    def body(session: Session, now: datetime) -> dict[str, Any]:
        throttle.succeeded(session, now, attempt)
        enrolled = enrolment.enrol(session, now, house().ids, **args)
        return told_token(session, now, enrolled.device, enrolled.token)

    return house().database.transact(body)


def told_token(session: Session, now: datetime, device: Device, token: str) -> dict[str, Any]:
    """What a device is told with a token."""
    return {
        "device": device.id,
        "user": device.user_id,
        "token": token,
        "now": instant_text(now),
        "life": session.scalars(select(Life.number)).one(),
        "outbox_key": sealed.public_key(house().key()),
        "seq": highest_seq(session, device),
    }


@blp.route("/devices", methods=["GET"])
@blp.arguments(DEVICES.arguments(), location="query")
@blp.response(200, DEVICES.page_schema())
def list_devices(args: dict[str, Any]) -> dict[str, Any]:
    """List the devices by page."""
    where = [] if own() is None else [Device.user_id == own()]
    return house().database.read(lambda session: lists.page(session, DEVICES, args, *where))


@blp.route("/devices/<uuid:id_>", methods=["GET"])
@blp.response(200, DeviceSchema)
def get_device(id_: UUID) -> dict[str, Any]:
    """One device."""
    where = [Device.id == id_] + ([] if own() is None else [Device.user_id == own()])
    return house().database.read(lambda session: lists.one(session, DEVICES, *where))


@blp.route("/devices/<uuid:id_>/revoke", methods=["POST"])
@blp.response(204)
def revoke_device(id_: UUID) -> None:
    """Revoke a lost device: nothing more goes to it, and what it still states is held.

    It is told to wipe itself once it has sent everything.
    """
    user_id = own()
    house().database.transact(lambda session, now: enrolment.revoke(session, now, id_, user_id))


@blp.route("/devices/<uuid:id_>/wipe", methods=["POST"])
@blp.response(204)
def wipe_device(id_: UUID) -> None:
    """Have a device wiped, whatever it did not send: nobody waits for that any more.

    It is revoked where it is not yet, and wipes itself when it is heard of next.
    """
    house().database.transact(lambda session, now: enrolment.revoke(session, now, id_, wipe=True))

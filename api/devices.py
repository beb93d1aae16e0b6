"""Devices: one-time codes, enrolling, revoking, and what the desk sees of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import fields
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.auth import DESK, house, staff
from api.blueprint import Blueprint
from api.schemas import Instant, PageArgs, Strict, Text, page, page_of
from models import enrolment
from models.clock import instant_text
from models.feed import Life
from models.people import Device, Role

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
    """The device's id and its token, which is told once."""

    device = fields.UUID(required=True)
    user = fields.UUID(required=True)
    token = fields.String(required=True)
    now = fields.String(required=True)
    life = fields.UUID(required=True)


class DeviceSchema(Strict):
    """A device as the desk sees it: who has it, when it was heard of, what is stuck on it."""

    id = fields.UUID()
    user_id = fields.UUID()
    name = fields.String()
    enrolled = Instant()
    revoked = Instant(allow_none=True)
    last_seen = Instant(allow_none=True)
    unsent_facts = fields.Integer()
    unsent_bytes = fields.Integer()
    unsent_since = Instant(allow_none=True)


@blp.route("/devices/codes", methods=["POST"])
@staff(*DESK)
@blp.arguments(CodeArgs)
@blp.response(201, CodeSchema)
def issue_code(args: dict[str, Any]) -> dict[str, Any]:
    """Make a code with which one device of the user can enrol."""

    def body(session: Session, now: datetime) -> str:
        return enrolment.issue_code(session, now, house().ids, args["user"])

    return {"code": house().database.transact(body)}


@blp.route("/devices/enrol", methods=["POST"])
@blp.arguments(EnrolArgs)
@blp.response(201, EnrolledSchema)
def enrol(args: dict[str, Any]) -> dict[str, Any]:
    """Enrol a device with a one-time code and its public key. No log-in is needed."""

    def body(session: Session, now: datetime) -> dict[str, Any]:
        enrolled = enrolment.enrol(session, now, house().ids, **args)
        life = session.scalars(select(Life.number)).one()
        return {
            "device": enrolled.device.id,
            "user": enrolled.device.user_id,
            "token": enrolled.token,
            "now": instant_text(now),
            "life": life,
        }

    return house().database.transact(body)


@blp.route("/devices", methods=["GET"])
@staff(*DESK)
@blp.arguments(PageArgs, location="query")
@blp.response(200, page_of(DeviceSchema))
def list_devices(args: dict[str, Any]) -> dict[str, Any]:
    """List the devices by page."""
    return house().database.read(lambda session: page(session, Device, args))


@blp.route("/devices/<uuid:id_>/revoke", methods=["POST"])
@staff(Role.SUPERVISOR)
@blp.response(204)
def revoke(id_: UUID) -> None:
    """Revoke a lost device: nothing more goes to it, and what it still states is held."""
    house().database.transact(lambda session, now: enrolment.revoke(session, now, id_))

"""Rescue: another token for a device that has its key, and an outbox that somebody brought."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import abort, request
from marshmallow import Schema, fields
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.auth import client, house, user
from api.blueprint import Blueprint
from api.devices import EnrolledSchema, told_token
from api.schemas import BYTES, Instant, Strict, Text
from api.sessions import THROTTLED
from models import rescue, throttle
from models.bringing import Bringing
from models.edits import look_up
from models.people import Device
from models.throttle import Attempt
from sync import limits
from sync.answer import ReceiptSchema, ReceivedSchema
from sync.bringing import take_outbox

blp = Blueprint("rescue", __name__, description="Devices that lost their token, or fell into water")

MEDIA = "application/octet-stream"
SHOWN = 100


class ChallengeArgs(Strict):
    """The public key with which the device enrolled."""

    public_key = Text(required=True)


class ChallengeSchema(Schema):
    """What the device has to sign, and until when."""

    device = fields.UUID(attribute="device_id")
    challenge = fields.String(attribute="text")
    expires = Instant()


class RenewArgs(Strict):
    """The challenge, and the device's signature over the three lines around it."""

    challenge = Text(required=True)
    signature = Text(required=True)


class BroughtPhotoSchema(Schema):
    """A photo's bytes: `taken`, or the code of why not."""

    sha256 = fields.String()
    outcome = fields.String()


class BroughtSchema(Schema):
    """What became of the outbox: receipts as the device itself would have got them."""

    id = fields.UUID()
    receipts = fields.List(fields.Nested(ReceiptSchema))
    received = fields.Nested(ReceivedSchema)
    photos = fields.List(fields.Nested(BroughtPhotoSchema))


class BringingSchema(Schema):
    """An outbox that was brought: by whom and when, when it was exported, what was in it."""

    id = fields.UUID()
    user = fields.UUID(attribute="user_id")
    at = Instant()
    exported = Instant()
    facts = fields.Integer()
    photos = fields.Integer()


class BringingsSchema(Schema):
    """What was brought for a device, newest first, at most 100."""

    items = fields.List(fields.Nested(BringingSchema))


@blp.route("/devices/challenge", methods=["POST"])
@blp.arguments(ChallengeArgs)
@blp.response(200, ChallengeSchema)
@blp.alt_response(403, description="The device was revoked")
@blp.alt_response(404, description="No device has that key")
@blp.alt_response(422, description="The key is not written as 64 digits of lower-case hexadecimal")
def challenge_device(args: dict[str, Any]) -> rescue.Challenge:
    """Something for the device of that key to sign, within two minutes. No log-in is needed."""
    key, now = house().key(), house().clock.now()
    return house().database.read(
        lambda session: rescue.challenge(session, now, key, args["public_key"])
    )


@blp.route("/devices/<uuid:id_>/token", methods=["POST"])
@blp.arguments(RenewArgs)
@blp.response(201, EnrolledSchema)
@blp.alt_response(403, description="The device was revoked, or the signature is not by its key")
@blp.alt_response(409, description="The challenge is unknown, was used, or is too old")
@blp.alt_response(429, description=THROTTLED)
def renew_token(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Another token for a signed challenge: the same device, and its old token ends."""
    attempt = Attempt("key", client().address)
    house().database.transact(lambda session, now: throttle.admit(session, now, attempt))
    key = house().key()

    def body(session: Session, now: datetime) -> dict[str, Any]:
        throttle.succeeded(session, now, attempt)
        device, token = rescue.renew(session, now, house().ids, key, id_, **args)
        return told_token(session, now, device, token)

    return house().database.transact(body)


@blp.route("/devices/<uuid:id_>/outbox", methods=["POST"])
@blp.doc(
    summary="Take in an exported outbox",
    description="As if the device had sent it: what is here already is not taken twice, and who"
    " brought it is kept. docs/protocol.md says how the file is made.",
    requestBody={"required": True, "content": {MEDIA: {"schema": BYTES}}},
)
@blp.response(200, BroughtSchema)
def bring_outbox(id_: UUID) -> dict[str, Any]:
    """Take in an exported outbox."""
    if request.mimetype != MEDIA:
        abort(415, f"send the file as {MEDIA}")
    request.max_content_length = limits.outbox_bytes_max
    brought = take_outbox(house(), id_, user().id, request.stream)
    stored = brought.stored
    return {
        "id": brought.id,
        "receipts": brought.receipts,
        "received": {"through": stored.through, "missing": stored.missing, "safe_through": None},
        "photos": [{"sha256": sha256, "outcome": outcome} for sha256, outcome in brought.photos],
    }


@blp.route("/devices/<uuid:id_>/outbox", methods=["GET"])
@blp.response(200, BringingsSchema)
def list_brought_outboxes(id_: UUID) -> dict[str, Any]:
    """The outboxes that were brought for the device."""

    def body(session: Session) -> dict[str, Any]:
        look_up(session, Device, id_)
        query = select(Bringing).where(Bringing.device_id == id_)
        newest = query.order_by(Bringing.at.desc(), Bringing.id.desc()).limit(SHOWN)
        return {"items": list(session.scalars(newest))}

    return house().database.read(body)

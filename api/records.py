"""Sealed records, with everything that is needed to check them oneself."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.auth import OFFICE, house, staff
from api.blueprint import Blueprint
from api.schemas import Instant, PageArgs, page, page_of
from models.facts import Fact, FactPart
from models.people import Device
from models.records.rows import RecordVersion
from models.refusals import Refused

blp = Blueprint("records", __name__, description="Sealed service records")


class RecordLineSchema(Schema):
    """One sealed version in a list."""

    id = fields.UUID()
    record = fields.UUID(attribute="record_id")
    visit = fields.UUID(attribute="visit_id")
    number = fields.Integer()
    root = fields.String()
    content_code = fields.String()
    result = fields.String()
    sign_off = fields.String()
    sealed = Instant()


class SealedPartSchema(Schema):
    """A part with its hash; salt and text unless it was erased."""

    hash = fields.String()
    salt = fields.String(allow_none=True)
    text = fields.String(allow_none=True)
    erased = Instant(allow_none=True)


class VersionSchema(RecordLineSchema):
    """One sealed version: the bytes that were signed, the signature, the key, the parts."""

    fact = fields.String()
    signature = fields.String()
    public_key = fields.String()
    parts = fields.Dict(keys=fields.String(), values=fields.Nested(SealedPartSchema))


class RecordSchema(Schema):
    """A record with all its versions."""

    versions = fields.List(fields.Nested(VersionSchema))


@blp.route("/records", methods=["GET"])
@staff(*OFFICE)
@blp.arguments(PageArgs, location="query")
@blp.response(200, page_of(RecordLineSchema))
def list_records(args: dict[str, Any]) -> dict[str, Any]:
    """List the sealed versions by page."""
    return house().database.read(lambda session: page(session, RecordVersion, args))


@blp.route("/records/<uuid:id_>", methods=["GET"])
@staff(*OFFICE)
@blp.response(200, RecordSchema)
def get_record(id_: UUID) -> dict[str, Any]:
    """One record: manifest, parts, signature and key, to be verified by anybody."""

    def body(session: Session) -> dict[str, Any]:
        query = (
            select(RecordVersion, Fact, Device.public_key)
            .join(Fact, Fact.key == RecordVersion.fact_key)
            .join(Device, Device.id == Fact.origin_id)
            .where(RecordVersion.record_id == id_)
            .order_by(RecordVersion.number, RecordVersion.sealed)
        )
        versions = [_version(session, *row) for row in session.execute(query)]
        if not versions:
            raise Refused("unknown", "id")
        return {"versions": versions}

    return house().database.read(body)


def _version(
    session: Session, version: RecordVersion, fact: Fact, public_key: str
) -> dict[str, Any]:
    parts = session.scalars(select(FactPart).where(FactPart.fact_key == fact.key))
    return {
        **version.values(),
        "fact": fact.text.decode(),
        "signature": fact.signature,
        "public_key": public_key,
        "parts": {
            part.name: {
                "hash": part.hash,
                "salt": part.salt,
                "text": None if part.text is None else part.text.decode(),
                "erased": part.erased,
            }
            for part in parts
        },
    }

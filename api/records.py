"""Sealed records, with everything that is needed to check them oneself."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api import lists
from api.auth import house, reached
from api.blueprint import Blueprint
from api.lists import Listing, before, equal, since
from api.schemas import Instant
from models.bringing import Paper
from models.customers import Site
from models.dispatch.rows import Visit
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
    stands = fields.Boolean()
    sealed = Instant()
    site = fields.UUID(attribute="site_id")
    site_name = fields.String()
    zone = fields.String()


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


RECORDS = Listing(
    RecordVersion,
    RecordLineSchema,
    default="-sealed",
    sorts={"sealed": RecordVersion.sealed},
    filters={
        "visit": equal(RecordVersion.visit_id),
        "site": equal(Visit.site_id),
        "customer": equal(Site.customer_id),
        "sign_off": equal(RecordVersion.sign_off),
        "sealed_from": since(RecordVersion.sealed),
        "sealed_to": before(RecordVersion.sealed),
    },
    search=(Site.name, RecordVersion.content_code),
    beside={"site_id": Visit.site_id, "site_name": Site.name, "zone": Site.zone},
    joined=lambda query: query.join(Visit, Visit.id == RecordVersion.visit_id).join(
        Site, Site.id == Visit.site_id
    ),
)


@blp.route("/records", methods=["GET"])
@blp.arguments(RECORDS.arguments(), location="query")
@blp.response(200, RECORDS.page_schema())
def list_records(args: dict[str, Any]) -> dict[str, Any]:
    """List the sealed versions by page."""
    mine = reached(RecordVersion.visit_id)
    return house().database.read(lambda session: lists.page(session, RECORDS, args, *mine))


@blp.route("/records/<uuid:id_>", methods=["GET"])
@blp.response(200, RecordSchema)
def get_record(id_: UUID) -> dict[str, Any]:
    """One record: manifest, parts, signature and key, to be verified by anybody."""

    key = func.coalesce(Device.public_key, Paper.public_key)

    def body(session: Session) -> dict[str, Any]:
        query = (
            RECORDS.joined(select(RecordVersion, Fact, key, *RECORDS.beside.values()))
            .join(Fact, Fact.key == RecordVersion.fact_key)
            .outerjoin(Device, Device.id == Fact.origin_id)
            .outerjoin(Paper, Paper.id == Fact.origin_id)
            .where(RecordVersion.record_id == id_, *reached(RecordVersion.visit_id))
            .order_by(RecordVersion.number, RecordVersion.sealed)
        )
        versions = [_version(session, *row) for row in session.execute(query)]
        if not versions:
            raise Refused("unknown", "id")
        return {"versions": versions}

    return house().database.read(body)


def _version(
    session: Session, version: RecordVersion, fact: Fact, public_key: str, *beside: Any
) -> dict[str, Any]:
    parts = session.scalars(select(FactPart).where(FactPart.fact_key == fact.key))
    return {
        **version.values(),
        **dict(zip(RECORDS.beside, beside, strict=True)),
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

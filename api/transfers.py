"""Transfers: what goes from one place to another, line by line, and what came of it."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields
from sqlalchemy import select
from sqlalchemy.orm import Session

from api import lists
from api.auth import house
from api.blueprint import Blueprint
from api.lists import Filter, Listing, equal
from api.schemas import Instant, QuantityText
from api.stock import PieceSchema
from models.facts import Fact
from models.findings import Finding
from models.people import Origin, User
from models.refusals import Refused
from models.stock import transit
from models.stock.demand import Requisition, Transfer, TransferLine
from models.stock.replay import IN_TRANSIT
from models.stock.rows import Part, Place, StockStatement

blp = Blueprint("transfers", __name__, description="Parts on their way")


class TransferLineSchema(PieceSchema):
    """So much of an item was shipped, or announced: what of it was received, what is `left` to
    come, and what nobody waits for any more, less what was received and never shipped."""

    received = QuantityText()
    written_off = QuantityText()
    left = QuantityText(attribute="awaited")


class TransferSchema(Schema):
    """What goes from one place to another. The id is that by which it is received."""

    id = fields.UUID(attribute="transfer_id")
    kind = fields.String()
    from_place = fields.UUID()
    to_place = fields.UUID()
    since = Instant()
    requisition = fields.UUID(attribute="requisition_id", allow_none=True)
    supplier = fields.String(allow_none=True)
    waybill = fields.String(allow_none=True)
    due = fields.Date(allow_none=True)
    announced = fields.List(fields.Dict())
    repaired = fields.Boolean()
    lines = fields.List(fields.Nested(TransferLineSchema))
    removal = fields.UUID(attribute="removal_id", allow_none=True)


class ArrivedSchema(PieceSchema):
    """So much was received: when, by whom and where."""

    place = fields.UUID()
    place_code = fields.String(allow_none=True)
    happened = Instant()
    user = fields.UUID()
    user_name = fields.String()
    fact = fields.UUID()


class AboutTransferSchema(Schema):
    """A finding that is open about the transfer."""

    id = fields.UUID()
    code = fields.String()
    evidence = fields.Dict()
    since = Instant()


class TransferWholeSchema(TransferSchema):
    """A transfer with what was received of it, how its requisition stands, and what a person has to
    look at."""

    receipts = fields.List(fields.Nested(ArrivedSchema))
    requisition_status = fields.String(allow_none=True)
    findings = fields.List(fields.Nested(AboutTransferSchema))


TRANSFERS = Listing(
    Transfer,
    TransferSchema,
    default="-since",
    sorts={"since": Transfer.since},
    filters={
        "kind": equal(Transfer.kind, ("shipment", "handover", "delivery")),
        "from": equal(Transfer.from_place),
        "to": equal(Transfer.to_place),
        "requisition": equal(Transfer.requisition_id),
        "transfer": equal(Transfer.transfer_id),
        "waybill": equal(Transfer.waybill),
        "repaired": equal(Transfer.repaired),
        "removal": equal(Transfer.removal_id),
        "under_way": Filter(
            fields.Boolean(),
            lambda yes: transit.is_under_way() if yes else ~transit.is_under_way(),
            "only what was not received or written off in full",
        ),
    },
)


@blp.route("/transfers", methods=["GET"])
@blp.arguments(TRANSFERS.arguments(), location="query")
@blp.response(200, TRANSFERS.page_schema())
def list_transfers(args: dict[str, Any]) -> dict[str, Any]:
    """What goes, or went, from one place to another, by page; each with its lines."""

    def body(session: Session) -> dict[str, Any]:
        listed = lists.page(session, TRANSFERS, args)
        lines = _lines(session, {one["transfer_id"] for one in listed["items"]})
        for one in listed["items"]:
            one["lines"] = lines[one["transfer_id"]]
        return listed

    return house().database.read(body)


@blp.route("/transfers/<uuid:id_>", methods=["GET"])
@blp.response(200, TransferWholeSchema)
def get_transfer(id_: UUID) -> dict[str, Any]:
    """One transfer: its lines, what was received by whom, its requisition and its findings."""

    def body(session: Session) -> dict[str, Any]:
        query = select(Transfer).where(Transfer.transfer_id == id_)
        found = session.scalars(query.order_by(Transfer.since, Transfer.id).limit(1)).first()
        if found is None:
            raise Refused("unknown", "id")
        asked = found.requisition_id and session.get(Requisition, found.requisition_id)
        return {
            **found.values(),
            "lines": _lines(session, [id_])[id_],
            "receipts": _receipts(session, id_),
            "requisition_status": asked.status if asked else None,
            "findings": _findings(session, id_),
        }

    return house().database.read(body)


def _lines(session: Session, ids: Collection[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """The lines of each of the transfers; a part may be unknown here."""
    line = TransferLine
    query = select(line, Part.code, Part.name).outerjoin(Part, Part.id == line.part_id)
    query = query.where(line.transfer_id.in_(ids))
    found = defaultdict[UUID, list[dict[str, Any]]](list)
    for row, code, name in session.execute(query.order_by(Part.code, line.lot, line.serial)):
        found[row.transfer_id].append({**row.values(), "part_code": code, "part_name": name})
    return found


def _receipts(session: Session, id_: UUID) -> list[dict[str, Any]]:
    said = StockStatement
    query = (
        select(said, Part.code, Part.name, Place.code, Origin.user_id, User.full_name)
        .join(Fact, Fact.key == said.cause_id)
        .join(Origin, Origin.id == Fact.origin_id)
        .join(User, User.id == Origin.user_id)
        .outerjoin(Part, Part.id == said.part_id)
        .outerjoin(Place, Place.id == said.to_place)
        .where(said.transfer_id == id_, said.from_place == IN_TRANSIT)
        .order_by(said.happened, said.id)
    )
    return [
        {
            **row.values(),
            "part_code": code,
            "part_name": name,
            "place": row.to_place,
            "place_code": place,
            "user": user,
            "user_name": user_name,
            "fact": row.cause_id,
        }
        for row, code, name, place, user, user_name in session.execute(query)
    ]


def _findings(session: Session, id_: UUID) -> list[dict[str, Any]]:
    about = (Finding.subject_type == "transfer") & (Finding.subject_id == id_)
    query = select(Finding).where(about, Finding.state == "open")
    return [one.values() for one in session.scalars(query.order_by(Finding.since, Finding.id))]

"""Who has each loaner, or had it at any moment, and on whose word."""

from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields
from sqlalchemy import select
from sqlalchemy.orm import Session

from api import lists
from api.auth import house
from api.blueprint import Blueprint
from api.grounds import GroundSchema
from api.lists import Filter, Listing, equal
from api.schemas import Instant, Strict
from models.customers import Site
from models.edits import look_up
from models.loaners.rows import Custody, Loaner
from models.loaners.whereabouts import BESIDE, as_told, open_at, with_holders
from models.stock.rows import Place

blp = Blueprint("custody", __name__, description="Who has each loaner, and had it")


class CustodySchema(Schema):
    """Who had the loaner, from when until when, and on whose word. `condition` is what was signed
    for then, or known before; `inspected_as` what was found when it was looked at since."""

    id = fields.UUID()
    state = fields.String()
    holder_type = fields.String()
    holder_id = fields.UUID()
    holder_name = fields.String(allow_none=True)
    user_id = fields.UUID(allow_none=True)
    due = fields.Date(allow_none=True)
    overdue = fields.Boolean()
    reminders = fields.Integer()
    condition = fields.String(allow_none=True)
    accessories = fields.List(fields.String(), allow_none=True)
    photos = fields.List(fields.String(), allow_none=True)
    instead_of = fields.UUID(allow_none=True)
    inspected = Instant(allow_none=True)
    inspected_as = fields.String(allow_none=True)
    since = Instant()
    until = Instant(allow_none=True)
    ground = fields.Nested(GroundSchema)


class WhereaboutsSchema(CustodySchema):
    """Where a loaner is, or was at the moment asked for."""

    loaner = fields.UUID(attribute="loaner_id")
    model = fields.String()
    serial = fields.String()


class ChainSchema(Schema):
    """The loaner's custody, oldest first."""

    items = fields.List(fields.Nested(CustodySchema))


class AtSchema(Strict):
    """Only as it was at this moment."""

    at = Instant(
        load_default=None,
        allow_none=True,
        metadata={"description": "only who had it at this moment"},
    )


WHEREABOUTS = Listing(
    Custody,
    WhereaboutsSchema,
    default="-since",
    sorts={"since": Custody.since},
    filters={
        "at": Filter(Instant(), open_at, "as it was at this moment; as it is now if left out"),
        "holder": equal(Custody.holder_id),
        "model": equal(Loaner.model),
    },
    search=(Loaner.model, Loaner.serial, Place.name, Site.name),
    beside={"model": Loaner.model, "serial": Loaner.serial, **BESIDE},
    joined=lambda query: with_holders(query.join(Loaner, Loaner.id == Custody.loaner_id)),
)


@blp.route("/loaners/whereabouts", methods=["GET"])
@blp.arguments(WHEREABOUTS.arguments(), location="query")
@blp.response(200, WHEREABOUTS.page_schema())
def list_whereabouts(args: dict[str, Any]) -> dict[str, Any]:
    """Where each loaner is or was, since when, and on whose word."""
    at = args.get("at")
    now = [] if at is not None else [Custody.until.is_(None)]
    page = house().database.read(lambda session: lists.page(session, WHEREABOUTS, args, *now))
    return {**page, "items": [as_told(item, at) for item in page["items"]]}


@blp.route("/loaners/<uuid:id_>/custody", methods=["GET"])
@blp.arguments(AtSchema, location="query")
@blp.response(200, ChainSchema)
def list_custody(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Where the loaner was and is, since when, and on whose word."""
    return chain_of(id_, args["at"])


def chain_of(id_: UUID, at: datetime | None = None) -> dict[str, Any]:
    """The loaner's custody, oldest first; of a moment only the one that was open then."""
    query = with_holders(select(Custody, *BESIDE.values())).where(Custody.loaner_id == id_)
    if at is not None:
        query = query.where(open_at(at))

    def body(session: Session) -> dict[str, Any]:
        look_up(session, Loaner, id_)
        rows = session.execute(query.order_by(Custody.since, Custody.id)).all()
        told = [{**row[0].values(), **dict(zip(BESIDE, row[1:], strict=True))} for row in rows]
        return {"items": [as_told(values, at) for values in told]}

    return house().database.read(body)

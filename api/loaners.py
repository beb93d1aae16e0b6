"""The pool of loaner devices and who has each of them."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from api.auth import house, user
from api.blueprint import Blueprint
from api.lists import Listing, equal
from api.schemas import Instant, Note, Strict, Text
from api.tables import Table
from models.edits import look_up
from models.loaners.rows import Custody, Loaner
from sync.decide import decide

blp = Blueprint("loaners", __name__, description="Loaner devices")


class LoanerSchema(Strict):
    """A loaner device, and who has it now; null where nobody has said so yet."""

    id = fields.UUID(dump_only=True)
    model = Text(required=True)
    serial = Text(required=True)
    accessories = Note(load_default="")
    holder_type = fields.String(dump_only=True, allow_none=True)
    holder_id = fields.UUID(dump_only=True, allow_none=True)
    since = Instant(dump_only=True, allow_none=True)
    due = fields.Date(dump_only=True, allow_none=True)
    overdue = fields.Boolean(dump_only=True, allow_none=True)


class PlacingSchema(Strict):
    """At which place the loaner is."""

    place = fields.UUID(required=True)


class CustodySchema(Schema):
    """Who had the loaner, from when until when."""

    holder_type = fields.String()
    holder_id = fields.UUID()
    user_id = fields.UUID(allow_none=True)
    due = fields.Date(allow_none=True)
    overdue = fields.Boolean()
    since = Instant()
    until = Instant(allow_none=True)


class ChainSchema(Schema):
    """The loaner's custody, oldest first."""

    items = fields.List(fields.Nested(CustodySchema))


LOANERS = Listing(
    Loaner,
    LoanerSchema,
    sorts={"serial": Loaner.serial, "model": Loaner.model},
    filters={
        "model": equal(Loaner.model),
        "serial": equal(Loaner.serial),
        "holder": equal(Custody.holder_id),
        "overdue": equal(Custody.overdue),
    },
    search=(Loaner.model, Loaner.serial, Loaner.accessories),
    beside={
        "holder_type": Custody.holder_type,
        "holder_id": Custody.holder_id,
        "since": Custody.since,
        "due": Custody.due,
        "overdue": Custody.overdue,
    },
    joined=lambda query: query.outerjoin(
        Custody, and_(Custody.loaner_id == Loaner.id, Custody.until.is_(None))
    ),
)
Table("/loaners", LOANERS).register(blp)


@blp.route("/loaners/<uuid:id_>/place", methods=["PUT"])
@blp.arguments(PlacingSchema)
@blp.response(200, ChainSchema)
def place_loaner(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Put the loaner into a warehouse or a van."""
    data = {"loaner": str(id_), "place": str(args["place"])}
    decide(house().database, house().ids, user().id, "loaner.placed", data)
    return _chain(id_)


@blp.route("/loaners/<uuid:id_>/custody", methods=["GET"])
@blp.response(200, ChainSchema)
def list_custody(id_: UUID) -> dict[str, Any]:
    """Where the loaner was and is."""
    return _chain(id_)


def _chain(id_: UUID) -> dict[str, Any]:
    def body(session: Session) -> dict[str, Any]:
        look_up(session, Loaner, id_)
        query = select(Custody).where(Custody.loaner_id == id_).order_by(Custody.since, Custody.id)
        return {"items": [row.values() for row in session.scalars(query)]}

    return house().database.read(body)

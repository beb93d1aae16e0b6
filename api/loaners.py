"""The pool of loaner devices and who has each of them."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.auth import OFFICE, STORE, house, staff, user
from api.blueprint import Blueprint
from api.schemas import Instant, Note, Strict, Text
from api.tables import Table, look_up
from models.loaners.rows import Custody, Loaner
from sync.decide import decide

blp = Blueprint("loaners", __name__, description="Loaner devices")


class LoanerSchema(Strict):
    """A loaner device."""

    id = fields.UUID(dump_only=True)
    model = Text(required=True)
    serial = Text(required=True)
    accessories = Note(load_default="")


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


Table("/loaners", Loaner, LoanerSchema, STORE, "loaner").register(blp)


@blp.route("/loaners/<uuid:id_>/place", methods=["PUT"])
@staff(*STORE)
@blp.arguments(PlacingSchema)
@blp.response(200, ChainSchema)
def place(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Put the loaner into a warehouse or a van."""
    data = {"loaner": str(id_), "place": str(args["place"])}
    decide(house().database, house().ids, user().id, "loaner.placed", data)
    return _chain(id_)


@blp.route("/loaners/<uuid:id_>/custody", methods=["GET"])
@staff(*OFFICE)
@blp.response(200, ChainSchema)
def custody(id_: UUID) -> dict[str, Any]:
    """Where the loaner was and is."""
    return _chain(id_)


def _chain(id_: UUID) -> dict[str, Any]:
    def body(session: Session) -> dict[str, Any]:
        look_up(session, Loaner, id_)
        query = select(Custody).where(Custody.loaner_id == id_).order_by(Custody.since, Custody.id)
        return {"items": [row.values() for row in session.scalars(query)]}

    return house().database.read(body)

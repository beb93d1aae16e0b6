"""What the field reported of a visit beside the work: proposals, money, units taken along."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from api.auth import house, own, reached
from api.blueprint import Blueprint
from api.schemas import Instant
from models.dispatch.reported import Money, Proposal
from models.dispatch.rows import Visit
from models.refusals import Refused
from models.units import UnitStatement

blp = Blueprint("reported", __name__, description="What the field reports beside the work")


class ProposalSchema(Schema):
    """What a technician would have otherwise. Its finding, by the fact's key, is where the desk
    accepts it or sets it aside."""

    key = fields.UUID(attribute="fact_key")
    user = fields.UUID(attribute="user_id")
    kind = fields.String()
    about = fields.UUID(attribute="target_id")
    fields_ = fields.Dict(data_key="fields", attribute="fields")
    state = fields.String()
    happened = Instant()


class MoneySchema(Schema):
    """An expense or a payment, in minor units of its currency."""

    key = fields.UUID(attribute="fact_key")
    user = fields.UUID(attribute="user_id")
    kind = fields.String()
    what = fields.String()
    amount = fields.Integer()
    currency = fields.String()
    happened = Instant()


class UnitSchema(Schema):
    """A customer's unit that was taken along, or brought back."""

    asset = fields.UUID(attribute="asset_id")
    user = fields.UUID(attribute="user_id")
    taken = fields.Boolean()
    condition = fields.String()
    happened = Instant()


class ReportedSchema(Schema):
    """All of it, in the order in which it happened."""

    proposals = fields.List(fields.Nested(ProposalSchema))
    money = fields.List(fields.Nested(MoneySchema))
    units = fields.List(fields.Nested(UnitSchema))


@blp.route("/visits/<uuid:id_>/reported", methods=["GET"])
@blp.response(200, ReportedSchema)
def get_reported(id_: UUID) -> dict[str, Any]:
    """What was reported of a visit beside the work. A technician sees no money of others."""

    def body(session: Session) -> dict[str, Any]:
        if session.scalar(select(Visit.id).where(Visit.id == id_, *reached(Visit.id))) is None:
            raise Refused("unknown", "id")
        user_id = own()
        mine = [] if user_id is None else [Money.user_id == user_id]
        return {
            "proposals": _rows(session, Proposal, id_),
            "money": _rows(session, Money, id_, *mine),
            "units": _rows(session, UnitStatement, id_),
        }

    return house().database.read(body)


def _rows(session: Session, table: Any, visit: UUID, *more: ColumnElement[bool]) -> list[Any]:
    query = select(table).where(table.visit_id == visit, *more)
    return [row.values() for row in session.scalars(query.order_by(table.happened, table.id))]

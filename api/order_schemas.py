"""What is told of a customer's order: its gates, and what was shipped of it."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.contracts import WordsSchema
from api.schemas import Instant
from models.people import User
from models.stock.order_rows import CustomerShipment, RequisitionGate


class GateAnswerSchema(WordsSchema):
    """What whoever passes a gate may answer."""

    answer = fields.String()


class GateSchema(Schema):
    """A gate before a customer's order, in the words of its plan; and who passed it when, by which
    number or answer."""

    gate = fields.String()
    clause = fields.String()
    says = fields.Nested(WordsSchema)
    answers = fields.List(fields.Nested(GateAnswerSchema))
    state = fields.String(validate=validate.OneOf(["open", "passed"]))
    passed = Instant(allow_none=True)
    passed_by = fields.UUID(allow_none=True)
    passed_by_name = fields.String(allow_none=True)
    number = fields.String(allow_none=True)
    answer = fields.String(allow_none=True)
    note = fields.String(allow_none=True)


class CustomerShipmentSchema(Schema):
    """What left for the customer at once: by when they have to be told, and when they were."""

    transfer = fields.UUID(attribute="transfer_id")
    shipped = Instant()
    waybill = fields.String()
    tell_due = Instant(allow_none=True)
    told = Instant(allow_none=True)
    told_by = fields.UUID(allow_none=True)
    note = fields.String(allow_none=True)


def gates_of(session: Session, id_: UUID) -> list[dict[str, Any]]:
    """The gates before the order, in the order of its plan."""
    query = (
        select(RequisitionGate, User.full_name)
        .outerjoin(User, User.id == RequisitionGate.passed_by)
        .where(RequisitionGate.requisition_id == id_)
        .order_by(RequisitionGate.position)
    )
    return [
        {
            **gate.values(),
            "answers": [{"answer": one, **words} for one, words in gate.answers.items()],
            "state": "open" if gate.passed is None else "passed",
            "passed_by_name": name,
        }
        for gate, name in session.execute(query)
    ]


def shipments_of(session: Session, id_: UUID) -> list[dict[str, Any]]:
    """What was shipped of the order, the first before the others."""
    query = select(CustomerShipment).where(CustomerShipment.requisition_id == id_)
    found = session.scalars(query.order_by(CustomerShipment.shipped))
    return [one.values() for one in found]

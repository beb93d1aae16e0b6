"""Work orders and visits: opening, planning, assigning, cancelling. Each is a decision."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.auth import DESK, OFFICE, house, staff, user
from api.blueprint import Blueprint
from api.schemas import Instant, PageArgs, QuantityText, Strict, Text, json_value, page, page_of
from api.tables import look_up
from models.clock import instant_text, to_millisecond
from models.dispatch.rows import Assignment, Visit, WorkItem, WorkOrder
from sync import limits
from sync.decide import decide

blp = Blueprint("dispatch", __name__, description="Work orders and visits")
CONSENTS = ["charge", "data_access", "power_off", "take_away", "other"]


class WorkOrderSchema(Strict):
    """What a customer asked for. `due` is typed at the desk, so its basis is `manual`."""

    id = fields.UUID(dump_only=True)
    site = fields.UUID(required=True, attribute="site_id")
    asset = fields.UUID(load_default=None, allow_none=True, attribute="asset_id")
    request = Text(limits.text_length_max, required=True)
    level = Text(load_default="normal")
    due = Instant(load_default=None, allow_none=True)
    due_basis = fields.String(dump_only=True)
    opened = Instant(dump_only=True)
    status = fields.String(dump_only=True)


class ItemSchema(Strict):
    """One work order as a part of the visit."""

    work_order = fields.UUID(required=True)
    task = Text(limits.text_length_max, required=True)


class PlannedPartSchema(Strict):
    """A part that will be needed."""

    part = fields.UUID(required=True)
    quantity = QuantityText(required=True)


class PlanSchema(Strict):
    """A visit as the desk plans it."""

    site = fields.UUID(required=True)
    starts = Instant(required=True)
    ends = Instant(required=True)
    items = fields.List(fields.Nested(ItemSchema), required=True, validate=validate.Length(1, 50))
    checklist = fields.List(Text(), load_default=list, validate=validate.Length(max=100))
    parts_planned = fields.List(
        fields.Nested(PlannedPartSchema), load_default=list, validate=validate.Length(max=100)
    )
    loaner_duty = fields.UUID(load_default=None, allow_none=True)
    to_sign = fields.List(
        fields.String(validate=validate.OneOf(["technician", "customer"])),
        load_default=lambda: ["technician", "customer"],
    )
    consents = fields.List(fields.String(validate=validate.OneOf(CONSENTS)), load_default=list)


class MemberSchema(Strict):
    """One of the crew."""

    user = fields.UUID(required=True)
    role = fields.String(required=True, validate=validate.OneOf(["lead", "helper"]))


class CrewSchema(Strict):
    """The whole crew; whoever is not named any more is no longer assigned."""

    crew = fields.List(fields.Nested(MemberSchema), required=True, validate=validate.Length(1, 20))


class CancelSchema(Strict):
    """Why."""

    reason = Text(limits.text_length_max, required=True)


class AssignmentSchema(Schema):
    """Who was assigned, from when until when."""

    user = fields.UUID(attribute="user_id")
    role = fields.String()
    epoch = fields.Integer()
    since = Instant()
    until = Instant(allow_none=True)


class VisitSchema(Schema):
    """A visit: what was planned, who goes, and how far it has come."""

    id = fields.UUID()
    site = fields.UUID(attribute="site_id")
    status = fields.String()
    starts = Instant()
    ends = Instant()
    epoch = fields.Integer()
    work_orders = fields.List(fields.UUID())
    assignments = fields.List(fields.Nested(AssignmentSchema))


class VisitLineSchema(Schema):
    """A visit in a list."""

    id = fields.UUID()
    site = fields.UUID(attribute="site_id")
    status = fields.String()
    starts = Instant()
    ends = Instant()
    epoch = fields.Integer()


def _decide(kind: str, data: dict[str, Any]) -> None:
    decide(house().database, house().ids, user().id, kind, json_value(data))


@blp.route("/work-orders", methods=["POST"])
@staff(*DESK)
@blp.arguments(WorkOrderSchema)
@blp.response(201, WorkOrderSchema)
def open_work_order(values: dict[str, Any]) -> dict[str, Any]:
    """Open a work order for a customer's request."""
    id_ = house().ids.new(house().clock.now())
    due = values["due"]
    data = {
        "work_order": id_,
        "site": values["site_id"],
        "asset": values["asset_id"],
        "request": values["request"],
        "level": values["level"],
        "due": None if due is None else instant_text(to_millisecond(due)),
    }
    _decide("work_order.opened", data)
    return house().database.read(lambda session: look_up(session, WorkOrder, id_))


@blp.route("/work-orders", methods=["GET"])
@staff(*OFFICE)
@blp.arguments(PageArgs, location="query")
@blp.response(200, page_of(WorkOrderSchema))
def list_work_orders(args: dict[str, Any]) -> dict[str, Any]:
    """List the work orders by page."""
    return house().database.read(lambda session: page(session, WorkOrder, args))


@blp.route("/work-orders/<uuid:id_>", methods=["GET"])
@staff(*OFFICE)
@blp.response(200, WorkOrderSchema)
def get_work_order(id_: UUID) -> dict[str, Any]:
    """One work order."""
    return house().database.read(lambda session: look_up(session, WorkOrder, id_))


@blp.route("/visits", methods=["POST"])
@staff(*DESK)
@blp.arguments(PlanSchema)
@blp.response(201, VisitSchema)
def plan_visit(plan: dict[str, Any]) -> dict[str, Any]:
    """Plan a visit to a site for one or more work orders."""
    id_ = house().ids.new(house().clock.now())
    _decide("visit.planned", _plan(id_, plan))
    return _visit(id_)


@blp.route("/visits/<uuid:id_>/plan", methods=["PUT"])
@staff(*DESK)
@blp.arguments(PlanSchema)
@blp.response(200, VisitSchema)
def plan_again(plan: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Plan the visit anew: another window, other work orders."""
    house().database.read(lambda session: look_up(session, Visit, id_))
    _decide("visit.planned", _plan(id_, plan))
    return _visit(id_)


def _plan(id_: UUID, plan: dict[str, Any]) -> dict[str, Any]:
    parts = [
        {"part": one["part"], "quantity": str(one["quantity"])} for one in plan["parts_planned"]
    ]
    window = {name: instant_text(to_millisecond(plan[name])) for name in ("starts", "ends")}
    return {**plan, **window, "parts_planned": parts, "visit": id_}


@blp.route("/visits/<uuid:id_>/crew", methods=["PUT"])
@staff(*DESK)
@blp.arguments(CrewSchema)
@blp.response(200, VisitSchema)
def assign(crew: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Assign or reassign the visit."""
    _decide("visit.assigned", {"visit": id_, **crew})
    return _visit(id_)


@blp.route("/visits/<uuid:id_>/cancel", methods=["POST"])
@staff(*DESK)
@blp.arguments(CancelSchema)
@blp.response(200, VisitSchema)
def cancel(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Cancel the visit."""
    _decide("visit.cancelled", {"visit": id_, **args})
    return _visit(id_)


@blp.route("/visits", methods=["GET"])
@staff(*OFFICE)
@blp.arguments(PageArgs, location="query")
@blp.response(200, page_of(VisitLineSchema))
def list_visits(args: dict[str, Any]) -> dict[str, Any]:
    """List the visits by page."""
    return house().database.read(lambda session: page(session, Visit, args))


@blp.route("/visits/<uuid:id_>", methods=["GET"])
@staff(*OFFICE)
@blp.response(200, VisitSchema)
def get_visit(id_: UUID) -> dict[str, Any]:
    """One visit with its assignments."""
    return _visit(id_)


def _visit(id_: UUID) -> dict[str, Any]:
    def body(session: Session) -> dict[str, Any]:
        values = look_up(session, Visit, id_)
        items = select(WorkItem.work_order_id).where(WorkItem.visit_id == id_)
        values["work_orders"] = list(session.scalars(items.order_by(WorkItem.position)))
        crew = select(Assignment).where(Assignment.visit_id == id_)
        rows = session.scalars(crew.order_by(Assignment.epoch, Assignment.role.desc()))
        values["assignments"] = [row.values() for row in rows]
        return values

    return house().database.read(body)

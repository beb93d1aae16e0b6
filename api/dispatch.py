"""Visits: planning, assigning, cancelling. Each is a decision."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from api import lists
from api.auth import house, reached
from api.blueprint import Blueprint
from api.deciding import decided
from api.lists import Filter, Listing, before, equal, since
from api.schemas import Instant, QuantityText, Strict, Text
from models.clock import instant_text, to_millisecond
from models.contracts.vocabulary import CONSENTS
from models.customers import Customer, Site
from models.dispatch.rows import VISIT_STATUSES, Assignment, Visit, WorkItem, visits_of
from models.edits import look_up
from models.knowledge import Checklist
from models.refusals import Refused
from sync import limits

blp = Blueprint("dispatch", __name__, description="Visits")


class ItemSchema(Strict):
    """One work order as a part of the visit."""

    work_order = fields.UUID(required=True)
    task = Text(limits.text_length_max, required=True, metadata={"example": "更换打印头"})


class PlannedPartSchema(Strict):
    """A part that will be needed."""

    part = fields.UUID(required=True)
    quantity = QuantityText(required=True)


class PlanSchema(Strict):
    """A visit as the desk plans it. The lines of `checklists` go before those of `checklist`.

    `overlap` says that whoever is assigned may have another visit then.
    """

    site = fields.UUID(required=True)
    starts = Instant(required=True, metadata={"example": "2026-12-01T01:00:00.000Z"})
    ends = Instant(required=True, metadata={"example": "2026-12-01T03:00:00.000Z"})
    items = fields.List(fields.Nested(ItemSchema), required=True, validate=validate.Length(1, 50))
    checklists = fields.List(fields.UUID(), load_default=list, validate=validate.Length(max=20))
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
    overlap = fields.Boolean(load_default=False)


class MemberSchema(Strict):
    """One of the crew."""

    user = fields.UUID(required=True)
    role = fields.String(required=True, validate=validate.OneOf(["lead", "helper"]))


class CrewSchema(Strict):
    """The whole crew; whoever is not named any more is no longer assigned.

    `overlap` says that they may have another visit then.
    """

    crew = fields.List(fields.Nested(MemberSchema), required=True, validate=validate.Length(1, 20))
    overlap = fields.Boolean(load_default=False)


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


class VisitLineSchema(Schema):
    """A visit in a list."""

    id = fields.UUID()
    site = fields.UUID(attribute="site_id")
    site_name = fields.String()
    zone = fields.String()
    customer = fields.UUID(attribute="customer_id")
    customer_name = fields.String()
    status = fields.String()
    starts = Instant()
    ends = Instant()
    epoch = fields.Integer()


class VisitSchema(VisitLineSchema):
    """A visit: what was planned, who goes, and how far it has come. `plan` is as it was decided, or
    as the field opened it; `billed` says that work after the cancellation is to be billed."""

    plan = fields.Dict()
    billed = fields.Boolean()
    work_orders = fields.List(fields.UUID())
    assignments = fields.List(fields.Nested(AssignmentSchema))


def at_sites(query: Select[*tuple[Any, ...]], site_id: Any) -> Select[*tuple[Any, ...]]:
    """The query, with the row's site and customer beside it."""
    return query.join(Site, Site.id == site_id).join(Customer, Customer.id == Site.customer_id)


AT_SITE = {
    "site_name": Site.name,
    "zone": Site.zone,
    "customer_id": Customer.id,
    "customer_name": Customer.name,
}
VISITS = Listing(
    Visit,
    VisitLineSchema,
    default="-starts",
    sorts={"starts": Visit.starts},
    filters={
        "status": equal(Visit.status, VISIT_STATUSES),
        "site": equal(Visit.site_id),
        "customer": equal(Site.customer_id),
        "territory": equal(Site.territory_id),
        "user": Filter(fields.UUID(), lambda user_id: Visit.id.in_(visits_of(user_id))),
        "work_order": Filter(
            fields.UUID(),
            lambda id_: Visit.id.in_(
                select(WorkItem.visit_id).where(WorkItem.work_order_id == id_)
            ),
        ),
        "starts_from": since(Visit.starts),
        "starts_to": before(Visit.starts),
    },
    search=(Site.name, Site.address, Customer.name),
    beside=AT_SITE,
    joined=lambda query: at_sites(query, Visit.site_id),
)


@blp.route("/visits", methods=["POST"])
@blp.arguments(PlanSchema)
@blp.response(201, VisitSchema)
def plan_visit(plan: dict[str, Any]) -> dict[str, Any]:
    """Plan a visit to a site for one or more work orders."""
    id_ = house().ids.new(house().clock.now())
    decided("visit.planned", _plan(id_, plan))
    return _visit(id_)


@blp.route("/visits/<uuid:id_>/plan", methods=["PUT"])
@blp.arguments(PlanSchema)
@blp.response(200, VisitSchema)
def replan_visit(plan: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Plan the visit anew: another window, other work orders."""
    house().database.read(lambda session: look_up(session, Visit, id_))
    decided("visit.planned", _plan(id_, plan))
    return _visit(id_)


def _plan(id_: UUID, plan: dict[str, Any]) -> dict[str, Any]:
    templates = plan.pop("checklists")
    copied = house().database.read(lambda session: _lines(session, templates))
    parts = [
        {"part": one["part"], "quantity": str(one["quantity"])} for one in plan["parts_planned"]
    ]
    window = {name: instant_text(to_millisecond(plan[name])) for name in ("starts", "ends")}
    lines = {"checklist": copied + plan["checklist"]}
    return {**plan, **window, **lines, "parts_planned": parts, "visit": id_}


def _lines(session: Session, templates: Sequence[UUID]) -> list[str]:
    """The lines of the checklists, as they are now. Raises Refused for one that there is not."""
    lines: list[str] = []
    for number, id_ in enumerate(templates):
        checklist = session.get(Checklist, id_)
        if checklist is None:
            raise Refused("unknown", f"checklists.{number}")
        lines += checklist.lines
    return lines


@blp.route("/visits/<uuid:id_>/crew", methods=["PUT"])
@blp.arguments(CrewSchema)
@blp.response(200, VisitSchema)
def assign_crew(crew: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Assign or reassign the visit."""
    decided("visit.assigned", {"visit": id_, **crew})
    return _visit(id_)


@blp.route("/visits/<uuid:id_>/cancel", methods=["POST"])
@blp.arguments(CancelSchema)
@blp.response(200, VisitSchema)
def cancel_visit(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Cancel the visit."""
    decided("visit.cancelled", {"visit": id_, **args})
    return _visit(id_)


@blp.route("/visits", methods=["GET"])
@blp.arguments(VISITS.arguments(), location="query")
@blp.response(200, VISITS.page_schema())
def list_visits(args: dict[str, Any]) -> dict[str, Any]:
    """List the visits by page."""
    mine = reached(Visit.id)
    return house().database.read(lambda session: lists.page(session, VISITS, args, *mine))


@blp.route("/visits/<uuid:id_>", methods=["GET"])
@blp.response(200, VisitSchema)
def get_visit(id_: UUID) -> dict[str, Any]:
    """One visit with its assignments."""
    return _visit(id_)


def _visit(id_: UUID) -> dict[str, Any]:
    def body(session: Session) -> dict[str, Any]:
        values = lists.one(session, VISITS, Visit.id == id_, *reached(Visit.id))
        items = select(WorkItem.work_order_id).where(WorkItem.visit_id == id_)
        values["work_orders"] = list(session.scalars(items.order_by(WorkItem.position)))
        crew = select(Assignment).where(Assignment.visit_id == id_)
        rows = session.scalars(crew.order_by(Assignment.epoch, Assignment.role.desc()))
        values["assignments"] = [row.values() for row in rows]
        return values

    return house().database.read(body)

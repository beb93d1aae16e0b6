"""Work orders: what customers ask for. Opening, changing and cancelling one are decisions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import fields, validate
from sqlalchemy.orm import Session

from api import lists
from api.auth import house, user
from api.blueprint import Blueprint
from api.deciding import decided
from api.dispatch import AT_SITE, CancelSchema, at_sites
from api.errors import precondition
from api.lists import Listing, before, equal, since
from api.schemas import Instant, Strict, Text
from api.tables import ETAG, IF_MATCH, tagged
from models.clock import instant_text, to_millisecond
from models.contracts.vocabulary import ASKED
from models.customers import Asset, Customer, Site
from models.derived import Subject
from models.dispatch.rows import WORK_ORDER_STATUSES, WorkOrder
from models.edits import revision_of
from models.plain import plain
from models.refusals import Refused
from sync import judge, limits
from sync.decide import take

blp = Blueprint("work_orders", __name__, description="Work orders")
CASE = [name for name in ASKED if name != "level"]


class WorkOrderSchema(Strict):
    """What a customer asked for, and when it was reported if not just now. A `due` that is typed
    at the desk has the basis `manual`; else it is the earliest promise still open, by clause."""

    id = fields.UUID(dump_only=True)
    site = fields.UUID(required=True, attribute="site_id")
    site_name = fields.String(dump_only=True)
    zone = fields.String(dump_only=True)
    customer = fields.UUID(dump_only=True, attribute="customer_id")
    customer_name = fields.String(dump_only=True)
    asset_name = fields.String(dump_only=True, allow_none=True)
    asset_serial = fields.String(dump_only=True, allow_none=True)
    asset = fields.UUID(load_default=None, allow_none=True, attribute="asset_id")
    request = Text(limits.text_length_max, required=True)
    level = Text(load_default="normal")
    case = fields.Dict(
        keys=fields.String(validate=validate.OneOf(CASE)),
        values=Text(),
        load_default=dict,
        load_only=True,
        metadata={"description": "what else the agreements ask: class, stage, urgency, channel"},
    )
    reported = Instant(load_default=None, allow_none=True, load_only=True)
    due = Instant(load_default=None, allow_none=True)
    due_basis = fields.String(dump_only=True)
    opened = Instant(dump_only=True)
    status = fields.String(dump_only=True)
    cancel_reason = fields.String(dump_only=True, allow_none=True)


class ChangeSchema(Strict):
    """What of a work order may change; what is not named stays."""

    request = Text(limits.text_length_max)
    level = Text()
    due = Instant(allow_none=True)


WORK_ORDERS = Listing(
    WorkOrder,
    WorkOrderSchema,
    default="-opened",
    sorts={"opened": WorkOrder.opened, "due": WorkOrder.due},
    filters={
        "status": equal(WorkOrder.status, WORK_ORDER_STATUSES),
        "level": equal(WorkOrder.level),
        "site": equal(WorkOrder.site_id),
        "asset": equal(WorkOrder.asset_id),
        "customer": equal(Site.customer_id),
        "territory": equal(Site.territory_id),
        "opened_from": since(WorkOrder.opened),
        "opened_to": before(WorkOrder.opened),
        "due_before": before(WorkOrder.due),
    },
    search=(WorkOrder.request, Site.name, Customer.name, Asset.serial),
    beside={**AT_SITE, "asset_name": Asset.name, "asset_serial": Asset.serial},
    joined=lambda query: at_sites(query, WorkOrder.site_id).outerjoin(
        Asset, Asset.id == WorkOrder.asset_id
    ),
)


@blp.route("/work-orders", methods=["POST"])
@blp.arguments(WorkOrderSchema)
@blp.response(201, WorkOrderSchema)
def open_work_order(values: dict[str, Any]) -> dict[str, Any]:
    """Open a work order for a customer's request."""
    id_ = house().ids.new(house().clock.now())
    due, reported = values["due"], values["reported"]
    if reported is not None and reported > house().clock.now():
        raise Refused("wrong_value", "reported", "it has not happened yet")
    data = {
        "work_order": id_,
        "site": values["site_id"],
        "asset": values["asset_id"],
        "request": values["request"],
        "level": values["level"],
        "case": values["case"],
        "reported": None if reported is None else instant_text(to_millisecond(reported)),
        "due": None if due is None else instant_text(to_millisecond(due)),
    }
    decided("work_order.opened", data)
    return _work_order(id_)


@blp.route("/work-orders", methods=["GET"])
@blp.arguments(WORK_ORDERS.arguments(), location="query")
@blp.response(200, WORK_ORDERS.page_schema())
def list_work_orders(args: dict[str, Any]) -> dict[str, Any]:
    """List the work orders by page."""
    return house().database.read(lambda session: lists.page(session, WORK_ORDERS, args))


@blp.route("/work-orders/<uuid:id_>", methods=["GET"])
@blp.response(200, WorkOrderSchema, headers=ETAG)
def get_work_order(id_: UUID) -> Response:
    """One work order."""
    return tagged(WorkOrderSchema(), _work_order(id_))


@blp.route("/work-orders/<uuid:id_>", methods=["PATCH"])
@blp.arguments(ChangeSchema)
@blp.response(200, WorkOrderSchema, headers=ETAG)
@blp.alt_response(412, description="It was changed since it was read; nothing was done")
@blp.alt_response(428, description="If-Match is missing; nothing was done")
@blp.doc(parameters=[IF_MATCH])
def change_work_order(changed: dict[str, Any], id_: UUID) -> Response:
    """Change what was asked for, how urgent it is, or until when it is promised."""
    data = {"work_order": str(id_), "changed": plain(_in_milliseconds(changed))}

    def body(session: Session, now: datetime) -> dict[str, Any]:
        judge.lock(session, [Subject("work_order", id_)])
        precondition(revision_of(_seen(session, id_)))
        if changed:
            take(session, now, house().ids, user().id, "work_order.changed", data)
        return _seen(session, id_)

    return tagged(WorkOrderSchema(), house().database.transact(body))


@blp.route("/work-orders/<uuid:id_>/cancel", methods=["POST"])
@blp.arguments(CancelSchema)
@blp.response(200, WorkOrderSchema)
def cancel_work_order(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Cancel the work order. Its visits that are to come have to be cancelled before."""
    decided("work_order.cancelled", {"work_order": id_, **args})
    return _work_order(id_)


def _in_milliseconds(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: to_millisecond(value) if isinstance(value, datetime) else value
        for name, value in values.items()
    }


def _work_order(id_: UUID) -> dict[str, Any]:
    return house().database.read(lambda session: _seen(session, id_))


def _seen(session: Session, id_: UUID) -> dict[str, Any]:
    return lists.one(session, WORK_ORDERS, WorkOrder.id == id_)

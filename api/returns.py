"""Returns: what customers may send back, what came of it, and who bears what."""

from typing import Any
from uuid import UUID

from marshmallow import fields
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from api import lists
from api.auth import house
from api.blueprint import Blueprint
from api.deciding import decided
from api.lists import Filter, Listing, before, equal, since
from api.return_schemas import (
    AskingReturnSchema,
    ClosingReturnSchema,
    PermittingReturnSchema,
    ReceivingReturnSchema,
    RefusingReturnSchema,
    ReturnItemSchema,
    ReturnSchema,
)
from api.schemas import Text
from models import serials
from models.contracts.returning import CASES, ENDS
from models.contracts.rows import Contract, ServicePlan
from models.customers import Customer
from models.decisions import decisions_about
from models.derived import Subject
from models.people import User
from models.returns import replay
from models.returns.rows import STATUSES, Return, ReturnLine
from models.stock.rows import Balance, Part, Place

blp = Blueprint("returns", __name__, description="What customers send back")


def _with_serial(serial: str) -> Any:
    numbered = serials.is_numbered(ReturnLine.serial, serial)
    return exists().where(ReturnLine.return_id == Return.id, numbered)


def _with_part(part: UUID) -> Any:
    return exists().where(ReturnLine.return_id == Return.id, ReturnLine.part_id == part)


RETURNS = Listing(
    Return,
    ReturnItemSchema,
    default="-asked",
    sorts={"asked": Return.asked, "received": Return.received},
    filters={
        "status": equal(Return.status, STATUSES),
        "case": equal(Return.case, tuple(CASES)),
        "outcome": equal(Return.outcome, tuple(ENDS)),
        "timely": equal(Return.timely),
        "customer": equal(Return.customer_id),
        "contract": equal(Return.contract_id),
        "user": equal(Return.user_id),
        "part": Filter(fields.UUID(), _with_part, "only where this part is in it"),
        "serial": Filter(Text(), _with_serial, "only where this piece is in it"),
        "asked_from": since(Return.asked),
        "asked_to": before(Return.asked),
    },
    search=(Customer.code, Customer.name, Contract.code, Return.note),
    beside={
        "customer_name": Customer.name,
        "contract_code": Contract.code,
        "plan_name": ServicePlan.name,
        "plan_version": ServicePlan.version,
        "user_name": User.full_name,
    },
    joined=lambda query: (
        query.join(Customer, Customer.id == Return.customer_id)
        .join(Contract, Contract.id == Return.contract_id)
        .join(ServicePlan, ServicePlan.id == Return.plan_id)
        .join(User, User.id == Return.user_id)
    ),
)


@blp.route("/returns", methods=["POST"])
@blp.arguments(AskingReturnSchema)
@blp.response(201, ReturnSchema)
def open_return(values: dict[str, Any]) -> dict[str, Any]:
    """Ask on behalf of a customer whether they may send something back."""
    id_ = house().ids.new(house().clock.now())
    return _decided(id_, replay.ASKED, values)


@blp.route("/returns", methods=["GET"])
@blp.arguments(RETURNS.arguments(), location="query")
@blp.response(200, RETURNS.page_schema())
def list_returns(args: dict[str, Any]) -> dict[str, Any]:
    """List the returns by page."""
    return house().database.read(lambda session: lists.page(session, RETURNS, args))


@blp.route("/returns/<uuid:id_>", methods=["GET"])
@blp.response(200, ReturnSchema)
def get_return(id_: UUID) -> dict[str, Any]:
    """One return: its terms with their clauses, and what of each line came, went and is left."""
    return house().database.read(lambda session: _told(session, id_))


@blp.route("/returns/<uuid:id_>/permit", methods=["POST"])
@blp.arguments(PermittingReturnSchema)
@blp.response(200, ReturnSchema)
def permit_return(values: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """The customer may send it, and it ends like this. Who bears what may be decided otherwise."""
    return _decided(id_, replay.PERMITTED, values)


@blp.route("/returns/<uuid:id_>/refuse", methods=["POST"])
@blp.arguments(RefusingReturnSchema)
@blp.response(200, ReturnSchema)
def refuse_return(values: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """The customer may not send it."""
    return _decided(id_, replay.REFUSED, values)


@blp.route("/returns/<uuid:id_>/receive", methods=["POST"])
@blp.arguments(ReceivingReturnSchema)
@blp.response(200, ReturnSchema)
def receive_return(values: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Something of it came: what was counted, taken in or not. The rest may come another time."""
    return _decided(id_, replay.RECEIVED, values)


@blp.route("/returns/<uuid:id_>/close", methods=["POST"])
@blp.arguments(ClosingReturnSchema)
@blp.response(200, ReturnSchema)
def close_return(values: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Nothing more comes of it. Where a list differs from what came, that is settled before."""
    return _decided(id_, replay.CLOSED, values)


def _decided(id_: UUID, kind: str, values: dict[str, Any]) -> dict[str, Any]:
    decided(kind, {**values, "return": id_})
    return house().database.read(lambda session: _told(session, id_))


def _told(session: Session, id_: UUID) -> dict[str, Any]:
    told = lists.one(session, RETURNS, Return.id == id_)
    terms = told.pop("terms")
    shown = {one["kind"] for one in told["evidence"]}
    told |= terms | {"unshown": [kind for kind in terms["shown_by"] if kind not in shown]}
    told["lines"] = _lines(session, id_, told["received"] is not None)
    told["receipts"] = _receipts(session, id_)
    return told


def _lines(session: Session, id_: UUID, came: bool) -> list[dict[str, Any]]:
    """The lines, what differs once something came, and of pieces with a number where they lie."""
    there = (Balance.part_id == ReturnLine.part_id) & (Balance.serial == ReturnLine.serial)
    query = (
        select(ReturnLine, Part.code, Part.name, Place.id, Place.code)
        .join(Part, Part.id == ReturnLine.part_id)
        .outerjoin(Balance, there & (Balance.quantity > 0))
        .outerjoin(Place, Place.id == Balance.place_id)
        .where(ReturnLine.return_id == id_)
        .order_by(Part.code, ReturnLine.lot, ReturnLine.serial)
    )
    return [
        {
            **line.values(), "differs": came and line.differs, "left": line.left,
            "part_code": code, "part_name": name, "place": place, "place_code": place_code,
        }
        for line, code, name, place, place_code in session.execute(query)
    ]  # fmt: skip


def _receipts(session: Session, id_: UUID) -> list[dict[str, Any]]:
    found = decisions_about(session, Subject("return", id_), replay.RECEIVED)
    return [{"decision": one.id, "at": one.at, "user": one.user_id, **one.data} for one in found]

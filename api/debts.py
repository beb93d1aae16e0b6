"""Old parts that technicians took out and owe, and what becomes of them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate
from sqlalchemy.orm import Session

from api import lists
from api.auth import house, own
from api.blueprint import Blueprint
from api.deciding import decided
from api.lists import Listing, before, equal
from api.schemas import Instant, Note, QuantityText, Strict, Text
from api.serials import Serial
from models.edits import look_up
from models.people import User
from models.stock.debts import ASSIGNED, RECEIVED, VERDICTS
from models.stock.fitted import Debt
from models.stock.rows import Part

blp = Blueprint("debts", __name__, description="Old parts that are owed")


class DebtSchema(Schema):
    """An old part that they took out and owe."""

    id = fields.UUID()
    part = fields.UUID(attribute="part_id")
    part_code = fields.String(allow_none=True)
    part_name = fields.String(allow_none=True)
    serial = fields.String(allow_none=True)
    quantity = QuantityText()
    visit = fields.UUID(attribute="visit_id")
    since = Instant()


class OldPartSchema(DebtSchema):
    """An old part, who owes it, and since when: how many whole days that is."""

    user = fields.UUID(attribute="user_id")
    user_name = fields.String()
    days = fields.Integer()


class ReceivingDebtSchema(Strict):
    """Into which defective store it came, and what was seen: whether it is repaired, goes back to
    the maker, or is scrap. A number or lot where the part has one and nobody named it before."""

    place = fields.UUID(required=True)
    serial = Serial(load_default=None, allow_none=True)
    lot = Text(load_default=None, allow_none=True)
    verdict = fields.String(load_default="open", validate=validate.OneOf(VERDICTS))
    note = Note(load_default="")


class PassingDebtOnSchema(Strict):
    """Who owes it from now on; nobody with a word on why."""

    to = fields.UUID(load_default=None, allow_none=True)
    note = Note(load_default="")


class DecidedDebtSchema(Schema):
    """The decision that was taken."""

    decision = fields.UUID()


DEBTS = Listing(
    Debt,
    OldPartSchema,
    default="since",
    sorts={"since": Debt.since},
    filters={
        "user": equal(Debt.user_id),
        "part": equal(Debt.part_id),
        "visit": equal(Debt.visit_id),
        "since_to": before(Debt.since),
    },
    search=(Part.code, Part.name, Debt.serial, User.full_name),
    beside={"user_name": User.full_name, "part_code": Part.code, "part_name": Part.name},
    joined=lambda query: query.join(User, User.id == Debt.user_id).outerjoin(
        Part, Part.id == Debt.part_id
    ),
)


@blp.route("/debts", methods=["GET"])
@blp.arguments(DEBTS.arguments(), location="query")
@blp.response(200, DEBTS.page_schema())
def list_debts(args: dict[str, Any]) -> dict[str, Any]:
    """What is owed, the oldest first, by page."""
    debtor, now = own(), house().clock.now()
    where = [] if debtor is None else [Debt.user_id == debtor]

    def body(session: Session) -> dict[str, Any]:
        page = lists.page(session, DEBTS, args, *where)
        for item in page["items"]:
            item["days"] = _days(item["since"], now)
        return page

    return house().database.read(body)


def _days(since: datetime, now: datetime) -> int:
    return max((now - since) // timedelta(days=1), 0)


@blp.route("/debts/<uuid:id_>/receive", methods=["POST"])
@blp.arguments(ReceivingDebtSchema)
@blp.response(201, DecidedDebtSchema)
def receive_old_part(values: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """The old part lies in a defective store by now; nobody owes it any more."""
    debt = house().database.read(lambda session: look_up(session, Debt, id_))
    line = {
        "part": debt.part_id,
        "quantity": debt.quantity,
        "serial": values["serial"] or debt.serial,
        "lot": values["lot"],
    }
    data = {
        "visit": debt.visit_id,
        "debt": id_,
        "place": values["place"],
        "lines": [line],
        "verdict": values["verdict"],
        "note": values["note"],
    }
    return {"decision": decided(RECEIVED, data).id}


@blp.route("/debts/<uuid:id_>/pass", methods=["POST"])
@blp.arguments(PassingDebtOnSchema)
@blp.response(201, DecidedDebtSchema)
def assign_debt(values: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Somebody else owes the old part, or nobody, with a word on why."""
    debt = house().database.read(lambda session: look_up(session, Debt, id_))
    data = {"visit": debt.visit_id, "debt": id_, **values}
    return {"decision": decided(ASSIGNED, data).id}

"""Old parts that came into a defective store, and what is to become of each."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate
from sqlalchemy.orm import Session

from api import lists
from api.auth import house
from api.blueprint import Blueprint
from api.lists import Filter, Listing, before, since
from api.schemas import Instant, QuantityText
from models.decisions import Decision
from models.people import User
from models.stock.debts import RECEIVED, VERDICTS
from models.stock.found_about import codes_of

blp = Blueprint("old_parts", __name__, description="Old parts that were received")


class ReceivedPartSchema(Schema):
    """An old part that nobody owes any more: where it was put, by whom, and what was seen of it."""

    id = fields.UUID()
    debt = fields.UUID()
    visit = fields.UUID()
    place = fields.UUID()
    place_code = fields.String(allow_none=True)
    part = fields.UUID()
    part_code = fields.String(allow_none=True)
    serial = fields.String(allow_none=True)
    lot = fields.String(allow_none=True)
    quantity = QuantityText()
    verdict = fields.String()
    note = fields.String()
    user_name = fields.String()
    at = Instant()


def _said(name: str, field: fields.Field[Any]) -> Filter:
    return Filter(field, lambda value: Decision.data[name].as_string() == str(value))


RECEIPTS = Listing(
    Decision,
    ReceivedPartSchema,
    default="-at",
    sorts={"at": Decision.at},
    filters={
        "verdict": _said("verdict", fields.String(validate=validate.OneOf(VERDICTS))),
        "place": _said("place", fields.UUID()),
        "debt": _said("debt", fields.UUID()),
        "visit": _said("visit", fields.UUID()),
        "at_from": since(Decision.at),
        "at_to": before(Decision.at),
    },
    beside={"user_name": User.full_name},
    joined=lambda query: query.join(User, User.id == Decision.user_id),
)


@blp.route("/debts/received", methods=["GET"])
@blp.arguments(RECEIPTS.arguments(), location="query")
@blp.response(200, RECEIPTS.page_schema())
def list_received_parts(args: dict[str, Any]) -> dict[str, Any]:
    """What came into defective stores, the latest first, by page."""

    def body(session: Session) -> dict[str, Any]:
        page = lists.page(session, RECEIPTS, args, Decision.kind == RECEIVED)
        items = [{**one, **one["data"], **one["data"]["lines"][0]} for one in page["items"]]
        codes = codes_of(session, {UUID(one[name]) for one in items for name in ("part", "place")})
        for one in items:
            one["part_code"] = codes.get(UUID(one["part"]))
            one["place_code"] = codes.get(UUID(one["place"]))
        return {**page, "items": items}

    return house().database.read(body)

"""What is away for repair, how much of it came back, and how long the rest takes."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import Schema, fields
from sqlalchemy import select
from sqlalchemy.orm import Session

from api import lists
from api.auth import house
from api.blueprint import Blueprint
from api.lists import Filter, Listing, before, equal
from api.schemas import Instant, QuantityText
from models.company import Company
from models.stock import repairs
from models.stock.repairs import Repair
from models.stock.rows import Part, Place

blp = Blueprint("repairs", __name__, description="What is away for repair")


class RepairSchema(Schema):
    """So much of a part was sent away for repair by a `removal`, which deliveries of what comes
    back name, so many whole days ago. `outstanding` is what has not come back; `missing` are the
    numbers sent that have not: the supplier may have sent others."""

    id = fields.UUID()
    removal = fields.UUID(attribute="removal_id")
    place = fields.UUID(attribute="place_id")
    place_code = fields.String()
    part = fields.UUID(attribute="part_id")
    part_code = fields.String()
    part_name = fields.String()
    return_ = fields.UUID(data_key="return", attribute="return_id", allow_none=True)
    quantity = QuantityText()
    back = QuantityText(none=True)
    outstanding = QuantityText(none=True)
    serials = fields.List(fields.String())
    missing = fields.List(fields.String())
    reason = fields.String()
    since = Instant()
    days = fields.Integer()
    due = fields.Date(allow_none=True)
    late = fields.Boolean(metadata={"description": "it was to be back before today"})


BACK = repairs.back()
REPAIRS = Listing(
    Repair,
    RepairSchema,
    default="since",
    sorts={"since": Repair.since, "due": Repair.due},
    filters={
        "outstanding": Filter(
            fields.Boolean(),
            lambda yes: Repair.quantity > BACK if yes else Repair.quantity <= BACK,
            "only what has not come back in full, or what has",
        ),
        "part": equal(Repair.part_id),
        "place": equal(Repair.place_id),
        "removal": equal(Repair.removal_id),
        "return": equal(Repair.return_id),
        "since_to": before(Repair.since),
    },
    search=(Part.code, Part.name, Repair.reason),
    beside={
        "place_code": Place.code,
        "part_code": Part.code,
        "part_name": Part.name,
        "back": BACK,
        "zone": select(Company.zone).scalar_subquery(),
    },
    joined=lambda query: query.join(Part, Part.id == Repair.part_id).join(
        Place, Place.id == Repair.place_id
    ),
)


@blp.route("/repairs", methods=["GET"])
@blp.arguments(REPAIRS.arguments(), location="query")
@blp.response(200, REPAIRS.page_schema())
def list_repairs(args: dict[str, Any]) -> dict[str, Any]:
    """What was sent away for repair, the longest first, by page."""
    now = house().clock.now()

    def body(session: Session) -> dict[str, Any]:
        page = lists.page(session, REPAIRS, args)
        came = repairs.serials_back(session, {one["removal_id"] for one in page["items"]})
        for item in page["items"]:
            _complete(item, came.get((item["removal_id"], item["part_id"]), set()), now)
        return page

    return house().database.read(body)


def _complete(item: dict[str, Any], came: set[str], now: datetime) -> None:
    today = now.astimezone(ZoneInfo(item["zone"])).date()
    item["days"] = max((now - item["since"]) // timedelta(days=1), 0)
    left = max(item["quantity"] - item["back"], 0)
    item["outstanding"] = left
    item["missing"] = [serial for serial in item["serials"] if serial not in came]
    item["late"] = bool(left and item["due"] is not None and item["due"] < today)

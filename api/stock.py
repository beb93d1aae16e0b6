"""Parts, places, their keepers and levels, and the books with their proof."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate
from sqlalchemy import or_
from sqlalchemy.orm import Session, aliased

from api import lists
from api.auth import house, own
from api.blueprint import Blueprint
from api.lists import Filter, Listing, before, equal, since
from api.people import known_zone
from api.schemas import Instant, Note, QuantityText, Strict, Text
from api.tables import Table, end
from models.people import User
from models.stock.demand import StockLevel
from models.stock.keeping import keeper
from models.stock.proving import BOOKS
from models.stock.rows import PHYSICAL, VIRTUAL, Balance, Move, Part, Place, PlaceKeeper, kept_by

TRACKINGS = ("none", "lot", "serial")
ZERO = Decimal("0.000")  # as the books keep it

blp = Blueprint("stock", __name__, description="Parts, places and the books")


class PartSchema(Strict):
    """A spare part; `tracking` says whether each piece has its number, or each lot.

    A count that differs from the books by more than `count_limit` has to be approved. What is
    fitted of it new has a warranty of `warranty_months`; 0 for what is consumed.
    """

    id = fields.UUID(dump_only=True)
    code = Text(required=True, metadata={"example": "R-200"})
    name = Text(required=True, metadata={"example": "胶辊"})
    unit = Text(load_default="pc")
    tracking = fields.String(load_default="none", validate=validate.OneOf(TRACKINGS))
    count_limit = QuantityText(load_default=ZERO, none=True)
    warranty_months = fields.Integer(load_default=12, strict=True, validate=validate.Range(0, 1200))


class PlaceSchema(Strict):
    """Where parts can lie."""

    id = fields.UUID(dump_only=True)
    kind = fields.String(
        required=True,
        validate=validate.OneOf(PHYSICAL),
        metadata={"told": [*PHYSICAL, *VIRTUAL]},
    )
    code = Text(required=True, metadata={"example": "van-3"})
    name = Text(required=True, metadata={"example": "3 号车"})
    zone = fields.String(load_default="Asia/Shanghai", validate=known_zone)
    monthly = fields.Boolean(
        load_default=False,
        metadata={"description": "what it lacks is asked for when a month begins"},
    )


class KeeperSchema(Strict):
    """Who keeps a place from now on, beside those who keep it already."""

    id = fields.UUID(dump_only=True)
    place_id = fields.UUID(required=True)
    user_id = fields.UUID(required=True)
    place_code = fields.String(dump_only=True)
    user_name = fields.String(dump_only=True)
    since = Instant(dump_only=True)
    until = Instant(dump_only=True, allow_none=True)


class LevelSchema(Strict):
    """How a part is kept at a place: on which shelf, and between which levels."""

    id = fields.UUID(dump_only=True)
    place_id = fields.UUID(required=True)
    part_id = fields.UUID(required=True)
    shelf = Note(load_default="", metadata={"example": "A-03-2"})
    least = QuantityText(load_default=ZERO, none=True)
    most = QuantityText(load_default=ZERO, none=True)
    place_code = fields.String(dump_only=True)
    part_code = fields.String(dump_only=True)
    part_name = fields.String(dump_only=True)


class PieceSchema(Schema):
    """So much of a part; of a lot or with a serial number where it is tracked by these."""

    part = fields.UUID(attribute="part_id")
    part_code = fields.String()
    part_name = fields.String()
    lot = fields.String(allow_none=True)
    serial = fields.String(allow_none=True)
    quantity = QuantityText()


class BalanceSchema(PieceSchema):
    """What lies at a place of a part, by one book: in transit each transfer has its own."""

    book = fields.UUID(attribute="book_id")
    place = fields.UUID(attribute="place_id")
    place_code = fields.String()
    unit = fields.String()


class MoveSchema(PieceSchema):
    """A posted move: when it happened, when it was posted, and of which statement."""

    id = fields.UUID()
    from_place = fields.UUID()
    from_code = fields.String()
    to_place = fields.UUID()
    to_code = fields.String()
    role = fields.String()
    cause = fields.UUID(attribute="cause_id")
    happened = Instant()
    posted = Instant()


class CheckSchema(Schema):
    """One invariant of the books and where it does not hold."""

    name = fields.String()
    violations = fields.List(fields.String())


class ProofSchema(Schema):
    """Whether the books add up."""

    checks = fields.List(fields.Nested(CheckSchema))


def _make_keeper(session: Session, now: datetime, values: dict[str, Any]) -> PlaceKeeper:
    return keeper(session, now, house().ids, **values)


PARTS = Listing(
    Part,
    PartSchema,
    sorts={"code": Part.code, "name": Part.name},
    filters={"code": equal(Part.code), "tracking": equal(Part.tracking, TRACKINGS)},
    search=(Part.code, Part.name),
)
PLACES = Listing(
    Place,
    PlaceSchema,
    sorts={"code": Place.code, "name": Place.name},
    filters={"code": equal(Place.code), "kind": equal(Place.kind, (*PHYSICAL, *VIRTUAL))},
    search=(Place.code, Place.name),
)
KEEPERS = Listing(
    PlaceKeeper,
    KeeperSchema,
    sorts={"since": PlaceKeeper.since},
    filters={
        "place": equal(PlaceKeeper.place_id),
        "user": equal(PlaceKeeper.user_id),
        "now": Filter(
            fields.Boolean(),
            lambda now: PlaceKeeper.until.is_(None) if now else PlaceKeeper.until.is_not(None),
        ),
    },
    beside={"place_code": Place.code, "user_name": User.full_name},
    joined=lambda query: query.join(Place, Place.id == PlaceKeeper.place_id).join(
        User, User.id == PlaceKeeper.user_id
    ),
)
BALANCES = Listing(
    Balance,
    BalanceSchema,
    keys=(Balance.place_id, Balance.part_id, Balance.book_id),
    filters={
        "place": equal(Balance.place_id),
        "part": equal(Balance.part_id),
        "serial": equal(Balance.serial),
        "lot": equal(Balance.lot),
    },
    search=(Part.code, Part.name, Balance.serial, Balance.lot, Place.code),
    beside={
        "place_code": Place.code,
        "part_code": Part.code,
        "part_name": Part.name,
        "unit": Part.unit,
    },
    joined=lambda query: query.join(Place, Place.id == Balance.place_id).join(
        Part, Part.id == Balance.part_id
    ),
)
LEVELS = Listing(
    StockLevel,
    LevelSchema,
    sorts={"shelf": StockLevel.shelf},
    filters={"place": equal(StockLevel.place_id), "part": equal(StockLevel.part_id)},
    search=(StockLevel.shelf, Part.code, Part.name),
    beside={"place_code": Place.code, "part_code": Part.code, "part_name": Part.name},
    joined=lambda query: query.join(Place, Place.id == StockLevel.place_id).join(
        Part, Part.id == StockLevel.part_id
    ),
)
FROM, TO = aliased(Place), aliased(Place)
MOVES = Listing(
    Move,
    MoveSchema,
    default="-posted",
    sorts={"posted": Move.posted, "happened": Move.happened},
    filters={
        "part": equal(Move.part_id),
        "place": Filter(
            fields.UUID(), lambda place: or_(Move.from_place == place, Move.to_place == place)
        ),
        "serial": equal(Move.serial),
        "cause": equal(Move.cause_id),
        "happened_from": since(Move.happened),
        "happened_to": before(Move.happened),
    },
    search=(Part.code, Part.name, Move.serial, Move.lot),
    beside={
        "part_code": Part.code,
        "part_name": Part.name,
        "from_code": FROM.code,
        "to_code": TO.code,
    },
    joined=lambda query: (
        query.join(Part, Part.id == Move.part_id)
        .join(FROM, FROM.id == Move.from_place)
        .join(TO, TO.id == Move.to_place)
    ),
)
Table("/parts", PARTS).register(blp)
Table("/places", PLACES, fixed=("kind",)).register(blp)
Table("/levels", LEVELS, fixed=("place_id", "part_id")).register(blp)
Table("/keepers", KEEPERS, _make_keeper, editable=False).register(blp)


@blp.route("/keepers/<uuid:id_>/end", methods=["POST"])
@blp.response(200, KeeperSchema)
def end_keeping(id_: UUID) -> dict[str, Any]:
    """From now on the place is no longer kept by that user; it leaves their phone."""
    return end(KEEPERS, "keepers", id_)


@blp.route("/stock", methods=["GET"])
@blp.arguments(BALANCES.arguments(), location="query")
@blp.response(200, BALANCES.page_schema())
def list_stock(args: dict[str, Any]) -> dict[str, Any]:
    """What lies where, by page."""
    where = [Balance.quantity > 0]
    keeper = own()
    if keeper is not None:
        where.append(Balance.place_id.in_(kept_by(keeper)))
    return house().database.read(lambda session: lists.page(session, BALANCES, args, *where))


@blp.route("/stock/proof", methods=["GET"])
@blp.response(200, ProofSchema)
def get_stock_proof() -> dict[str, Any]:
    """Check the books: balances = moves = replay, zero sums, nothing below zero."""

    def body(session: Session) -> dict[str, Any]:
        checks = [{"name": one.__name__, "violations": one(session)} for one in BOOKS]
        return {"checks": checks}

    return house().database.read(body)


@blp.route("/moves", methods=["GET"])
@blp.arguments(MOVES.arguments(), location="query")
@blp.response(200, MOVES.page_schema())
def list_moves(args: dict[str, Any]) -> dict[str, Any]:
    """The journal of moves, by page."""
    return house().database.read(lambda session: lists.page(session, MOVES, args))

"""The proof of a number: what lay where at any moment, and the moves and facts behind it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields
from sqlalchemy import func, or_
from sqlalchemy.orm import Session, aliased

from api import lists
from api.auth import house, own
from api.blueprint import Blueprint
from api.lists import Filter, Listing, equal
from api.schemas import Instant, QuantityText
from api.stock import FROM, TO, MoveSchema
from models.decisions import Decision
from models.edits import look_up
from models.facts import Fact
from models.people import Origin, User
from models.stock import proof
from models.stock.rows import Move, Part, kept_by

blp = Blueprint("proof", __name__, description="What is behind a number of the books")


class HeldSchema(Schema):
    """How much a place held. `early` was taken before it was signed for, later that day."""

    place = fields.UUID()
    place_code = fields.String()
    kind = fields.String()
    quantity = QuantityText()
    early = QuantityText()


class ProvedMoveSchema(MoveSchema):
    """A move and who said it, by a fact or a decision of which kind."""

    fact = fields.UUID(allow_none=True)
    decision = fields.UUID(allow_none=True)
    kind = fields.String(allow_none=True)
    by = fields.String(allow_none=True)


STATING, DECIDING = aliased(User), aliased(User)
MOVES = Listing(
    Move,
    ProvedMoveSchema,
    sorts={"happened": Move.happened},
    filters={
        "place": Filter(
            fields.UUID(), lambda place: or_(Move.from_place == place, Move.to_place == place)
        ),
        "lot": equal(Move.lot),
        "serial": equal(Move.serial),
        "at": Filter(Instant(), lambda at: Move.happened <= at, "as of this moment, if not of now"),
        "known": Filter(
            Instant(), lambda at: Move.posted <= at, "as the books said by then, if not by now"
        ),
    },
    beside={
        "part_code": Part.code,
        "part_name": Part.name,
        "from_code": FROM.code,
        "to_code": TO.code,
        "fact": Fact.id,
        "decision": Decision.id,
        "kind": func.coalesce(Fact.kind, Decision.kind),
        "by": func.coalesce(STATING.full_name, DECIDING.full_name),
    },
    joined=lambda query: (
        query.join(Part, Part.id == Move.part_id)
        .join(FROM, FROM.id == Move.from_place)
        .join(TO, TO.id == Move.to_place)
        .outerjoin(Fact, Fact.key == Move.stated_by)
        .outerjoin(Origin, Origin.id == Fact.origin_id)
        .outerjoin(STATING, STATING.id == Origin.user_id)
        .outerjoin(Decision, Decision.id == Move.stated_by)
        .outerjoin(DECIDING, DECIDING.id == Decision.user_id)
    ),
)


class PartProofSchema(Schema):
    """What lay where of a part, and a page of the moves that it comes to, oldest first."""

    part = fields.UUID()
    code = fields.String()
    name = fields.String()
    unit = fields.String()
    at = Instant()
    known = Instant()
    places = fields.List(fields.Nested(HeldSchema))
    items = fields.List(fields.Nested(ProvedMoveSchema))
    next = fields.String(allow_none=True)


@blp.route("/stock/<uuid:id_>/proof", methods=["GET"])
@blp.arguments(MOVES.arguments(), location="query")
@blp.response(200, PartProofSchema)
def get_part_proof(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """What lay where of the part at any moment, or of one lot or piece of it, and every move, fact
    and decision behind it."""
    now, keeper = house().clock.now(), own()
    at, known = args.get("at", now), args.get("known", now)
    places = None if keeper is None else kept_by(keeper)
    item = {name: args.get(name) for name in ("lot", "serial")}

    def body(session: Session) -> dict[str, Any]:
        part = look_up(session, Part, id_)
        where = [Move.part_id == id_, *_until(at, known)]
        if places is not None:
            where.append(or_(Move.from_place.in_(places), Move.to_place.in_(places)))
        held = proof.held_at(session, id_, at, known, places, **item)
        return {
            **{name: getattr(part, name) for name in ("code", "name", "unit")},
            "part": id_,
            "at": at,
            "known": known,
            "places": [one._asdict() for one in held if args.get("place") in (None, one.place)],
            **lists.page(session, MOVES, args, *where),
        }

    return house().database.read(body)


def _until(at: datetime, known: datetime) -> list[Any]:
    return [Move.happened <= at, Move.posted <= known]

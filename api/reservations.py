"""For whom loaners are reserved, and for which days."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from api import lists
from api.auth import house, user
from api.blueprint import Blueprint
from api.deciding import decided
from api.lists import Listing, equal
from api.schemas import Day, Instant, Note, Strict, Text
from models.customers import Site
from models.loaners.rows import RESERVATION_STATES, Loaner, Reservation
from models.plain import plain
from sync.lending import reserve_any

blp = Blueprint("reservations", __name__, description="Reservations of loaners")


class ReservingLoanerSchema(Strict):
    """For which site, from the day `starts` on and until before the day `until`, both of the
    site's."""

    site = fields.UUID(required=True)
    work_order = fields.UUID(load_default=None, allow_none=True)
    starts = Day(required=True)
    until = Day(required=True)
    note = Note(load_default="")


class ReservingAnySchema(ReservingLoanerSchema):
    """Of which model any loaner will do."""

    model = Text(required=True)


class ReservationSchema(Schema):
    """A loaner that is reserved, and for whom. It is open until it is met by a hand-over there,
    released, or lapsed."""

    id = fields.UUID()
    loaner = fields.UUID(attribute="loaner_id")
    model = fields.String()
    serial = fields.String()
    site = fields.UUID(attribute="site_id")
    site_name = fields.String()
    work_order = fields.UUID(attribute="work_order_id", allow_none=True)
    user = fields.UUID(attribute="user_id")
    starts = fields.Date()
    until = fields.Date()
    note = fields.String()
    state = fields.String()
    since = Instant()


RESERVATIONS = Listing(
    Reservation,
    ReservationSchema,
    sorts={"starts": Reservation.starts},
    filters={
        "loaner": equal(Reservation.loaner_id),
        "site": equal(Reservation.site_id),
        "work_order": equal(Reservation.work_order_id),
        "state": equal(Reservation.state, RESERVATION_STATES),
    },
    search=(Loaner.model, Loaner.serial, Site.name),
    beside={"model": Loaner.model, "serial": Loaner.serial, "site_name": Site.name},
    joined=lambda query: query.join(Loaner, Loaner.id == Reservation.loaner_id).join(
        Site, Site.id == Reservation.site_id
    ),
)


@blp.route("/reservations", methods=["GET"])
@blp.arguments(RESERVATIONS.arguments(), location="query")
@blp.response(200, RESERVATIONS.page_schema())
def list_reservations(args: dict[str, Any]) -> dict[str, Any]:
    """List the reservations of loaners by page."""
    return house().database.read(lambda session: lists.page(session, RESERVATIONS, args))


@blp.route("/reservations", methods=["POST"])
@blp.arguments(ReservingAnySchema)
@blp.response(201, ReservationSchema)
def reserve_any_loaner(args: dict[str, Any]) -> dict[str, Any]:
    """Reserve the first loaner of the model that is free on these days."""
    model = args.pop("model")
    return _reservation(reserve_any(house(), user().id, model, plain(args)).id)


@blp.route("/loaners/<uuid:id_>/reservations", methods=["POST"])
@blp.arguments(ReservingLoanerSchema)
@blp.response(201, ReservationSchema)
def reserve_loaner(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Reserve this loaner. Of two who want it for the same days one gets it."""
    return _reservation(decided("loaner.reserved", {**args, "loaner": id_}).id)


@blp.route("/reservations/<uuid:id_>/release", methods=["POST"])
@blp.response(200, ReservationSchema)
def release_loaner(id_: UUID) -> dict[str, Any]:
    """The loaner is not wanted on these days any more."""
    data = {"loaner": _reservation(id_)["loaner_id"], "reservation": id_}
    decided("loaner.released", data)
    return _reservation(id_)


def _reservation(id_: UUID) -> dict[str, Any]:
    return house().database.read(
        lambda session: lists.one(session, RESERVATIONS, Reservation.id == id_)
    )

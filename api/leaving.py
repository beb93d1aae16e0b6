"""Leaving in one guided step: what stands open of somebody, where it goes, and the end of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate
from sqlalchemy.orm import Session

from api.auth import editor, house
from api.blueprint import Blueprint
from api.debts import DebtSchema
from api.schemas import Instant, Note, Strict
from api.stock import PieceSchema
from models import leaving
from models.edits import look_up
from models.people import User
from sync import leaving as step

CHOICES = validate.Length(max=1000)

blp = Blueprint("leaving", __name__, description="How somebody leaves, and returns")


class OpenVisitSchema(Schema):
    """A visit to which they are assigned and that has not ended."""

    id = fields.UUID()
    status = fields.String()
    starts = Instant()
    ends = Instant()
    role = fields.String()
    site_name = fields.String()
    customer_name = fields.String()


class KeptPlaceSchema(Schema):
    """A place that they keep, who else keeps it, and what lies there."""

    id = fields.UUID()
    code = fields.String()
    name = fields.String()
    kind = fields.String()
    others = fields.List(fields.UUID())
    lines = fields.List(fields.Nested(PieceSchema))


class HeldLoanerSchema(Schema):
    """A loaner at a place that they keep."""

    id = fields.UUID()
    model = fields.String()
    serial = fields.String()
    place = fields.UUID(attribute="place_id")


class HeldDeviceSchema(Schema):
    """A device of theirs that is not revoked, and what is stuck on it."""

    id = fields.UUID()
    name = fields.String()
    last_seen = Instant(allow_none=True)
    unsent_facts = fields.Integer()
    unsent_since = Instant(allow_none=True)


class OpenFindingSchema(Schema):
    """An open finding about their devices, visits or places."""

    id = fields.UUID()
    code = fields.String()
    subject_type = fields.String()
    subject_id = fields.UUID()
    since = Instant()


class LeavingSchema(Schema):
    """What stands open of somebody; findings are for others to look at, before or after."""

    user = fields.UUID()
    full_name = fields.String()
    active = fields.Boolean()
    visits = fields.List(fields.Nested(OpenVisitSchema))
    places = fields.List(fields.Nested(KeptPlaceSchema))
    debts = fields.List(fields.Nested(DebtSchema))
    loaners = fields.List(fields.Nested(HeldLoanerSchema))
    devices = fields.List(fields.Nested(HeldDeviceSchema))
    findings = fields.List(fields.Nested(OpenFindingSchema))


class PassingVisitSchema(Strict):
    """To whom the visit goes; null takes them off it. `overlap` says that they may have another
    visit then."""

    visit = fields.UUID(required=True)
    to = fields.UUID(required=True, allow_none=True)
    overlap = fields.Boolean(load_default=False)


class PassingPlaceSchema(Strict):
    """Who keeps the place from now on; null for nobody, or for those who do already."""

    place = fields.UUID(required=True)
    to = fields.UUID(required=True, allow_none=True)


class PassingDebtSchema(Strict):
    """Who owes the old part from now on; null for nobody, with a note that says why."""

    debt = fields.UUID(required=True)
    to = fields.UUID(required=True, allow_none=True)
    note = Note(load_default="")


class PassingLoanerSchema(Strict):
    """To which place the loaner goes. One whose place has a keeper may stay there."""

    loaner = fields.UUID(required=True)
    place = fields.UUID(required=True)


def _choices(schema: type[Schema]) -> fields.Field[Any]:
    return fields.List(fields.Nested(schema), load_default=list, validate=CHOICES)


class ChoicesSchema(Strict):
    """What becomes of everything that stands open. `give_up` are the devices whose unsent facts
    are not waited for: what they still state is held."""

    visits = _choices(PassingVisitSchema)
    places = _choices(PassingPlaceSchema)
    debts = _choices(PassingDebtSchema)
    loaners = _choices(PassingLoanerSchema)
    give_up = fields.List(fields.UUID(), load_default=list, validate=CHOICES)


@blp.route("/users/<uuid:id_>/leaving", methods=["GET"])
@blp.response(200, LeavingSchema)
def get_leaving(id_: UUID) -> dict[str, Any]:
    """What stands open of the user."""
    return house().database.read(lambda session: _told(session, id_))


@blp.route("/users/<uuid:id_>/leaving", methods=["POST"])
@blp.arguments(ChoicesSchema)
@blp.response(200, LeavingSchema)
@blp.alt_response(409, description="Something stands open that nothing was chosen for")
def complete_leaving(choices: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """The user leaves: all that stands open passes to others, and nothing lets them in any more.

    Either all of it happens or nothing. Said again it does nothing more.
    """

    def body(session: Session, now: datetime) -> dict[str, Any]:
        step.leave(editor(session, now), id_, choices)
        return _told(session, id_)

    return house().database.transact(body)


@blp.route("/users/<uuid:id_>/return", methods=["POST"])
@blp.response(200, LeavingSchema)
def readmit_user(id_: UUID) -> dict[str, Any]:
    """The user works here again: with the password of before, and without visits, van or device."""

    def body(session: Session, now: datetime) -> dict[str, Any]:
        step.come_back(editor(session, now), id_)
        return _told(session, id_)

    return house().database.transact(body)


def _told(session: Session, id_: UUID) -> dict[str, Any]:
    row = look_up(session, User, id_)
    who = {"user": row.id, "full_name": row.full_name, "active": row.active}
    return who | leaving.standing(session, id_)

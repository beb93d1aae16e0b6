"""Findings: what a person must look at, and settling it by one of its typed resolutions."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate
from sqlalchemy.orm import Session

from api.auth import OFFICE, house, staff, user
from api.blueprint import Blueprint
from api.schemas import Instant, PageArgs, Strict, Text, page, page_of
from api.tables import look_up
from models.findings import KINDS, SETTLED, Finding
from models.refusals import Refused
from sync.decide import decide
from sync.settling import settlement

blp = Blueprint("findings", __name__, description="What a person must look at")


class FindingArgs(PageArgs):
    """In which state."""

    state = fields.String(load_default="open", validate=validate.OneOf(["open", "gone", "settled"]))


class FindingSchema(Schema):
    """A finding in words, with its evidence and the ways in which a person can end it."""

    id = fields.UUID()
    code = fields.String()
    state = fields.String()
    role = fields.String()
    english = fields.String()
    chinese = fields.String()
    resolutions = fields.List(fields.String())
    subject_type = fields.String()
    subject_id = fields.UUID()
    evidence = fields.Dict()
    digest = fields.String()
    since = Instant()


class SettlingSchema(Strict):
    """The resolution, and the digest of the evidence that was seen."""

    resolution = Text(required=True)
    digest = Text(required=True)


@blp.route("/findings", methods=["GET"])
@staff(*OFFICE)
@blp.arguments(FindingArgs, location="query")
@blp.response(200, page_of(FindingSchema))
def list_findings(args: dict[str, Any]) -> dict[str, Any]:
    """List the findings by page; open ones unless asked otherwise."""
    where = Finding.state == args["state"]
    listed = house().database.read(lambda session: page(session, Finding, args, where))
    listed["items"] = [_in_words(values) for values in listed["items"]]
    return listed


@blp.route("/findings/<uuid:id_>", methods=["GET"])
@staff(*OFFICE)
@blp.response(200, FindingSchema)
def get_finding(id_: UUID) -> dict[str, Any]:
    """One finding."""
    return _in_words(house().database.read(lambda session: look_up(session, Finding, id_)))


@blp.route("/findings/<uuid:id_>/settle", methods=["POST"])
@staff(*OFFICE)
@blp.arguments(SettlingSchema)
@blp.response(200, FindingSchema)
def settle(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """End a finding by one of its resolutions, bound to the evidence that was seen."""

    def read(session: Session) -> dict[str, Any]:
        finding = session.get(Finding, id_)
        if finding is None:
            raise Refused("unknown", "id")
        if user().role not in (KINDS[finding.code].role, "supervisor"):
            raise Refused("not_allowed", "id", KINDS[finding.code].role)
        return settlement(finding, args["resolution"], args["digest"])

    data = house().database.read(read)
    decide(house().database, house().ids, user().id, SETTLED, data)
    return _in_words(house().database.read(lambda session: look_up(session, Finding, id_)))


def _in_words(values: dict[str, Any]) -> dict[str, Any]:
    kind = KINDS[values["code"]]
    return {
        **values,
        "role": kind.role,
        "english": kind.english,
        "chinese": kind.chinese,
        "resolutions": list(kind.resolutions),
    }

"""Findings: what a person must look at, and settling it by one of its typed resolutions."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate
from sqlalchemy import true
from sqlalchemy.orm import Session

from api import lists
from api.auth import house, user
from api.blueprint import Blueprint
from api.deciding import decided
from api.lists import Filter, Listing, equal
from api.schemas import Instant, Strict, Text
from models import findings
from models.edits import look_up
from models.findings import KINDS, RESOLUTIONS, SETTLED, Finding
from models.people import User
from models.refusals import Refused
from models.stock.found_about import about_part, about_place, named
from sync.settling import settlement

STATES = ("open", "gone", "settled", "all")
ROLES = sorted({str(kind.role) for kind in KINDS.values()})

blp = Blueprint("findings", __name__, description="What a person must look at")


class ResolutionSchema(Schema):
    """A resolution, and what it does in one sentence."""

    code = fields.String()
    english = fields.String()
    chinese = fields.String()


class FindingSchema(Schema):
    """A finding in words, with its evidence and the ways in which a person can end it."""

    id = fields.UUID()
    code = fields.String()
    state = fields.String()
    role = fields.String()
    english = fields.String()
    chinese = fields.String()
    resolutions = fields.List(fields.String())
    choices = fields.List(fields.Nested(ResolutionSchema))
    subject_type = fields.String()
    subject_id = fields.UUID()
    evidence = fields.Dict()
    digest = fields.String()
    part_code = fields.String(allow_none=True)
    place_code = fields.String(allow_none=True)
    since = Instant()


class SettledSchema(Schema):
    """By which resolution somebody ended it, and when."""

    resolution = fields.String()
    user_name = fields.String()
    at = Instant()


class WholeFindingSchema(FindingSchema):
    """A finding, and how its present evidence was settled, if it was. What follows from that may
    take the worker a moment: until then the finding is open."""

    settled = fields.Nested(SettledSchema, allow_none=True)


class SettlingSchema(Strict):
    """The resolution, and the digest of the evidence that was seen. `loaner` names the one that a
    later hand-over meant, where `earlier_holds` for the one that is contested."""

    resolution = Text(required=True)
    digest = Text(required=True)
    loaner = fields.UUID(load_default=None, allow_none=True)


def _of_role(role: str) -> Any:
    return Finding.code.in_([kind.code for kind in KINDS.values() if kind.role == role])


FINDINGS = Listing(
    Finding,
    FindingSchema,
    default="-since",
    sorts={"since": Finding.since},
    filters={
        "state": Filter(
            fields.String(load_default="open", validate=validate.OneOf(STATES)),
            lambda state: true() if state == "all" else Finding.state == state,
        ),
        "role": Filter(fields.String(validate=validate.OneOf(ROLES)), _of_role),
        "code": equal(Finding.code, list(KINDS)),
        "subject_type": equal(Finding.subject_type),
        "subject": equal(Finding.subject_id),
        "part": Filter(fields.UUID(), about_part, "only what is about this part"),
        "place": Filter(fields.UUID(), about_place, "only what is about this place"),
    },
)


@blp.route("/findings", methods=["GET"])
@blp.arguments(FINDINGS.arguments(), location="query")
@blp.response(200, FINDINGS.page_schema())
def list_findings(args: dict[str, Any]) -> dict[str, Any]:
    """List the findings by page; open ones unless asked otherwise."""

    def body(session: Session) -> dict[str, Any]:
        page = lists.page(session, FINDINGS, args)
        return {**page, "items": _in_words(session, page["items"])}

    return house().database.read(body)


@blp.route("/findings/<uuid:id_>", methods=["GET"])
@blp.response(200, WholeFindingSchema)
def get_finding(id_: UUID) -> dict[str, Any]:
    """One finding, and how it was settled."""
    return house().database.read(lambda session: _whole(session, id_))


@blp.route("/findings/<uuid:id_>/settle", methods=["POST"])
@blp.arguments(SettlingSchema)
@blp.response(200, WholeFindingSchema)
def settle_finding(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """End a finding by one of its resolutions, bound to the evidence that was seen."""

    def read(session: Session) -> dict[str, Any]:
        finding = session.get(Finding, id_)
        if finding is None:
            raise Refused("unknown", "id")
        if user().role not in (KINDS[finding.code].role, "supervisor"):
            raise Refused("not_allowed", "id", KINDS[finding.code].role)
        return settlement(finding, args["resolution"], args["digest"], args["loaner"])

    data = house().database.read(read)
    decided(SETTLED, data)
    return house().database.read(lambda session: _whole(session, id_))


def _whole(session: Session, id_: UUID) -> dict[str, Any]:
    finding = look_up(session, Finding, id_)
    (told,) = _in_words(session, [finding.values()])
    taken = findings.settlement_of(session, finding)
    if taken is None:
        return {**told, "settled": None}
    by = session.get_one(User, taken.user_id).full_name
    settled = {"resolution": taken.data["resolution"], "user_name": by, "at": taken.at}
    return {**told, "settled": settled}


def _in_words(session: Session, found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    about = named(session, found)
    return [{**one, **codes, **_said(one)} for one, codes in zip(found, about, strict=True)]


def _said(found: dict[str, Any]) -> dict[str, Any]:
    kind = KINDS[found["code"]]
    offered = kind.offered(found["evidence"])
    return {
        "role": kind.role,
        "english": kind.english,
        "chinese": kind.chinese,
        "resolutions": list(offered),
        "choices": [RESOLUTIONS[one] for one in offered],
    }

"""The company's own name and time zone."""

from datetime import datetime
from typing import Any

from flask import Response
from marshmallow import fields
from sqlalchemy.orm import Session

from api.auth import editor, house
from api.blueprint import Blueprint
from api.errors import precondition
from api.people import known_zone
from api.schemas import Strict, Text
from api.tables import ETAG, IF_MATCH, tagged
from models.company import COMPANY_ID, Company
from models.edits import look_up, revision_of
from models.kept import KEPT

blp = Blueprint("company", __name__, description="The company")


class CompanySchema(Strict):
    """The company, as phones and papers name it."""

    name = Text()
    zone = fields.String(validate=known_zone)


@blp.route("/company", methods=["GET"])
@blp.response(200, CompanySchema, headers=ETAG)
def get_company() -> Response:
    """The company."""
    values = house().database.read(lambda session: look_up(session, Company, COMPANY_ID).values())
    return tagged(CompanySchema(), values)


@blp.route("/company", methods=["PATCH"])
@blp.arguments(CompanySchema)
@blp.response(200, CompanySchema, headers=ETAG)
@blp.alt_response(412, description="It was changed since it was read; nothing was done")
@blp.alt_response(428, description="If-Match is missing; nothing was done")
@blp.doc(parameters=[IF_MATCH])
def edit_company(values: dict[str, Any]) -> Response:
    """Edit the company."""

    def body(session: Session, now: datetime) -> dict[str, Any]:
        row: Company = look_up(session, Company, COMPANY_ID, lock=True)
        precondition(revision_of(row.values()))
        editor(session, now).change(KEPT["company"], row, values)
        return row.values()

    return tagged(CompanySchema(), house().database.transact(body))

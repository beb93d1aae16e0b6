"""Statements 对账单 of a month: what somebody who keeps places held, got, used and gave back, and
what a customer got and sent back."""

from tempfile import TemporaryFile
from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from api.auth import house, own, user
from api.blueprint import Blueprint
from api.deciding import decided
from api.exports import CSV, XLSX, ExportArgs, attached
from api.schemas import BYTES
from api.statement_schemas import (
    ConfirmingSchema,
    CustomerStatementSchema,
    MonthArgs,
    MonthConfirmingSchema,
    MonthExportArgs,
    StatementArgs,
    StatementSchema,
)
from models.decisions import Decision
from models.people import User
from models.refusals import Refused
from models.stock.statement.confirming import (
    CONFIRMED,
    Whose,
    confirmed,
    content_of,
    digest,
)
from models.tables import exporting
from models.tables.description import Table
from models.tables.statement import CUSTOMER_STATEMENT, STATEMENT, rows

blp = Blueprint("statements", __name__, description="Statements of keepers and of customers")

# Of those who keep places


@blp.route("/statements", methods=["GET"])
@blp.arguments(StatementArgs, location="query")
@blp.response(200, StatementSchema)
def get_statement(args: dict[str, Any]) -> Any:
    """What somebody held, got, used, handed on and returned, by part and by when it was posted."""
    return _told(_keepers(args["user"] or user().id, args["month"]))


@blp.route("/statements/<uuid:id_>/<string:month>/file", methods=["GET"])
@blp.arguments(ExportArgs, location="query")
@blp.response(200, BYTES, content_type=CSV)
@blp.alt_response(200, schema=BYTES, content_type=XLSX, success=True)
def export_statement(args: dict[str, Any], id_: UUID, month: str) -> Response:
    """The statement of the user of that id, as a table."""
    return _file(_keepers(id_, month), STATEMENT, args)


@blp.route("/statements/<uuid:id_>/<string:month>/confirm", methods=["POST"])
@blp.arguments(ConfirmingSchema)
@blp.response(200, StatementSchema)
def confirm_statement(args: dict[str, Any], id_: UUID, month: str) -> Any:
    """Confirm the statement of the user of that id, as it was seen: from then on it stays as it is,
    and what is posted later stands in the next one."""
    return _confirmed(_keepers(id_, month), args["sha256"])


def _keepers(user_id: UUID, month: str) -> Whose:
    """The user's statement; whoever asks must reach them. Raises Refused."""
    if own() not in (None, user_id):
        raise Refused("unknown", "user")
    return Whose("user", user_id, month)


# Of customers


@blp.route("/customers/<uuid:id_>/statement", methods=["GET"])
@blp.arguments(MonthArgs, location="query")
@blp.response(200, CustomerStatementSchema)
def get_customer_statement(args: dict[str, Any], id_: UUID) -> Any:
    """What was shipped to the customer of their orders and accepted of their returns, by part and
    by when it was posted; and what is open."""
    return _told(Whose("customer", id_, args["month"]))


@blp.route("/customers/<uuid:id_>/statement/file", methods=["GET"])
@blp.arguments(MonthExportArgs, location="query")
@blp.response(200, BYTES, content_type=CSV)
@blp.alt_response(200, schema=BYTES, content_type=XLSX, success=True)
def export_customer_statement(args: dict[str, Any], id_: UUID) -> Response:
    """The customer's statement, as a table."""
    return _file(Whose("customer", id_, args["month"]), CUSTOMER_STATEMENT, args)


@blp.route("/customers/<uuid:id_>/statement/confirm", methods=["POST"])
@blp.arguments(MonthConfirmingSchema)
@blp.response(200, CustomerStatementSchema)
def confirm_customer_statement(args: dict[str, Any], id_: UUID) -> Any:
    """Confirm the customer's statement, as it was seen: from then on it stays as it is, and what is
    posted later stands in the next one."""
    return _confirmed(Whose("customer", id_, args["month"]), args["sha256"])


# Of either


def _read(session: Session, whose: Whose) -> tuple[dict[str, Any], Decision | None]:
    """What the statement says, as it was confirmed or by now; and the decision that did that."""
    taken = confirmed(session, whose)
    return (content_of(session, whose) if taken is None else taken.data["content"]), taken


def _confirmed(whose: Whose, sha256: str) -> Any:
    decided(CONFIRMED, {whose.type: whose.id, "month": whose.month, "sha256": sha256})
    return _told(whose)


def _file(whose: Whose, table: Table, args: dict[str, Any]) -> Response:
    content, _ = house().database.read(lambda session: _read(session, whose))
    format_, lang, encoding = args["format"], args["lang"], args["encoding"]
    file = TemporaryFile()  # noqa: SIM115  # Closed by the response that sends it.
    exporting.write(table, file, format_, lang, encoding, rows(table, content, lang))
    return attached(file, f"{table.name}-{whose.month}", format_, encoding)


def _told(whose: Whose) -> Any:
    def body(session: Session) -> dict[str, Any]:
        content, taken = _read(session, whose)
        told = {
            **content,
            "id": whose.subject.id,
            "sha256": digest(content),
            "confirmed": None if taken is None else _confirmation(session, taken),
        }
        if whose.type == "user":
            told["user_name"] = session.get_one(User, whose.id).full_name
        return told

    return house().database.read(body)


def _confirmation(session: Session, taken: Decision) -> dict[str, Any]:
    by = session.get_one(User, taken.user_id).full_name
    return {"decision": taken.id, "at": taken.at, "by": by}

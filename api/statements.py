"""Statements 对账单: what somebody who keeps a van held, got, used and gave back in a month."""

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
from api.statement_schemas import ConfirmingSchema, StatementArgs, StatementSchema
from models.people import User
from models.refusals import Refused
from models.stock.keepers_statement import confirming
from models.stock.keepers_statement.content import content_of, digest
from models.tables import exporting
from models.tables.statement import STATEMENT, rows

blp = Blueprint("statements", __name__, description="Statements of those who keep places")


@blp.route("/statements", methods=["GET"])
@blp.arguments(StatementArgs, location="query")
@blp.response(200, StatementSchema)
def get_statement(args: dict[str, Any]) -> Any:
    """What somebody held, got, used, handed on and returned, by part and by when it was posted."""
    return _told(args["user"] or user().id, args["month"])


@blp.route("/statements/<uuid:id_>/<string:month>/file", methods=["GET"])
@blp.arguments(ExportArgs, location="query")
@blp.response(200, BYTES, content_type=CSV)
@blp.alt_response(200, schema=BYTES, content_type=XLSX, success=True)
def export_statement(args: dict[str, Any], id_: UUID, month: str) -> Response:
    """The statement of the user of that id, as a table."""
    content = house().database.read(lambda session: _content(session, _reached(id_), month))
    format_, lang, encoding = args["format"], args["lang"], args["encoding"]
    file = TemporaryFile()  # noqa: SIM115  # Closed by the response that sends it.
    exporting.write(STATEMENT, file, format_, lang, encoding, rows(content, lang))
    return attached(file, f"statement-{month}", format_, encoding)


@blp.route("/statements/<uuid:id_>/<string:month>/confirm", methods=["POST"])
@blp.arguments(ConfirmingSchema)
@blp.response(200, StatementSchema)
def confirm_statement(args: dict[str, Any], id_: UUID, month: str) -> Any:
    """Confirm the statement of the user of that id, as it was seen: from then on it stays as it is,
    and what is posted later stands in the next one."""
    data = {"user": _reached(id_), "month": month, "sha256": args["sha256"]}
    decided(confirming.CONFIRMED, data)
    return _told(id_, month)


def _reached(user_id: UUID) -> UUID:
    """The user, whom whoever asks must reach. Raises Refused."""
    if own() not in (None, user_id):
        raise Refused("unknown", "user")
    return user_id


def _content(session: Session, user_id: UUID, month: str) -> Any:
    """What the statement says: as it was confirmed, or by now."""
    taken = confirming.confirmed(session, user_id, month)
    if taken is not None:
        return taken.data["content"]
    return content_of(session, user_id, month)


def _told(user_id: UUID, month: str) -> Any:
    _reached(user_id)

    def body(session: Session) -> dict[str, Any]:
        content = _content(session, user_id, month)
        taken = confirming.confirmed(session, user_id, month)
        return {
            **content,
            "id": confirming.subject_of(user_id, month).id,
            "user_name": session.get_one(User, user_id).full_name,
            "sha256": digest(content),
            "confirmed": None if taken is None else _confirmation(session, taken),
        }

    return house().database.read(body)


def _confirmation(session: Session, taken: Any) -> dict[str, Any]:
    by = session.get_one(User, taken.user_id).full_name
    return {"decision": taken.id, "at": taken.at, "by": by}

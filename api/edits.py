"""The trail of what was edited and decided at the desk, and taking an edit back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from api import lists, rights
from api.auth import house, user
from api.blueprint import Blueprint
from api.lists import Filter, Listing, before, equal, since
from api.rights import Reach
from api.schemas import Instant
from api.tables import one_of
from models.decisions import Decision, DecisionSubject
from models.edits import Edit, Editor, look_up
from models.kept import KEPT
from models.people import User
from models.refusals import Refused
from sync import decide

blp = Blueprint("edits", __name__, description="Who edited and decided what")


class EditSchema(Schema):
    """One edit: null before where the row was added, null after where it was removed; where it was
    changed, both have the changed fields."""

    id = fields.UUID()
    at = Instant()
    user = fields.UUID(attribute="user_id")
    user_name = fields.String()
    table = fields.String()
    row = fields.UUID(attribute="row_id")
    before = fields.Dict(allow_none=True)
    after = fields.Dict(allow_none=True)
    undoes = fields.UUID(allow_none=True, metadata={"description": "the edit that it undid"})
    undone = fields.Boolean(metadata={"description": "whether it was undone"})


class DecisionSchema(Schema):
    """One decision; `data` has the shape of its kind, `seen` is what the decider saw."""

    id = fields.UUID()
    kind = fields.String()
    user = fields.UUID(attribute="user_id")
    user_name = fields.String()
    at = Instant()
    data = fields.Dict()
    seen = fields.Dict()


UNDOING = select(Edit.undoes.label("edit")).where(Edit.undoes.is_not(None)).subquery()
EDITS = Listing(
    Edit,
    EditSchema,
    default="-at",
    sorts={"at": Edit.at},
    filters={
        "table": equal(Edit.table, sorted(KEPT)),
        "row": equal(Edit.row_id),
        "user": equal(Edit.user_id),
        "at_from": since(Edit.at),
        "at_to": before(Edit.at),
    },
    beside={"user_name": User.full_name, "undone": UNDOING.c.edit.is_not(None)},
    joined=lambda query: query.join(User, User.id == Edit.user_id).outerjoin(
        UNDOING, UNDOING.c.edit == Edit.id
    ),
)


def _about(subject_id: UUID) -> Any:
    return exists().where(
        DecisionSubject.decision_id == Decision.id, DecisionSubject.subject_id == subject_id
    )


DECISIONS = Listing(
    Decision,
    DecisionSchema,
    default="-at",
    sorts={"at": Decision.at},
    filters={
        "kind": equal(Decision.kind, sorted(decide.KINDS)),
        "user": equal(Decision.user_id),
        "subject": Filter(fields.UUID(), _about),
        "at_from": since(Decision.at),
        "at_to": before(Decision.at),
    },
    beside={"user_name": User.full_name},
    joined=lambda query: query.join(User, User.id == Decision.user_id),
)


@blp.route("/edits", methods=["GET"])
@blp.arguments(EDITS.arguments(), location="query")
@blp.response(200, EDITS.page_schema())
def list_edits(args: dict[str, Any]) -> dict[str, Any]:
    """What was edited by hand, newest first."""
    return house().database.read(lambda session: lists.page(session, EDITS, args))


@blp.route("/edits/<uuid:id_>/undo", methods=["POST"])
@blp.response(200, EditSchema)
def undo_edit(id_: UUID) -> dict[str, Any]:
    """Take an edit back, where nothing was built on it since. Undoing can be undone too."""

    def body(session: Session, now: datetime) -> dict[str, Any]:
        edit: Edit = look_up(session, Edit, id_)
        operation = _needed(edit.table)
        if rights.reach(user().role, operation) is not Reach.ALL:
            raise Refused("not_allowed", "id", ", ".join(rights.allowed(operation)))
        Editor(session, now, house().ids, user().id).undo(edit)
        return lists.one(session, EDITS, Edit.undoes == id_)

    return house().database.transact(body)


def _needed(table: str) -> str:
    """Whoever may add to a table, or else edit it, may undo what was done to it."""
    add = f"add_{one_of(table)}"
    return add if add in rights.RIGHTS else f"edit_{one_of(table)}"


@blp.route("/decisions", methods=["GET"])
@blp.arguments(DECISIONS.arguments(), location="query")
@blp.response(200, DECISIONS.page_schema())
def list_decisions(args: dict[str, Any]) -> dict[str, Any]:
    """What was decided, newest first."""
    return house().database.read(lambda session: lists.page(session, DECISIONS, args))


@blp.route("/decisions/<uuid:id_>", methods=["GET"])
@blp.response(200, DecisionSchema)
def get_decision(id_: UUID) -> dict[str, Any]:
    """One decision."""
    return house().database.read(lambda session: lists.one(session, DECISIONS, Decision.id == id_))

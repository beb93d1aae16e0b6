"""Confirming a statement: from then on it stays as it was seen."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from models.clock import instant_text
from models.decisions import Decision, decisions_about
from models.derived import Subject
from models.ids import derived
from models.refusals import Refused
from models.stock.keepers_statement.content import content_of, digest
from models.stock.keepers_statement.month import month_of

CONFIRMED = "statement.confirmed"
GRACE = timedelta(hours=1)  # whoever began to post before midnight has done so by then

Data = Mapping[str, Any]


def subject_of(user_id: UUID, month: str) -> Subject:
    """The statement, as decisions name it."""
    return Subject("statement", derived("statement", user_id, month))


def subjects(data: Data) -> list[Subject]:
    """The statement."""
    return [subject_of(UUID(data["user"]), data["month"])]


def confirmed(session: Session, user_id: UUID, month: str) -> Decision | None:
    """The decision that confirmed the statement, if any."""
    taken = decisions_about(session, subject_of(user_id, month), CONFIRMED)
    return taken[0] if taken else None


def check(session: Session, data: Data) -> None:
    """Nobody confirmed it before. Raises Refused."""
    if confirmed(session, UUID(data["user"]), data["month"]) is not None:
        raise Refused("exists", "month", "it was confirmed before")


def freeze(session: Session, now: datetime, data: Data) -> Data:
    """The decision with the content that is confirmed. Raises Refused where the month is not over,
    or where the content is not the one that was seen."""
    content = content_of(session, UUID(data["user"]), data["month"])
    over = month_of(session, data["month"]).until + GRACE
    if now < over:
        raise Refused("wrong_value", "month", f"it can be confirmed from {instant_text(over)} on")
    if digest(content) != data["sha256"]:
        raise Refused("statement_changed", "sha256")
    return {**data, "content": content}

"""Confirming a statement: from then on it stays as it was seen."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from models.clock import instant_text
from models.decisions import Decision, decisions_about
from models.derived import Subject
from models.ids import derived
from models.refusals import Refused
from models.stock.statement import customer, keeper
from models.stock.statement.month import month_of

CONFIRMED = "statement.confirmed"
GRACE = timedelta(hours=1)  # whoever began to post before midnight has done so by then
CONTENTS = {"user": keeper.content_of, "customer": customer.content_of}

Data = Mapping[str, Any]


class Whose(NamedTuple):
    """Whom a statement is about, a `user` who keeps places or a `customer`, and of which month."""

    type: str
    id: UUID
    month: str

    @property
    def subject(self) -> Subject:
        """The statement, as decisions name it."""
        return Subject("statement", derived("statement", self.id, self.month))


def subjects(data: Data) -> list[Subject]:
    """The statement."""
    return [_whose(data).subject]


def confirmed(session: Session, whose: Whose) -> Decision | None:
    """The decision that confirmed the statement, if any."""
    taken = decisions_about(session, whose.subject, CONFIRMED)
    return taken[0] if taken else None


def content_of(session: Session, whose: Whose) -> dict[str, Any]:
    """What the statement says by now, as JSON. Raises Refused for nobody, and for no month."""
    return CONTENTS[whose.type](session, whose.id, whose.month)


def digest(content: Data) -> str:
    """The hash of a statement's content."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def check(session: Session, data: Data) -> None:
    """Nobody confirmed it before. Raises Refused."""
    if confirmed(session, _whose(data)) is not None:
        raise Refused("exists", "month", "it was confirmed before")


def freeze(session: Session, now: datetime, data: Data) -> Data:
    """The decision with the content that is confirmed. Raises Refused where the month is not over,
    or where the content is not the one that was seen."""
    content = content_of(session, _whose(data))
    over = month_of(session, data["month"]).until + GRACE
    if now < over:
        raise Refused("wrong_value", "month", f"it can be confirmed from {instant_text(over)} on")
    if digest(content) != data["sha256"]:
        raise Refused("statement_changed", "sha256")
    return {**data, "content": content}


def _whose(data: Data) -> Whose:
    (type_,) = CONTENTS.keys() & data.keys()
    return Whose(type_, UUID(data[type_]), data["month"])

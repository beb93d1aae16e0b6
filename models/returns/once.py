"""The same wish of a customer, sent twice within minutes, is one return."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import instant_text
from models.decisions import Decision
from models.refusals import Refused
from models.returns.replay import ASKED

Data = Mapping[str, Any]
AGAIN = timedelta(minutes=10)  # so long the same words are the same wish, sent twice
AS_GIVEN = ("customer", "contract", "case", "goods", "since", "evidence", "lines", "note")


def refuse_same(session: Session, now: datetime, data: Data) -> None:
    """What was asked in the same words just now is not asked once more. Raises Refused."""
    query = select(Decision).where(Decision.kind == ASKED, Decision.at > now - AGAIN)
    for one in session.scalars(query):
        if all(one.data[name] == data[name] for name in AS_GIVEN):
            told = f"return {one.data['return']} says the same since {instant_text(one.at)}"
            raise Refused("exists", "note", told)

"""Reserving any loaner of a model: the first one that is free, whoever else asks meanwhile."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.decisions import Decision
from models.house import House
from models.loaners.reserving import candidates
from models.loaners.rows import Loaner
from models.refusals import Refused
from sync.decide import decide

RESERVED = "loaner.reserved"


def reserve_any(house: House, user_id: UUID, model: str, data: dict[str, Any]) -> Decision:
    """Reserve the first loaner of the model that is free. Each is locked and checked by itself, so
    one that somebody else got meanwhile is passed over. Raises Refused."""
    starts, until = date.fromisoformat(data["starts"]), date.fromisoformat(data["until"])
    for loaner_id in house.database.read(lambda session: _free(session, model, starts, until)):
        try:
            named = {**data, "loaner": str(loaner_id)}
            return decide(house.database, house.ids, user_id, RESERVED, named)
        except Refused as refused:
            if refused.kind.code != "loaner_taken":
                raise
    raise Refused("none_free", "model", f"no {model} from {starts} until before {until}")


def _free(session: Session, model: str, starts: date, until: date) -> list[UUID]:
    if session.scalar(select(Loaner.id).where(Loaner.model == model).limit(1)) is None:
        raise Refused("unknown", "model")
    if until <= starts:
        raise Refused("wrong_value", "until", "it is the day after the last one")
    return list(session.scalars(candidates(model, starts, until)))

"""Closing a delivery: the rest of what a supplier announced comes no more, or nothing of it."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.decisions import decisions_about
from models.derived import Subject
from models.findings import SETTLED
from models.refusals import Refused
from models.stock.demand import Transfer, TransferLine

CLOSED, DIFFERS = "delivery.closed", "delivery.differs"

Data = Mapping[str, Any]


def final(session: Session, delivery: Subject, parts: Iterable[UUID]) -> set[UUID]:
    """Those of the parts of which nothing more is expected with the delivery: all once it was
    closed, each for itself where a person said that what was received is final."""
    decisions = decisions_about(session, delivery)
    if any(one.kind == CLOSED for one in decisions):
        return set(parts)
    settled = [one.data for one in decisions if one.kind == SETTLED]
    return {UUID(one["evidence"]["part"]) for one in settled if one["code"] == DIFFERS}


def check_closing(session: Session, data: Data) -> None:
    """It is a delivery of which something is awaited. Raises Refused."""
    id_ = UUID(data["delivery"])
    known = select(Transfer.id).where(Transfer.transfer_id == id_, Transfer.kind == "delivery")
    if session.scalar(known) is None:
        raise Refused("unknown", "delivery")
    awaited = select(TransferLine.id).where(
        TransferLine.transfer_id == id_, TransferLine.awaited > 0
    )
    if session.scalar(awaited.limit(1)) is None:
        raise Refused("delivery_ended", "delivery")

"""What has been under way or owed for too long: what time alone makes a person look at."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import instant_text
from models.derived import Subject
from models.facts import Moment, moments_of
from models.findings import Found
from models.stock import transit
from models.stock.demand import Transfer, TransferLine
from models.stock.fitted import Debt
from models.stock.transit import Sent

STUCK = "transfer.stuck"
DEBT_DAYS = 30


def newly_stuck(session: Session, days: int, now: datetime) -> Sequence[tuple[UUID, datetime]]:
    """The transfers that have been under way for so many days, unnoticed so far, and since when
    they are stuck. What a supplier announced is not on its way by that."""
    noticed = select(Moment.subject_id).where(Moment.kind == STUCK)
    old = timedelta(days=days)
    query = select(Transfer.transfer_id, Transfer.since).where(
        Transfer.kind != "delivery",
        Transfer.since <= now - old,
        Transfer.transfer_id.not_in(noticed),
        transit.is_under_way(),
    )
    return [(id_, since + old) for id_, since in session.execute(query.order_by(Transfer.since))]


def stuck(session: Session, sent: Sent, lines: Sequence[TransferLine]) -> Iterable[Found]:
    """What nobody received of a transfer that has been under way for too long, each lot and piece
    for itself. Where a part of it was received, that it is short is told already."""
    moments = moments_of(session, Subject("transfer", sent.id), STUCK)
    if not moments or sent.delivery is not None:
        return
    for line in lines:
        if line.awaited and not line.received:
            evidence = {
                "part": str(line.part_id),
                "lot": line.lot,
                "serial": line.serial,
                "item": line.item.words,
                "quantity": str(line.awaited),
                "from": str(sent.headers[0].from_place),
                "to": str(sent.headers[0].to_place),
                "since": instant_text(sent.headers[0].since),
            }
            yield Found("stock.stuck_in_transit", (line.item.words,), moments[0], evidence)


def old_debts(session: Session, user_id: UUID, now: datetime) -> Iterable[Found]:
    """The old parts that a user has owed for too long."""
    age = timedelta(days=DEBT_DAYS)
    query = select(Debt).where(Debt.user_id == user_id, Debt.since <= now - age)
    for debt in session.scalars(query.order_by(Debt.since, Debt.id)):
        evidence = {
            "debt": str(debt.id),
            "user": str(user_id),
            "visit": str(debt.visit_id),
            "part": str(debt.part_id),
            "serial": debt.serial,
            "quantity": str(debt.quantity),
            "since": instant_text(debt.since),
        }
        yield Found("debt.old", (debt.id,), debt.since + age, evidence)

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
from models.stock.demand import Transfer
from models.stock.fitted import Debt
from models.stock.replay import IN_TRANSIT
from models.stock.rows import Balance, Item, StockStatement, book_of
from models.types import exact_quantity

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


def stuck(session: Session, transfer_id: UUID) -> Iterable[Found]:
    """What nobody received of a transfer that has been under way for too long, each lot and piece
    for itself. Where a part of it was received, that it is short is told already."""
    moments = moments_of(session, Subject("transfer", transfer_id), STUCK)
    if not moments:
        return
    query = select(Transfer).where(Transfer.transfer_id == transfer_id)
    headers = session.scalars(query.order_by(Transfer.since)).all()
    left = transit.left_of(session, headers)[transfer_id]
    received = _received(session, transfer_id) | _elsewhere(session, left)
    for item, quantity in sorted(left.items(), key=str):
        if item not in received:
            evidence = {
                "part": str(item.part_id),
                "lot": item.lot,
                "serial": item.serial,
                "item": item.words,
                "quantity": str(exact_quantity(quantity)),
                "from": str(headers[0].from_place),
                "to": str(headers[0].to_place),
                "since": instant_text(headers[0].since),
            }
            yield Found("stock.stuck_in_transit", (item.words,), moments[0], evidence)


def _received(session: Session, transfer_id: UUID) -> set[Item]:
    query = select(StockStatement).where(
        StockStatement.transfer_id == transfer_id, StockStatement.from_place == IN_TRANSIT
    )
    return {one.item for one in session.scalars(query)}


def _elsewhere(session: Session, items: Iterable[Item]) -> set[Item]:
    """Of the pieces those that somebody counted or used: they are on their way no more."""
    found = set()
    for item in items:
        if item.serial is not None:
            here = (book_of(IN_TRANSIT, item), IN_TRANSIT)
            balance = session.get(Balance, here)
            if balance is None or not balance.quantity:
                found.add(item)
    return found


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

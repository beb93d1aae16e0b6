"""What moved by a customer's orders and returns, by part and column, as it was posted."""

from collections import defaultdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, literal, select
from sqlalchemy.orm import Session

from models.decisions import DecisionSubject
from models.returns.rows import Return
from models.stock.demand import Requisition
from models.stock.rows import Move, StockStatement, virtual_place
from models.stock.statement.month import Month

COLUMNS = ("sold", "guarantee", "returned")
ZERO = Decimal("0.000")

Lines = dict[UUID, dict[str, Decimal]]  # by part and column


def lines_of(session: Session, customer_id: UUID, month: Month) -> tuple[Lines, dict[str, Lines]]:
    """By part what moved in the month, and by period what of it is from earlier. A reversal (every
    second move of a line) stands where what it takes back does."""
    now: Lines = defaultdict(lambda: defaultdict(lambda: ZERO))
    before: dict[str, Lines] = defaultdict(lambda: defaultdict(lambda: defaultdict(lambda: ZERO)))
    for query in (_shipped(customer_id, month), _accepted(customer_id, month)):
        for move, column in session.execute(query):
            quantity = -move.quantity if move.ordinal % 2 else move.quantity
            now[move.part_id][column] += quantity
            period = month.earlier(move.happened)
            if period is not None:
                before[period][move.part_id][column] += quantity
    return now, before


def _shipped(customer_id: UUID, month: Month) -> Select[Any]:
    """The moves of what decisions shipped to the customer of their orders, and for which kind."""
    of_orders = _moved("requisition", month).add_columns(Requisition.kind)
    return of_orders.join(Requisition, Requisition.id == DecisionSubject.subject_id).where(
        Requisition.customer_id == customer_id,
        StockStatement.to_place == virtual_place("customer"),
    )


def _accepted(customer_id: UUID, month: Month) -> Select[Any]:
    """The moves of what decisions took in of the customer's returns."""
    of_returns = _moved("return", month).add_columns(literal("returned"))
    return of_returns.join(Return, Return.id == DecisionSubject.subject_id).where(
        Return.customer_id == customer_id,
        StockStatement.from_place == virtual_place("customer"),
    )


def _moved(subject_type: str, month: Month) -> Select[Any]:
    """What was posted in the month of lines that decisions about such a subject state. What only
    covers a difference in our books is none of the customer's."""
    line = and_(StockStatement.id == Move.cause_id, StockStatement.book_id == Move.book_id)
    return (
        select(Move)
        .join(StockStatement, line)
        .join(DecisionSubject, DecisionSubject.decision_id == StockStatement.cause_id)
        .where(
            DecisionSubject.subject_type == subject_type,
            Move.role == "stated",
            Move.posted >= month.since,
            Move.posted < month.until,
        )
    )

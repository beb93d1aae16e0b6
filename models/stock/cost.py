"""What a part costs us: the moving average of what suppliers were paid for it."""

from collections.abc import Iterable
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.stock import ledger
from models.stock.demand import Transfer
from models.stock.replay import Wanted
from models.stock.rows import PHYSICAL, Move, Place, StockStatement
from models.types import exact_quantity

OURS = (*PHYSICAL, "in_transit")
HUNDREDTH = Decimal("0.01")


class Cost(NamedTuple):
    """The average price of a piece in fen, to a hundredth, none before the first delivery whose
    price was told; how many pieces we have, and how many receipts told a price."""

    average: Decimal | None
    quantity: Decimal
    receipts: int


class Price(NamedTuple):
    """What a piece of a delivery cost; of what was repaired, what its repair did."""

    fen: Fraction
    repaired: bool

    def of_a_piece(self, average: Fraction | None) -> Fraction | None:
        """At which price a piece enters; None where that cannot be said."""
        if not self.repaired:
            return self.fen
        return None if average is None else average + self.fen


def average_cost(session: Session, part_id: UUID, at: datetime) -> Cost:
    """The moving average at a moment, over all our places together.

    What a supplier delivered enters at the price that was told. What comes back repaired enters at
    the average and the price of its repair, as it left at the average; without an average that
    price tells nothing. Everything else, losses and finds too, comes and goes at the average of its
    moment. It follows from the moves in force, and so from what happened, whenever that became
    known.
    """
    ours = set(session.scalars(select(Place.id).where(Place.kind.in_(OURS))))
    prices = _prices(session, part_id)
    held, receipts = Fraction(0), 0
    average: Fraction | None = None
    for move in _in_force(session, part_id, at):
        change = (move.to_place in ours) - (move.from_place in ours)
        told = prices.get(move.cause_id) if change > 0 else None
        price = None if told is None else told.of_a_piece(average)
        quantity = Fraction(move.quantity)
        if price is not None:
            before = price if average is None else average
            have = max(held, Fraction(0))
            average = (have * before + quantity * price) / (have + quantity)
            receipts += 1
        held += change * quantity
    rounded = None if average is None else _rounded(average)
    pieces = exact_quantity(Decimal(held.numerator) / Decimal(held.denominator))
    return Cost(rounded, pieces, receipts)


def _rounded(fen: Fraction) -> Decimal:
    exact = Decimal(fen.numerator) / Decimal(fen.denominator)
    return exact.quantize(HUNDREDTH, ROUND_HALF_EVEN)


def _in_force(session: Session, part_id: UUID, at: datetime) -> Iterable[Wanted]:
    """The moves of the part that hold, in the order in which they happened."""
    query = select(Move).where(Move.part_id == part_id, Move.happened <= at)
    journal: dict[tuple[UUID, UUID, str], list[Move]] = {}
    for move in session.scalars(query.order_by(Move.ordinal)):
        journal.setdefault((move.book_id, move.cause_id, move.role), []).append(move)
    holding = ledger.holding(journal).values()
    return sorted(holding, key=lambda one: (one.happened, str(one.cause_id), one.role))


def _prices(session: Session, part_id: UUID) -> dict[UUID, Price]:
    """By statement of a receipt what a piece cost, as its delivery was announced."""
    query = (
        select(StockStatement.id, Transfer.announced, Transfer.repaired)
        .join(Transfer, Transfer.transfer_id == StockStatement.transfer_id)
        .where(StockStatement.part_id == part_id, Transfer.kind == "delivery")
    )
    prices = {}
    for statement, announced, repaired in session.execute(query):
        mine = [line for line in announced if line["part"] == str(part_id)]
        told = [line for line in mine if line.get("price_fen") is not None]
        if told:
            pieces = sum(Fraction(line["quantity"]) for line in told)
            worth = sum(Fraction(line["quantity"]) * line["price_fen"] for line in told)
            prices[statement] = Price(worth / pieces, repaired)
    return prices

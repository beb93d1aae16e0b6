"""What a place lacks: by its levels, and by what the planned visits of its keepers need."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.dispatch.rows import Assignment, Visit
from models.refusals import Refused
from models.stock.demand import (
    ENDED,
    Requisition,
    RequisitionLine,
    StockLevel,
    Transfer,
    TransferLine,
)
from models.stock.rows import Balance, PlaceKeeper

TO_COME = ("planned", "assigned", "accepted")

Quantities = dict[UUID, Decimal]


def check_level(session: Session, row: StockLevel) -> None:
    """Levels are no less than nothing, and the upper one no less than the lower. Raises Refused."""
    if row.least < 0:
        raise Refused("wrong_value", "least", "a level is not below zero")
    if row.most < row.least:
        raise Refused("wrong_value", "most", "the upper level is at least the lower one")


def lacking(session: Session, place_id: UUID) -> Quantities:
    """By part how much is missing at the place: up to the upper level where it would fall below the
    lower one, and what visits need beyond that. What is coming or asked for already is there."""
    there = _sum(
        [*_lying(session, place_id), *_coming(session, place_id), *_asked(session, place_id)]
    )
    needed = _sum(_planned(session, place_id))
    found: Quantities = {}
    for level in session.scalars(select(StockLevel).where(StockLevel.place_id == place_id)):
        left = there.get(level.part_id, Decimal(0)) - needed.get(level.part_id, Decimal(0))
        if left < level.least:
            found[level.part_id] = level.most - left
    for part, quantity in needed.items():
        short = quantity - there.get(part, Decimal(0))
        if short > 0:
            found.setdefault(part, short)
    return {part: quantity for part, quantity in found.items() if quantity > 0}


def _sum(quantities: Iterable[tuple[UUID, Decimal]]) -> Quantities:
    total: Quantities = defaultdict(Decimal)
    for part, quantity in quantities:
        total[part] += quantity
    return total


def _lying(session: Session, place_id: UUID) -> Iterable[tuple[UUID, Decimal]]:
    query = select(Balance.part_id, Balance.quantity).where(Balance.place_id == place_id)
    return [(part, quantity) for part, quantity in session.execute(query)]


def _coming(session: Session, place_id: UUID) -> Iterable[tuple[UUID, Decimal]]:
    """What was shipped or announced to the place, and is awaited there."""
    here = select(Transfer.transfer_id).where(Transfer.to_place == place_id)
    line = TransferLine
    query = select(line.part_id, line.awaited).where(line.transfer_id.in_(here), line.awaited > 0)
    return [(part, quantity) for part, quantity in session.execute(query)]


def _asked(session: Session, place_id: UUID) -> Iterable[tuple[UUID, Decimal]]:
    """What the place has asked for and was not shipped yet."""
    line = RequisitionLine
    query = (
        select(line.part_id, line.wanted, line.shipped)
        .join(Requisition, Requisition.id == line.requisition_id)
        .where(Requisition.place_id == place_id, Requisition.status.not_in(ENDED))
    )
    for part, wanted, shipped in session.execute(query):
        yield part, max(wanted - shipped, Decimal(0))


def _planned(session: Session, place_id: UUID) -> Iterable[tuple[UUID, Decimal]]:
    """The parts planned for the visits that the keepers of the place have before them."""
    keepers = select(PlaceKeeper.user_id).where(
        PlaceKeeper.place_id == place_id, PlaceKeeper.until.is_(None)
    )
    mine = select(Assignment.visit_id).where(
        Assignment.user_id.in_(keepers), Assignment.until.is_(None), Assignment.role == "lead"
    )
    query = select(Visit.plan).where(Visit.id.in_(mine), Visit.status.in_(TO_COME))
    for plan in session.scalars(query):
        for one in plan.get("parts_planned", ()):
            yield UUID(one["part"]), Decimal(one["quantity"])

"""Customers' units in our hands: which technician took one along, and when it was brought back.

What was stated on visits is replayed for each unit in the order of what happened.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.schema import SchemaItem

from models import findings
from models.customers import Asset
from models.derived import Changes, Derived, Job, Source, Subject, replace
from models.findings import Found
from models.timeline import Folding, Stating, ranks


class UnitStatement(Derived):
    """A technician took a customer's unit along, or brought it back."""

    __tablename__ = "unit_statement"

    asset_id: Mapped[UUID]
    visit_id: Mapped[UUID]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    origin_id: Mapped[UUID]
    seq: Mapped[int]
    taken: Mapped[bool]
    condition: Mapped[str]
    happened: Mapped[datetime]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (Index("ix_unit_statement_asset_id", "asset_id"),)

    def jobs(self) -> Iterable[Job]:
        return [Job("reconcile", Subject("asset", self.asset_id))]


class UnitStay(Derived):
    """A unit is with a technician from when until when; where it is with nobody there is no row."""

    __tablename__ = "unit_stay"

    asset_id: Mapped[UUID] = mapped_column(ForeignKey("asset.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    visit_id: Mapped[UUID]
    condition: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime | None]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (Index("ix_unit_stay_asset_id", "asset_id"),)

    def sources(self) -> Iterable[Source]:
        return [Source("asset", str(self.asset_id))]


def replay(asset_id: UUID, statements: Sequence[UnitStatement]) -> Folding:
    """The stays of a unit. Taken twice, or brought back without having been taken, is found, until
    a late fact says what happened in between."""
    folding = Folding(Subject("asset", asset_id))
    placed = ranks(
        Stating(one.id, one.happened, one.origin_id, one.seq, one.id) for one in statements
    )
    held: UnitStay | None = None
    for one in sorted(statements, key=lambda one: placed[one.id]):
        if one.taken == (held is not None):
            folding.find("unit.out_of_turn", one.happened, one.id, visit=str(one.visit_id))
        if held is not None:
            held.until, held = one.happened, None
        if one.taken:
            held = _stay(one)
            folding.rows.append(held)
    return folding


def _stay(one: UnitStatement) -> UnitStay:
    return UnitStay(
        id=one.id,
        asset_id=one.asset_id,
        user_id=one.user_id,
        visit_id=one.visit_id,
        condition=one.condition,
        since=one.happened,
        until=None,
    )


def reconcile(session: Session, asset_id: UUID) -> Changes:
    """Replay one unit, which is locked. One that is no asset of ours to look after is a finding."""
    subject = Subject("asset", asset_id)
    query = select(UnitStatement).where(UnitStatement.asset_id == asset_id)
    statements = list(session.scalars(query))
    folding = replay(asset_id, statements)
    if statements and session.get(Asset, asset_id) is None:
        first = min(one.happened for one in statements)
        folding.rows = []
        folding.found = [Found("unit.unknown", (), first, {"asset": str(asset_id)})]
    changes = replace(session, subject, (UnitStay,), folding.rows)
    changes.sources |= findings.keep(session, subject, folding.found).sources
    return changes

"""Customers' units in our hands: what was stated of them, from when until when we have each, and
step by step what was done with it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import SchemaItem

from models.derived import Derived, Job, Source, Subject

TAKEN, BROUGHT_BACK = "taken", "brought_back"
# What the workshop does, and after which steps each may come.
TURNS = {
    "received": (TAKEN,),
    "diagnosed": ("received", "diagnosed"),
    "quoted": ("diagnosed", "quoted", "declined"),
    "approved": ("quoted",),
    "declined": ("quoted",),
    "repaired": ("diagnosed", "approved"),
    "unrepairable": ("diagnosed", "approved"),
}
STEPS = (TAKEN, *TURNS, BROUGHT_BACK)


def coming(step: str) -> list[str]:
    """What the workshop may do with a unit next, once the step was done."""
    return [one for one, before in TURNS.items() if step in before]


class UnitStatement(Derived):
    """A technician took a customer's unit along, or brought it back. `data_loss` says whether the
    customer agreed that what is stored on it may be lost; null where that was not asked."""

    __tablename__ = "unit_statement"

    asset_id: Mapped[UUID]
    visit_id: Mapped[UUID]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    cause_id: Mapped[UUID]
    origin_id: Mapped[UUID]
    seq: Mapped[int]
    taken: Mapped[bool]
    condition: Mapped[str]
    accessories: Mapped[list[Any] | None]
    data_loss: Mapped[bool | None]
    happened: Mapped[datetime]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (Index("ix_unit_statement_asset_id", "asset_id"),)

    def jobs(self) -> Iterable[Job]:
        return [Job("reconcile", Subject("asset", self.asset_id))]


class UnitStay(Derived):
    """A unit is in our hands from when until when; while it is at the customer's there is no open
    row. `step` is what was done last, `place_id` where it lies once the workshop has it."""

    __tablename__ = "unit_stay"

    asset_id: Mapped[UUID] = mapped_column(ForeignKey("asset.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    visit_id: Mapped[UUID]
    condition: Mapped[str]
    accessories: Mapped[list[Any] | None]
    data_loss: Mapped[bool | None]
    step: Mapped[str]
    step_since: Mapped[datetime]
    place_id: Mapped[UUID | None] = mapped_column(ForeignKey("place.id"))
    price_fen: Mapped[int | None]
    since: Mapped[datetime]
    until: Mapped[datetime | None]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (
            Index("ix_unit_stay_asset_id", "asset_id"),
            Index("ix_unit_stay_since_id", "since", "id"),
            Index("ix_unit_stay_step_since_id", "step_since", "id"),
        )

    def sources(self) -> Iterable[Source]:
        return [Source("asset", str(self.asset_id))]


class UnitStep(Derived):
    """What was done with a unit, when and by whom, in the order of what happened. `cause_id` is the
    fact or decision, `details` what it says."""

    __tablename__ = "unit_step"

    asset_id: Mapped[UUID] = mapped_column(ForeignKey("asset.id"))
    stay_id: Mapped[UUID] = mapped_column(ForeignKey("unit_stay.id"))
    cause_id: Mapped[UUID]
    number: Mapped[int]
    step: Mapped[str]
    details: Mapped[dict[str, Any]]
    at: Mapped[datetime]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (
            Index("ix_unit_step_asset_id", "asset_id"),
            Index("ix_unit_step_stay_id", "stay_id"),
        )

"""What the field reports beside the work: what it proposes to the desk, and money."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import SchemaItem

from models.derived import Derived, Source

CURRENCY = "CNY"  # what records charge in
PROPOSED = "proposed"
ANSWERED = {"accept": "accepted", "set_aside": "set_aside"}  # by how the desk settled it


class Proposal(Derived):
    """Something of the desk's that a technician would have otherwise: an asset, a contact, a time.

    `fields` are as they ought to be; `target_id` is the row that is meant, or will be
    made. The desk accepts it or sets it aside.
    """

    __tablename__ = "proposal"

    visit_id: Mapped[UUID]
    fact_key: Mapped[UUID] = mapped_column(ForeignKey("fact.key"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    kind: Mapped[str]
    target_id: Mapped[UUID]
    fields: Mapped[dict[str, Any]]
    state: Mapped[str]
    happened: Mapped[datetime]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (
            CheckConstraint("state IN ('proposed', 'accepted', 'set_aside')", name="state"),
            Index("ix_proposal_visit_id", "visit_id"),
            Index("ix_proposal_fact_key", "fact_key"),
        )

    def sources(self) -> Iterable[Source]:
        return [Source("visit", str(self.visit_id))]


class Money(Derived):
    """An expense that a technician had, or a payment that they took, on a visit.

    `amount` is in minor units of the currency (fen), `what` says what for, or how it was paid.
    """

    __tablename__ = "money"

    visit_id: Mapped[UUID]
    fact_key: Mapped[UUID] = mapped_column(ForeignKey("fact.key"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    kind: Mapped[str]
    what: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str]
    happened: Mapped[datetime]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (
            CheckConstraint("kind IN ('expense', 'payment')", name="kind"),
            CheckConstraint("amount > 0", name="amount"),
            Index("ix_money_visit_id", "visit_id"),
            Index("ix_money_user_id", "user_id"),
        )

    def sources(self) -> Iterable[Source]:
        return [Source("visit", str(self.visit_id))]

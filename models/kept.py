"""The tables that the desk keeps by hand, and what has to be known of each to edit it safely."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import Base
from models.company import Company
from models.contracts.desk import check_contract
from models.contracts.rows import CompanyDay, Contract
from models.customers import Asset, Contact, Customer, Site
from models.derived import Job, Source, Subject
from models.knowledge import Article, Checklist, FaultCode
from models.loaners.rows import CustodyStatement, Loaner
from models.people import Territory, User
from models.stock.demand import StockLevel
from models.stock.fitted import Debt
from models.stock.keeping import check_keeping
from models.stock.levels import check_level
from models.stock.rows import CountLine, Part, Place, PlaceKeeper, StockStatement
from models.units import UnitStatement


class Replayed(NamedTuple):
    """A column that names a row without a foreign key, as facts may name what is unknown, and the
    subject that is replayed otherwise once the row is there."""

    type: str
    id: Any
    named: Any


@dataclass(frozen=True, eq=False)
class Kept:
    """One table of the desk's.

    `source` is the type of source of documents that changes with a row, named by `source_id`.
    `settled` are fields that can no longer change once the row's id is among those of the query.
    `replays` are the subjects that follow from the row: when it is added, and when a field that is
    `shaping` them changes. `named_by` are further columns that name a row without a foreign key.
    What is not `removable` stays once it was added. `secret` fields are told nobody. `passing` ones
    change by themselves, which is nobody's edit. `stepwise` ones change by a step that does more
    than that, so putting the former value back would not undo it.
    `check` looks at a row as it is to be kept, and raises Refused.
    """

    name: str
    row: type[Base]
    source: str | None = None
    source_id: str = "id"
    settled: Mapping[str, Any] = field(default_factory=dict)
    replays: Sequence[Replayed] = ()
    shaping: frozenset[str] = frozenset()
    named_by: Sequence[Any] = ()
    removable: bool = True
    secret: frozenset[str] = frozenset()
    passing: frozenset[str] = frozenset()
    stepwise: frozenset[str] = frozenset()
    check: Callable[[Session, Any], None] | None = None

    def look_at(self, session: Session, row: Any) -> None:
        """Check the row as it is to be kept. Raises Refused."""
        if self.check is not None:
            self.check(session, row)

    def jobs_of(self, session: Session, ids: Sequence[UUID]) -> Iterable[Job]:
        """The replays that follow from the rows of those ids, from the beginning."""
        for type_, id_, named in self.replays:
            query = select(id_).where(named.in_(ids), id_.is_not(None)).distinct()
            yield from (Job("reconcile", Subject(type_, one)) for one in session.scalars(query))

    def source_of(self, row: Any) -> set[Source]:
        """The source of documents that the row is."""
        if self.source is None:
            return set()
        return {Source(self.source, str(getattr(row, self.source_id)))}


PART_BOOKS = (
    Replayed("book", StockStatement.book_id, StockStatement.part_id),
    Replayed("book", CountLine.book_id, CountLine.part_id),
    Replayed("transfer", StockStatement.transfer_id, StockStatement.part_id),
)
PLACE_BOOKS = (
    Replayed("book", StockStatement.book_id, StockStatement.from_place),
    Replayed("book", StockStatement.book_id, StockStatement.to_place),
    Replayed("book", CountLine.book_id, CountLine.place_id),
)
UNITS = (Replayed("asset", UnitStatement.asset_id, UnitStatement.asset_id),)
LOANS = (Replayed("unit", CustodyStatement.loaner_id, CustodyStatement.loaner_id),)

# Books are kept by piece, by lot or by quantity; that cannot change under them.
BOOKED = select(StockStatement.part_id).distinct()

KEPT = {
    kept.name: kept
    for kept in (
        Kept("company", Company, "company", removable=False),
        Kept("territories", Territory, "territory"),
        Kept(
            "users", User, "user", removable=False,
            secret=frozenset({"password_hash"}),
            passing=frozenset({"last_seen"}),
            stepwise=frozenset({"active", "password_since", "password_until", "second_factor"}),
        ),
        Kept("customers", Customer, "customer"),
        Kept("sites", Site, "site"),
        Kept("contacts", Contact, "site", "site_id"),
        Kept("assets", Asset, "asset", replays=UNITS, shaping=frozenset({"site_id"})),
        Kept(
            "parts", Part, "part", settled={"tracking": BOOKED},
            replays=PART_BOOKS, shaping=frozenset({"tracking", "count_limit"}),
            named_by=(Debt.part_id,),
        ),
        Kept(
            "places", Place, "place",
            replays=PLACE_BOOKS, shaping=frozenset({"kind", "zone"}),
        ),
        # Who kept a place decides who has to be told what is not there any more: it only ends.
        Kept(
            "keepers", PlaceKeeper, "place", "place_id", removable=False,
            stepwise=frozenset({"until"}), check=check_keeping,
        ),
        Kept("levels", StockLevel, check=check_level),
        Kept("contracts", Contract, check=check_contract),
        # Running clocks were counted with it: it only ends.
        Kept("company_days", CompanyDay, removable=False),
        Kept("loaners", Loaner, "loaner", replays=LOANS),
        Kept("fault_codes", FaultCode, "fault_code"),
        Kept("checklists", Checklist),
        Kept("articles", Article, "article"),
    )
}  # fmt: skip

"""Whether what is kept of each subject is what its timeline folds to: each question as a function,
session → violations. What waits to be judged or replayed is not asked about."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models import outbox, workshop
from models.decisions import DecisionSubject
from models.derived import Derived, Subject, rows_of
from models.dispatch.rows import Visit
from models.facts import FactSubject
from models.findings import Finding, Found
from models.loaners import custody
from models.loaners.rows import Custody, CustodyStatement
from models.queries import rows_in
from models.returns import replay as returns
from models.stock.demand import Transfer
from models.stock.keeping import KEEPING
from models.timeline import Folding, Stated
from models.units import UnitStatement
from sync import folds

FACTS_AT_ONCE = 500


def every_visit_equals_its_timeline(session: Session) -> list[str]:
    """The rows and findings of each visit are what its timeline folds to."""
    visits = _named(session, ("visit",)) | {
        Subject("visit", id_) for id_ in session.scalars(select(Visit.id))
    }
    found: list[str] = []
    for subject in sorted(visits - outbox.subjects_waiting(session, "judge")):
        state, wanted = folds.visit_as_folded(session, subject, careful=True)
        found += _otherwise(session, subject, folds.VISIT_TABLES, wanted, state.found)
    return found


def every_order_equals_its_timeline(session: Session) -> list[str]:
    """The rows and findings of each work order, notice and requisition are what its timeline folds
    to."""
    waiting = outbox.subjects_waiting(session, "judge")
    found: list[str] = []
    for subject in sorted(_named(session, folds.WHOLE) - waiting - _served(session)):
        folding, wanted = folds.whole_as_folded(session, subject, careful=True)
        tables = folds.whole_tables(subject.type)
        found += _otherwise(session, subject, tables, wanted, folding.found)
    return found


def _served(session: Session) -> set[Subject]:
    """The requisitions of which a transfer, or who keeps their place, is still looked at."""
    replays = outbox.subjects_waiting(session, "reconcile")
    asked = FactSubject.subject_type == "requisition"
    by: dict[str, Callable[[UUID], Select[UUID | None]]] = {
        "transfer": lambda id_: select(Transfer.requisition_id).where(Transfer.transfer_id == id_),
        KEEPING: lambda id_: select(FactSubject.subject_id).where(
            asked, FactSubject.fact_key.in_(_about_place(id_))
        ),
    }
    served = {
        id_ for one in replays if one.type in by for id_ in session.scalars(by[one.type](one.id))
    }
    return {Subject("requisition", id_) for id_ in served if id_ is not None}


def _about_place(place: UUID) -> Select[UUID]:
    about = (FactSubject.subject_type == "place", FactSubject.subject_id == place)
    return select(FactSubject.fact_key).where(*about)


def every_place_equals_its_facts(session: Session) -> list[str]:
    """What follows from each fact about a place or a device is there, and nothing else; and what
    waits at the place is found."""
    waiting = outbox.subjects_waiting(session, "judge")
    found: list[str] = []
    for subject in sorted(_named(session, folds.OWNERS) - waiting):
        keys = _stated(session, subject)
        held: list[tuple[Stated, str | None]] = []
        for start in range(0, len(keys), FACTS_AT_ONCE):
            some = keys[start : start + FACTS_AT_ONCE]
            found += _statements_otherwise(session, subject, some, held)
        if subject.type == "place":  # of a device findings are noted, and none is kept
            found += _findings_otherwise(session, subject, folds.found_waiting(subject, held))
    return found


def _stated(session: Session, subject: Subject) -> Sequence[UUID]:
    mine = (FactSubject.subject_type == subject.type, FactSubject.subject_id == subject.id)
    query = select(FactSubject.fact_key).where(*mine, FactSubject.own)
    return session.scalars(query.order_by(FactSubject.fact_key)).all()


def _statements_otherwise(
    session: Session,
    subject: Subject,
    keys: Sequence[UUID],
    stands: list[tuple[Stated, str | None]],
) -> Iterator[str]:
    """What is otherwise; to `stands` is added how each of the facts stands."""
    held: dict[UUID, dict[Any, Any]] = {key: {} for key in keys}
    for table in folds.ALONE_TABLES:
        for row in rows_in(session, table, table.owner_id, keys):
            held[row.owner_id] |= values([row], Subject(row.owner_type, row.owner_id))
    for fact, folding, rows in folds.alone_as_folded(session, subject, True, keys):
        stands.append((fact, folding.held[fact.key]))
        if values(rows, Subject("fact", fact.key)) != held[fact.key]:
            yield f"the rows of fact {fact.key} about {subject} are not what it comes to"


Fold = Callable[[Session, UUID], Folding]
REPLAYED: dict[str, tuple[Fold, folds.Tables]] = {
    "unit": (custody.folded, custody.TABLES),
    "asset": (workshop.folded, workshop.TABLES),
    "return": (returns.folded, returns.TABLES),
}


def devices_equal_replay(session: Session) -> list[str]:
    """Who has each loaner, and how far each customer's unit and each return has come, is what its
    timeline folds to."""
    waiting = outbox.subjects_waiting(session, "reconcile") | outbox.subjects_waiting(
        session, "judge"
    )
    found: list[str] = []
    for subject in sorted(_replayed(session) - waiting):
        fold, tables = REPLAYED[subject.type]
        found += _rows_otherwise(session, subject, tables, fold(session, subject.id).rows)
    return found


def _replayed(session: Session) -> set[Subject]:
    found = _named(session, REPLAYED)
    loaners, units = (CustodyStatement.loaner_id, Custody.loaner_id), (UnitStatement.asset_id,)
    for type_, columns in (("unit", loaners), ("asset", units)):
        for column in columns:
            found |= {Subject(type_, id_) for id_ in session.scalars(select(column).distinct())}
    return found


REFOLDED = (
    every_visit_equals_its_timeline,
    every_order_equals_its_timeline,
    every_place_equals_its_facts,
    devices_equal_replay,
)


def _named(session: Session, types: Iterable[str]) -> set[Subject]:
    """The subjects of these types about which anything was stated or decided."""
    found = set()
    for row in (FactSubject, DecisionSubject):
        query = select(row.subject_type, row.subject_id).where(row.subject_type.in_(list(types)))
        found |= {Subject(type_, id_) for type_, id_ in session.execute(query.distinct())}
    return found


def _otherwise(
    session: Session,
    subject: Subject,
    tables: folds.Tables,
    wanted: Sequence[Derived],
    told: Sequence[Found],
) -> Iterator[str]:
    yield from _rows_otherwise(session, subject, tables, wanted)
    yield from _findings_otherwise(session, subject, told)


def _findings_otherwise(session: Session, subject: Subject, told: Sequence[Found]) -> Iterator[str]:
    foretold = {(one.id_about(subject), one.digest) for one in told}
    kept = _findings(session, subject, "open", "settled")
    if not _findings(session, subject, "open") <= foretold <= kept:
        yield f"the findings about {subject} are not what its timeline folds to"


def _rows_otherwise(
    session: Session, subject: Subject, tables: folds.Tables, wanted: Sequence[Derived]
) -> Iterator[str]:
    stored = rows_of(session, subject, tables).values()
    held = [row for rows in stored for row in rows.values()]
    if values(wanted, subject) != values(held, subject):
        yield f"the rows of {subject} are not what its timeline folds to"


def values(rows: Iterable[Derived], owner: Subject) -> dict[tuple[str, UUID], dict[str, Any]]:
    """What the rows of the owner say, by table and id."""
    own = {"owner_type": owner.type, "owner_id": owner.id}
    return {(type(row).__name__, row.id): {**row.values(), **own} for row in rows}


def _findings(session: Session, subject: Subject, *states: str) -> set[tuple[UUID, str]]:
    query = select(Finding.id, Finding.digest).where(
        Finding.subject_type == subject.type,
        Finding.subject_id == subject.id,
        Finding.state.in_(states),
    )
    return {(id_, digest) for id_, digest in session.execute(query)}

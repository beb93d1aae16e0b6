"""Where loaners are or were, for whoever asks as of a moment."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from models.customers import Site
from models.loaners.rows import AVAILABLE, INSPECTED, RETURNED, Custody
from models.stock.rows import Place


def custodies(loaner_id: UUID, at: datetime | None) -> Select[Custody]:
    """The loaner's custody, oldest first; of a moment only the one that was open then."""
    query = select(Custody).where(Custody.loaner_id == loaner_id)
    if at is not None:
        query = query.where(Custody.since <= at, or_(Custody.until.is_(None), Custody.until > at))
    return query.order_by(Custody.since, Custody.id)


def state_at(state: str, inspected: datetime | None, at: datetime | None) -> str:
    """How a loaner stood then, of which is known how it stood last in the same custody."""
    if at is not None and inspected is not None and inspected > at:
        return RETURNED if state in (AVAILABLE, INSPECTED) else state
    return state


def holder_names(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of places and sites."""
    names: dict[UUID, str] = {}
    for table in (Place, Site):
        query = select(table.id, table.name).where(table.id.in_(ids))
        names |= {id_: name for id_, name in session.execute(query)}
    return names

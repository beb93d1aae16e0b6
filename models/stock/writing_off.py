"""What persons wrote off of transfers: what never arrived, or never was shipped."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.decisions import Decision, DecisionSubject
from models.findings import SETTLED
from models.ids import derived
from models.stock.replay import ADJUSTMENT, IN_TRANSIT, Line, Seen
from models.types import exact_quantity

NEVER_ARRIVED = ("stock.received_short", "stock.stuck_in_transit")


def of_transfer(session: Session, transfer_id: UUID) -> dict[str, list[Line]]:
    """By item what persons wrote off of the transfer: what never arrived, or never was shipped."""
    return of_transfers(session, {transfer_id})[transfer_id]


def of_transfers(session: Session, transfers: Iterable[UUID]) -> dict[UUID, dict[str, list[Line]]]:
    """The same of several transfers at once."""
    lines: dict[UUID, dict[str, list[Line]]] = {id_: {} for id_ in transfers}
    if not lines:
        return lines
    about = DecisionSubject
    query = select(about.subject_id, Decision).join(Decision, Decision.id == about.decision_id)
    query = query.where(about.subject_type == "transfer", about.subject_id.in_(lines))
    query = query.where(Decision.kind == SETTLED).order_by(Decision.at, Decision.id)
    for transfer, settled in session.execute(query):
        if settled.data["resolution"] == "written_off":
            item = settled.data["evidence"]["item"]
            lines[transfer].setdefault(item, []).append(_off(settled))
    return lines


def _off(settled: Decision) -> Line:
    """The line by which something leaves in transit for good, or comes from nowhere."""
    id_ = derived("written_off", settled.id)
    lost = settled.data["code"] in NEVER_ARRIVED
    ends = (IN_TRANSIT, ADJUSTMENT) if lost else (ADJUSTMENT, IN_TRANSIT)
    quantity = exact_quantity(Decimal(settled.data["evidence"]["quantity"]))
    rank = (settled.at, 0, "", 0, str(id_))
    return Line(id_, settled.id, *ends, quantity, settled.at, rank)


def never_arrived(off: Iterable[Line], chain: Sequence[Line | Seen]) -> Iterable[Line]:
    """By what a piece was written off of a transfer. Whoever had it anywhere else by then proves
    otherwise."""
    return (one for one in off if _is_on_its_way(one, chain))


def _is_on_its_way(off: Line, chain: Sequence[Line | Seen]) -> bool:
    """Whether what was last said of the piece before it was written off is that it was shipped."""
    seen = [one for one in chain if one.rank < off.rank and one.quantity > 0]
    last = max(seen, key=lambda one: one.rank, default=None)
    return isinstance(last, Line) and last.to_place == IN_TRANSIT

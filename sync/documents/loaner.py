"""Loaners that a technician may have to do with: in a place they keep, or lent by them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from models.clock import instant_text
from models.feed import user_channel
from models.loaners.rows import OPEN, SOLD, Custody, Loaner, Reservation
from models.queries import rows_in
from models.stock.rows import PlaceKeeper
from sync.documents.document import Concerned, Data, Document, Target, owner_of, uuids


def of_loaners(session: Session, ids: Sequence[str]) -> set[Target]:
    """Whoever ever had a hand in the custody of the loaners."""
    custodies = rows_in(session, Custody, Custody.loaner_id, uuids(ids))
    keepers = _keepers(session, [one.holder_id for one in custodies])
    targets = set()
    for one in custodies:
        users = set(keepers.get(one.holder_id, {}))
        if one.user_id is not None:
            users.add(one.user_id)
        targets |= {(user_channel(user), str(one.loaner_id)) for user in users}
    return targets


def of_keepers(session: Session, ids: Sequence[str]) -> set[Target]:
    """The loaners at the places."""
    loaners = session.scalars(HELD_BY, {"holders": uuids(ids)})
    return of_loaners(session, sorted({str(loaner) for loaner in loaners}))


HELD_BY = select(Custody.loaner_id).where(
    Custody.holder_id.in_(bindparam("holders", expanding=True))
)


def _keepers(session: Session, places: Sequence[UUID]) -> dict[UUID, dict[UUID, bool]]:
    """By place: its keepers, past ones too, and whether they keep it still."""
    keepers: dict[UUID, dict[UUID, bool]] = {}
    for one in rows_in(session, PlaceKeeper, PlaceKeeper.place_id, places):
        held = keepers.setdefault(one.place_id, {})
        held[one.user_id] = held.get(one.user_id, False) or one.until is None
    return keepers


class LoanerDocument(Document):
    """One loaner, for the keeper of the place where it is or for who lent it out."""

    type = "loaner"

    def sources(self) -> Mapping[str, Concerned]:
        return {"loaner": of_loaners, "place": of_keepers}

    def everything(self, session: Session) -> Iterable[Target]:
        return of_loaners(session, list(map(str, session.scalars(select(Loaner.id)))))

    def derive(self, session: Session, channel: str, ids: Sequence[str]) -> Mapping[str, Data]:
        user = owner_of(channel)
        here = session.execute(HERE, {"loaners": uuids(ids)})
        rows = [(loaner, custody) for loaner, custody in here]
        reserved = _reserved(session, [loaner.id for loaner, _ in rows])
        keepers = _keepers(session, [custody.holder_id for _, custody in rows])
        return {
            str(loaner.id): _loaner(loaner, custody, reserved[loaner.id])
            for loaner, custody in rows
            if _concerns(user, custody, keepers)
        }


HERE = (
    select(Loaner, Custody)
    .join(Custody, Custody.loaner_id == Loaner.id)
    .where(
        Loaner.id.in_(bindparam("loaners", expanding=True)),
        Custody.until.is_(None),
        Custody.state != SOLD,
    )
)


def _concerns(user: UUID, custody: Custody, keepers: dict[UUID, dict[UUID, bool]]) -> bool:
    if custody.holder_type == "place":
        return keepers.get(custody.holder_id, {}).get(user, False)
    return custody.user_id == user


def _reserved(session: Session, loaners: Sequence[UUID]) -> defaultdict[UUID, list[Data]]:
    """For which sites and days the loaners are reserved."""
    found: defaultdict[UUID, list[Data]] = defaultdict(list)
    if not loaners:
        return found
    query = select(Reservation).where(Reservation.loaner_id.in_(loaners), Reservation.state == OPEN)
    for one in session.scalars(query.order_by(Reservation.starts, Reservation.id)):
        days = {"starts": one.starts.isoformat(), "until": one.until.isoformat()}
        found[one.loaner_id].append({"site": str(one.site_id), **days})
    return found


def _loaner(loaner: Loaner, custody: Custody, reserved: list[Data]) -> Data:
    return {
        "basis": "",
        "model": loaner.model,
        "serial": loaner.serial,
        "accessories": loaner.accessories,
        "holder": {"type": custody.holder_type, "id": str(custody.holder_id)},
        "since": instant_text(custody.since),
        "due": None if custody.due is None else custody.due.isoformat(),
        "overdue": custody.overdue,
        "state": custody.state,
        "condition": custody.known_condition,
        "reminders": custody.reminders,
        "reserved": reserved,
    }

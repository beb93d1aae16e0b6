"""What lies at a place, for those who keep it: as of the last replay, and it says so."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.clock import instant_text
from models.feed import user_channel
from models.stock.rows import Balance, Move, Place, PlaceKeeper
from sync.documents.document import Concerned, Data, Document, Target, owner_of, uuids


def of_places(session: Session, ids: Sequence[str]) -> set[Target]:
    """Everybody who ever kept the places."""
    query = select(PlaceKeeper.user_id, PlaceKeeper.place_id).where(
        PlaceKeeper.place_id.in_(uuids(ids))
    )
    return {(user_channel(user), str(place)) for user, place in session.execute(query)}


class StockDocument(Document):
    """The stock of one place that the user keeps."""

    type = "stock"

    def sources(self) -> Mapping[str, Concerned]:
        return {"place": of_places}

    def everything(self, session: Session) -> Iterable[Target]:
        return of_places(session, list(map(str, session.scalars(select(Place.id)))))

    def derive(self, session: Session, channel: str, ids: Sequence[str]) -> Mapping[str, Data]:
        query = (
            select(Place)
            .join(PlaceKeeper, PlaceKeeper.place_id == Place.id)
            .where(
                Place.id.in_(uuids(ids)),
                PlaceKeeper.user_id == owner_of(channel),
                PlaceKeeper.until.is_(None),
            )
        )
        return {
            str(place.id): _stock(session, place) for place in session.scalars(query.distinct())
        }


def _stock(session: Session, place: Place) -> Data:
    ends = (Move.from_place, Move.to_place)  # each has its index
    last = [session.scalar(select(func.max(Move.posted)).where(end == place.id)) for end in ends]
    moved = [one for one in last if one is not None]
    query = select(Balance).where(Balance.place_id == place.id, Balance.quantity > 0)
    lines = session.scalars(query.order_by(Balance.part_id, Balance.lot, Balance.serial))
    return {
        "basis": "",
        "kind": place.kind,
        "code": place.code,
        "name": place.name,
        "as_of": instant_text(max(moved)) if moved else None,
        "lines": [
            {
                "part": str(line.part_id),
                "lot": line.lot,
                "serial": line.serial,
                "quantity": str(line.quantity),
            }
            for line in lines
        ],
    }

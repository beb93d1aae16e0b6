"""What lies at a place, for those who keep it: as of the last replay, and it says so."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.clock import instant_text
from models.feed import user_channel
from models.stock import transit
from models.stock.demand import ENDED, Requisition, RequisitionLine, Transfer
from models.stock.rows import Balance, Move, Place, PlaceKeeper
from sync.documents.document import Concerned, Data, Document, Target, owner_of, uuids

INCOMING_MAX = 100


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
        "incoming": _incoming(session, place),
        "requisitions": _requisitions(session, place),
    }


def _incoming(session: Session, place: Place) -> list[Data]:
    """What is under way to the place, for whoever receives it there: of the last transfers, as what
    nobody received in all that time will not be received any more."""
    last = select(Transfer.id).where(Transfer.to_place == place.id)
    last = last.order_by(Transfer.since.desc(), Transfer.id).limit(INCOMING_MAX)
    query = select(Transfer).where(Transfer.id.in_(last), transit.is_under_way())
    transfers = session.scalars(query.order_by(Transfer.since, Transfer.id)).all()
    awaited = transit.awaited_of(session, [one.transfer_id for one in transfers])
    return [
        {
            "transfer": str(one.transfer_id),
            "kind": one.kind,
            "from": str(one.from_place),
            "since": instant_text(one.since),
            "lines": [
                {
                    "part": str(item.part_id),
                    "lot": item.lot,
                    "serial": item.serial,
                    "quantity": str(quantity),
                }
                for item, quantity in sorted(awaited[one.transfer_id].items(), key=str)
            ],
        }
        for one in transfers
    ]


def _requisitions(session: Session, place: Place) -> list[Data]:
    """What was asked for at the place and has not ended."""
    query = select(Requisition).where(
        Requisition.place_id == place.id, Requisition.status.not_in(ENDED)
    )
    found = session.scalars(query.order_by(Requisition.asked, Requisition.id)).all()
    lines: dict[UUID, list[Data]] = defaultdict(list)
    rows = select(RequisitionLine).where(RequisitionLine.requisition_id.in_([o.id for o in found]))
    for row in session.scalars(rows.order_by(RequisitionLine.id)):
        told = {"part": str(row.part_id), "wanted": str(row.wanted), "shipped": str(row.shipped)}
        lines[row.requisition_id].append(told)
    return [
        {
            "id": str(one.id),
            "status": one.status,
            "asked": instant_text(one.asked),
            "needed": None if one.needed is None else one.needed.isoformat(),
            "urgent": one.urgent,
            "freight": one.freight,
            "lines": lines[one.id],
        }
        for one in found
    ]

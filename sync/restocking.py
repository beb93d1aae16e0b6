"""What a place lacks becomes a requisition: when somebody says so, and each month where the place
wants it."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import instant_text
from models.company import COMPANY_ID, Company
from models.derived import Subject
from models.facts import Moment, note_moment
from models.house import House
from models.ids import Ids, derived
from models.people import User
from models.plain import plain
from models.refusals import Refused
from models.stock import levels
from models.stock.demand import Requisition
from models.stock.requisitions import OPENED
from models.stock.rows import Place, PlaceKeeper
from sync import judge
from sync.decide import take

MONTH = "month.began"


def open_suggestion(
    session: Session, now: datetime, ids: Ids, user_id: UUID, place_id: UUID
) -> UUID:
    """Open the requisition of what the place lacks, for its keeper, or for whoever opens it where
    nobody keeps it; answers its id.

    Whoever opens one at the same time is waited for: what they asked for is lacking no more.
    Raises Refused where nothing is lacking.
    """
    id_ = ids.new(now)
    if session.get(Place, place_id) is None:
        raise Refused("unknown", "id")
    keeper = _keeper(session, place_id)
    if not _open(session, now, ids, keeper, user_id, place_id, id_):
        raise Refused("nothing_lacking", "id")
    return id_


def open_monthly(house: House) -> int:
    """Open the requisitions of the month that began, at the places that want one each month;
    answers how many there are. Each place is looked at once a month."""
    began = _month_began(house)
    places = house.database.read(lambda session: _waiting(session, began))
    return sum(_open_of_month(house, place, began) for place in places)


def _month_began(house: House) -> datetime:
    """When the month began in the company's zone."""
    company = house.database.read(lambda session: session.get_one(Company, COMPANY_ID).zone)
    zone = ZoneInfo(company)
    first = house.clock.now().astimezone(zone).date().replace(day=1)
    return datetime.combine(first, time(), zone).astimezone(UTC)


def _waiting(session: Session, began: datetime) -> Sequence[UUID]:
    """The places that want a requisition each month and were not looked at in this one."""
    looked_at = select(Moment.subject_id).where(Moment.kind == MONTH, Moment.at == began)
    query = select(Place.id).where(Place.monthly, Place.id.not_in(looked_at)).order_by(Place.code)
    return session.scalars(query).all()


def _open_of_month(house: House, place_id: UUID, began: datetime) -> bool:
    """The place's keeper asks for what it lacks. A place that nobody keeps waits for a keeper."""

    def body(session: Session, now: datetime) -> bool:
        keeper = _keeper(session, place_id)
        if keeper is None:
            return False
        id_ = derived("monthly", place_id, began.isoformat())
        opened = _open(session, now, house.ids, keeper, keeper, place_id, id_, began)
        note_moment(session, Subject("levels", place_id), MONTH, began)
        return opened

    return house.database.transact(body)


def _open(
    session: Session,
    now: datetime,
    ids: Ids,
    requester: UUID | None,
    user_id: UUID,
    place_id: UUID,
    id_: UUID,
    month: datetime | None = None,
) -> bool:
    """Decide to open it, unless nothing is lacking or it is there already."""
    judge.lock(session, [Subject("levels", place_id), Subject("requisition", id_)])
    lacking = levels.lacking(session, place_id)
    if not lacking or session.get(Requisition, id_) is not None:
        return False
    lines = [{"part": str(part), "quantity": str(lacking[part])} for part in sorted(lacking)]
    told = {"requisition": id_, "place": place_id, "lines": lines, "requester": requester}
    data = plain({**told, "visit": None, "needed": None, "urgent": False})
    seen = {"suggested": True, "month": None if month is None else instant_text(month)}
    take(session, now, ids, user_id, OPENED, data, seen)
    return True


def _keeper(session: Session, place_id: UUID) -> UUID | None:
    """Who has kept the place for longest, of those who are still with us."""
    query = select(PlaceKeeper.user_id).join(User, User.id == PlaceKeeper.user_id)
    kept = (PlaceKeeper.place_id == place_id, PlaceKeeper.until.is_(None), User.active)
    return session.scalar(query.where(*kept).order_by(PlaceKeeper.since, PlaceKeeper.id).limit(1))

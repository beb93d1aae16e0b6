"""Who keeps a place: from now on, or no longer. Each is an edit that leaves its trail."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from models.derived import Job, Source, Subject
from models.feed import mark
from models.ids import Ids
from models.outbox import put
from models.people import is_active
from models.refusals import Refused
from models.stock.rows import PHYSICAL, Place, PlaceKeeper


def keeper(session: Session, now: datetime, ids: Ids, place_id: UUID, user_id: UUID) -> PlaceKeeper:
    """A keeper of the place from now on. What they stated of it before may take effect now.

    Raises Refused.
    """
    place = session.get(Place, place_id)
    if place is None or place.kind not in PHYSICAL:
        raise Refused("unknown", "place_id")
    if not is_active(session, user_id):
        raise Refused("unknown", "user_id")
    mark(session, {Source("place", str(place.id))})
    put(session, now, [Job("judge", Subject("place", place.id))])
    return PlaceKeeper(id=ids.new(now), place_id=place_id, user_id=user_id, since=now, until=None)

"""Who the user is: what a device shows of its owner, and by which zone and places it goes."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from models.company import COMPANY_ID, Company
from models.feed import user_channel
from models.people import Territory, User
from models.stock.rows import Place, PlaceKeeper
from sync.documents.document import Concerned, Data, Document, Target, owner_of, uuids


def of_users(session: Session, ids: Sequence[str]) -> set[Target]:
    """The users themselves."""
    return _profiles(uuids(ids))


def of_territories(session: Session, ids: Sequence[str]) -> set[Target]:
    """Everybody in the territories."""
    return _profiles(session.scalars(select(User.id).where(User.territory_id.in_(uuids(ids)))))


def of_places(session: Session, ids: Sequence[str]) -> set[Target]:
    """Everybody who ever kept the places."""
    return _profiles(session.scalars(KEEPERS, {"places": uuids(ids)}))


KEEPERS = select(PlaceKeeper.user_id).where(
    PlaceKeeper.place_id.in_(bindparam("places", expanding=True))
)


def of_company(session: Session, ids: Sequence[str]) -> set[Target]:
    """Everybody."""
    return _profiles(session.scalars(select(User.id)))


def _profiles(user_ids: Iterable[UUID]) -> set[Target]:
    return {(user_channel(id_), str(id_)) for id_ in user_ids}


class ProfileDocument(Document):
    """The user's own profile, under the user's id."""

    type = "profile"

    def sources(self) -> Mapping[str, Concerned]:
        return {
            "user": of_users,
            "territory": of_territories,
            "place": of_places,
            "company": of_company,
        }

    def everything(self, session: Session) -> Iterable[Target]:
        return of_company(session, ())

    def derive(self, session: Session, channel: str, ids: Sequence[str]) -> Mapping[str, Data]:
        user = session.get(User, owner_of(channel))
        if user is None or str(user.id) not in ids:
            return {}
        return {str(user.id): _profile(session, user)}


def _profile(session: Session, user: User) -> Data:
    company = session.get_one(Company, COMPANY_ID)
    territory = None
    if user.territory_id is not None:
        territory = _territory(session.get_one(Territory, user.territory_id))
    return {
        "basis": "",
        "name": user.name,
        "full_name": user.full_name,
        "role": user.role,
        "language": user.language,
        "territory": territory,
        "places": [_place(place) for place in session.scalars(KEPT, {"user": user.id})],
        "company": {"name": company.name, "zone": company.zone},
    }


KEPT = (
    select(Place)
    .where(
        Place.id.in_(
            select(PlaceKeeper.place_id).where(
                PlaceKeeper.user_id == bindparam("user"), PlaceKeeper.until.is_(None)
            )
        )
    )
    .order_by(Place.code)
)


def _territory(territory: Territory) -> Data:
    return {
        "code": territory.code,
        "name": territory.name,
        "tier": territory.tier,
        "zone": territory.zone,
    }


def _place(place: Place) -> Data:
    return {"id": str(place.id), "kind": place.kind, "code": place.code, "name": place.name}

"""Codes of devices: loaners and the customers' assets, by their serials."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from models.customers import Asset, Site
from models.dispatch.rows import WorkItem, WorkOrder, visits_of
from models.loaners.coming import coming as coming_of_loaner
from models.loaners.rows import Custody, Loaner
from models.people import User
from models.scanning.match import MATCHES_MAX, Match, Where, at, at_site, numbered, with_user
from models.stock.rows import Place, kept_by
from models.units import UnitStay, coming


def loaners(session: Session, code: str, owner: UUID | None) -> Iterator[Match]:
    query = (
        select(Loaner, Custody, Place, Site)
        .outerjoin(Custody, (Custody.loaner_id == Loaner.id) & Custody.until.is_(None))
        .outerjoin(Place, Place.id == Custody.holder_id)
        .outerjoin(Site, Site.id == Custody.holder_id)
        .where(numbered(Loaner.model, Loaner.serial, code))
    )
    if owner is not None:
        sites = select(WorkOrder.site_id).where(WorkOrder.id.in_(_orders_of(owner)))
        theirs = (Custody.user_id == owner, Place.id.in_(kept_by(owner)), Site.id.in_(sites))
        query = query.where(or_(*theirs))
    for loaner, held, place, site in session.execute(
        query.order_by(Loaner.model).limit(MATCHES_MAX)
    ):
        where = [*map(at, _there(place)), *map(at_site, _there(site))]
        label = f"{loaner.model}/{loaner.serial}"
        yield Match("loaner", loaner.id, label, loaner.model, where, steps=coming_of_loaner(held))


def _there(row: Any) -> list[Any]:
    """What an outer join found, if anything."""
    return [] if row is None else [row]


def assets(session: Session, code: str, owner: UUID | None) -> Iterator[Match]:
    query = (
        select(Asset, Site, UnitStay, User, Place)
        .join(Site, Site.id == Asset.site_id)
        .outerjoin(UnitStay, (UnitStay.asset_id == Asset.id) & UnitStay.until.is_(None))
        .outerjoin(User, User.id == UnitStay.user_id)
        .outerjoin(Place, Place.id == UnitStay.place_id)
    )
    query = query.where(numbered(Asset.model, Asset.serial, code))
    if owner is not None:
        worked_on = select(WorkOrder.asset_id).where(WorkOrder.id.in_(_orders_of(owner)))
        query = query.where(Asset.id.in_(worked_on))
    found = session.execute(query.order_by(Asset.model).limit(MATCHES_MAX))
    for asset, site, stay, user, place in found:
        code = f"{asset.model}/{asset.serial}"
        where = [_asset_lies(site, user, place)]
        yield Match("asset", asset.id, code, asset.name, where, steps=_steps(stay))


def _asset_lies(site: Site, user: User | None, place: Place | None) -> Where:
    """In the workshop once that has it; before, with who took it; else at the customer's."""
    if place is not None:
        return at(place)
    return at_site(site) if user is None else with_user(user)


def _steps(stay: UnitStay | None) -> list[str]:
    """What the workshop may do next, while the unit is in our hands."""
    return [] if stay is None else coming(stay.step)


def _orders_of(owner: UUID) -> Select[Any]:
    """The work orders of the visits to which the user was ever assigned."""
    return select(WorkItem.work_order_id).where(WorkItem.visit_id.in_(visits_of(owner)))

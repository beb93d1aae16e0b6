"""The job packet: everything that is needed to do one visit, with one document and no network."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from models.clock import LATEST, instant_text
from models.contracts.conditions import Condition, conditions_of
from models.contracts.rows import PromiseRow
from models.customers import Asset, Contact, Customer, Site
from models.dispatch.basis import Basis
from models.dispatch.reported import Money, Proposal
from models.dispatch.rows import Assignment, Visit, WorkItem, WorkOrder
from models.feed import VISIT_DAYS_AHEAD, VISIT_DAYS_BACK, user_channel, window_at
from models.people import User
from models.photos import GIVEN_UP, MISSING, Photo, PhotoBytes
from models.queries import rows_in
from models.records.rows import RecordVersion
from models.units import UnitStay
from sync.documents.document import Concerned, Data, Document, Target, owner_of, uuids
from sync.photos import given_up_of, missing_of

Rows = dict[UUID, Any]


def _assigned(session: Session, visit_ids: Iterable[UUID]) -> set[Target]:
    assigned = session.execute(ASSIGNED, {"visits": list(visit_ids)})
    return {(user_channel(user), str(visit)) for user, visit in assigned}


ASSIGNED = select(Assignment.user_id, Assignment.visit_id).where(
    Assignment.visit_id.in_(bindparam("visits", expanding=True))
)


def of_visits(session: Session, ids: Sequence[str]) -> set[Target]:
    """Everybody who was ever assigned."""
    return _assigned(session, uuids(ids))


def of_sites(session: Session, ids: Sequence[str]) -> set[Target]:
    """The visits to the sites."""
    return _assigned(
        session, session.scalars(select(Visit.id).where(Visit.site_id.in_(uuids(ids))))
    )


def of_customers(session: Session, ids: Sequence[str]) -> set[Target]:
    """The visits to the customers' sites."""
    query = select(Visit.id).join(Site, Site.id == Visit.site_id)
    return _assigned(session, session.scalars(query.where(Site.customer_id.in_(uuids(ids)))))


def of_assets(session: Session, ids: Sequence[str]) -> set[Target]:
    """The visits with a work order on the assets."""
    query = (
        select(WorkItem.visit_id)
        .join(WorkOrder, WorkOrder.id == WorkItem.work_order_id)
        .where(WorkOrder.asset_id.in_(uuids(ids)))
    )
    return _assigned(session, session.scalars(query))


def of_work_orders(session: Session, ids: Sequence[str]) -> set[Target]:
    """The visits with the work orders."""
    return _assigned(session, session.scalars(WITH_ORDERS, {"orders": uuids(ids)}))


WITH_ORDERS = select(WorkItem.visit_id).where(
    WorkItem.work_order_id.in_(bindparam("orders", expanding=True))
)


def of_users(session: Session, ids: Sequence[str]) -> set[Target]:
    """The visits in whose crew the users are: it is told by name."""
    query = select(Assignment.visit_id).where(
        Assignment.user_id.in_(uuids(ids)), Assignment.until.is_(None)
    )
    return _assigned(session, session.scalars(query))


def of_photos(session: Session, hashes: Sequence[str]) -> set[Target]:
    """The visits to which photos of those hashes belong."""
    query = select(Photo.visit_id).where(Photo.sha256.in_(list(hashes)))
    return _assigned(session, session.scalars(query))


def window(session: Session) -> tuple[datetime, datetime]:
    """From when to when visits are on a device; moved by a job, so that no clock is read here."""
    at = window_at(session)
    return at - timedelta(days=VISIT_DAYS_BACK), at + timedelta(days=VISIT_DAYS_AHEAD)


class VisitDocument(Document):
    """A visit for somebody who is assigned to it."""

    type = "visit"

    def sources(self) -> Mapping[str, Concerned]:
        return {
            "visit": of_visits,
            "work_order": of_work_orders,
            "site": of_sites,
            "customer": of_customers,
            "asset": of_assets,
            "user": of_users,
            "photo": of_photos,
        }

    def everything(self, session: Session) -> Iterable[Target]:
        return of_visits(session, list(map(str, session.scalars(select(Visit.id)))))

    def derive(self, session: Session, channel: str, ids: Sequence[str]) -> Mapping[str, Data]:
        user = owner_of(channel)
        visits = _visible(session, user, uuids(ids))
        if not visits:
            return {}
        around = _Around(session, visits)
        return {str(visit.id): around.packet(visit, user) for visit in visits}


def _visible(session: Session, user_id: UUID, ids: Sequence[UUID]) -> list[Visit]:
    since, until = window(session)
    given = {"ids": ids, "user": user_id, "since": since, "until": until}
    return list(session.scalars(VISIBLE, given))


# A subquery and no join: PostgreSQL cannot tell whether two plans (JSON) are distinct.
VISIBLE = select(Visit).where(
    Visit.id.in_(bindparam("ids", expanding=True)),
    Visit.id.in_(
        select(Assignment.visit_id).where(
            Assignment.user_id == bindparam("user"), Assignment.until.is_(None)
        )
    ),
    Visit.status != "cancelled",
    Visit.ends >= bindparam("since"),
    Visit.starts <= bindparam("until"),
)


class _Around:
    """What stands around the visits, read in one query a kind."""

    def __init__(self, session: Session, visits: Sequence[Visit]) -> None:
        ids = [visit.id for visit in visits]
        site_ids = {visit.site_id for visit in visits}
        self.sites = _by_id(session, Site, site_ids)
        self.customers = _by_id(session, Customer, {s.customer_id for s in self.sites.values()})
        self.contacts = _grouped(session, Contact, Contact.site_id, site_ids)
        self.items = _grouped(session, WorkItem, WorkItem.visit_id, ids)
        orders = {item.work_order_id for items in self.items.values() for item in items}
        self.orders = _by_id(session, WorkOrder, orders)
        self.promises = _grouped(session, PromiseRow, PromiseRow.work_order_id, orders)
        self.conditions = conditions_of(session, orders)
        self.assets = _by_id(session, Asset, {o.asset_id for o in self.orders.values()})
        self.crews = _grouped(session, Assignment, Assignment.visit_id, ids)
        crew = {one.user_id for crew in self.crews.values() for one in crew}
        self.people = _by_id(session, User, crew)
        self.records = _grouped(session, RecordVersion, RecordVersion.visit_id, ids)
        self.proposals = _grouped(session, Proposal, Proposal.visit_id, ids)
        self.money = _grouped(session, Money, Money.visit_id, ids)
        self.stays = _stays(session, self.assets)
        self.photos = _grouped(session, Photo, Photo.visit_id, ids)
        hashes = {photo.sha256 for photos in self.photos.values() for photo in photos}
        self.photo_states = _photo_states(session, sorted(hashes)) if hashes else {}

    def packet(self, visit: Visit, user: UUID) -> Data:
        """One visit's document, for one of its crew."""
        site = self.sites[visit.site_id]
        plan = visit.plan
        return {
            "basis": self._basis(visit),
            "status": visit.status,
            "window": {"from": instant_text(visit.starts), "to": instant_text(visit.ends)},
            "customer": {"name": self.customers[site.customer_id].name},
            "site": {
                "id": str(site.id),
                "name": site.name,
                "address": site.address,
                "zone": site.zone,
                "access_notes": site.access_notes,
            },
            "contacts": [
                {"name": contact.name, "phone": contact.phone} for contact in self.contacts[site.id]
            ],
            "items": [self._item(item) for item in self.items[visit.id]],
            "crew": [self._member(one) for one in self.crews[visit.id] if one.until is None],
            "checklist": plan["checklist"],
            "parts_planned": plan["parts_planned"],
            "loaner_duty": plan["loaner_duty"],
            "to_sign": plan["to_sign"],
            "consents": plan["consents"],
            "coverage": {"basis": "none", "answer": "ask_the_desk"},
            "records": [str(version.record_id) for version in self.records[visit.id]],
            "photos": [self._photo(photo) for photo in self.photos[visit.id]],
            "proposals": [_proposal(row) for row in self.proposals[visit.id]],
            "money": [_money(row) for row in self.money[visit.id] if row.user_id == user],
        }

    def _basis(self, visit: Visit) -> str:
        """What the fold compares with when work is reported that was done by this packet."""
        orders = [self.orders[item.work_order_id] for item in self.items[visit.id]]
        changes = sum(order.changes for order in orders)
        return str(Basis(visit.epoch, visit.plans, changes))

    def _item(self, item: WorkItem) -> Data:
        order = self.orders[item.work_order_id]
        asset = self.assets.get(order.asset_id)
        return {
            "work_order": str(order.id),
            "task": item.task,
            "request": order.request,
            "level": order.level,
            "due": None if order.due is None else instant_text(order.due),
            "due_basis": order.due_basis,
            "promises": [_promise(row) for row in _by_due(self.promises[order.id])],
            "conditions": [_condition(one) for one in self.conditions[order.id]],
            "asset": None if asset is None else _asset(asset, self.stays.get(asset.id)),
        }

    def _member(self, one: Assignment) -> Data:
        return {"name": self.people[one.user_id].full_name, "role": one.role}

    def _photo(self, photo: Photo) -> Data:
        state = self.photo_states.get(photo.sha256, "promised")
        return {"sha256": photo.sha256, "purpose": photo.purpose, "state": state}


def _by_due(rows: Iterable[PromiseRow]) -> list[PromiseRow]:
    return sorted(rows, key=lambda row: (row.due or LATEST, row.target))


def _promise(row: PromiseRow) -> Data:
    return {
        "kind": row.kind,
        "clause": row.clause,
        "says": row.says,
        "due": None if row.due is None else instant_text(row.due),
        "inclusive": row.inclusive,
        "provisional": row.provisional,
        "first": row.first,
        "stopped": None if row.stopped is None else instant_text(row.stopped),
    }


def _condition(one: Condition) -> Data:
    return {**one._asdict(), "says": one.says._asdict()}


def _proposal(row: Proposal) -> Data:
    return {
        "kind": row.kind,
        "about": str(row.target_id),
        "fields": row.fields,
        "state": row.state,
        "at": instant_text(row.happened),
    }


def _money(row: Money) -> Data:
    return {
        "kind": row.kind,
        "what": row.what,
        "amount": row.amount,
        "currency": row.currency,
        "at": instant_text(row.happened),
    }


def _photo_states(session: Session, hashes: Sequence[str]) -> dict[str, str]:
    """What has become of the photos' bytes; nothing where they are only promised."""
    states = dict.fromkeys(missing_of(session, hashes), MISSING)
    states |= dict.fromkeys(given_up_of(session, hashes), GIVEN_UP)
    arrived = session.execute(ARRIVED, {"hashes": hashes})
    return states | {sha256: state for sha256, state in arrived}


ARRIVED = select(PhotoBytes.sha256, PhotoBytes.state).where(
    PhotoBytes.sha256.in_(bindparam("hashes", expanding=True))
)


def _stays(session: Session, assets: Iterable[UUID]) -> dict[UUID, UnitStay]:
    """Which of the assets are with a technician."""
    stays = rows_in(session, UnitStay, UnitStay.asset_id, list(assets))
    return {stay.asset_id: stay for stay in stays if stay.until is None}


def _asset(asset: Asset, stay: UnitStay | None) -> Data:
    return {
        "id": str(asset.id),
        "name": asset.name,
        "model": asset.model,
        "serial": asset.serial,
        "installed": None if asset.installed is None else asset.installed.isoformat(),
        "taken": None if stay is None else instant_text(stay.since),
        "step": None if stay is None else stay.step,
    }


def _by_id(session: Session, row: Any, ids: Iterable[UUID | None]) -> Rows:
    known = [id_ for id_ in ids if id_ is not None]
    return {one.id: one for one in rows_in(session, row, row.id, known)}


def _grouped(
    session: Session, row: Any, by: Any, ids: Iterable[UUID]
) -> defaultdict[UUID, list[Any]]:
    grouped: defaultdict[UUID, list[Any]] = defaultdict(list)
    for one in rows_in(session, row, by, list(ids)):
        grouped[getattr(one, by.key)].append(one)
    if row is WorkItem:
        for items in grouped.values():
            items.sort(key=lambda item: item.position)
    return grouped

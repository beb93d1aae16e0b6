"""The board: what a dispatcher's screen needs, in one request and a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, validates_schema
from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from api.auth import house
from api.blueprint import Blueprint
from api.dispatch import AT_SITE, at_sites
from api.schemas import Instant, Strict
from models.customers import Asset, Site
from models.dispatch.rows import Assignment, Visit, WorkItem, WorkOrder
from models.findings import KINDS, Finding
from models.people import Device, Role, Territory, User

DAYS_MAX = 31
VISITS_MAX = 1000
WORK_ORDERS_MAX = 200

blp = Blueprint("board", __name__, description="The dispatcher's board")

Values = dict[str, Any]
Query = Select[*tuple[Any, ...]]


class WindowArgs(Strict):
    """The window, at most 31 days long."""

    from_ = Instant(
        required=True, data_key="from", metadata={"description": "where it begins; counted in"}
    )
    to = Instant(required=True, metadata={"description": "where it ends; not counted in"})

    @validates_schema
    def _is_a_window(self, values: Values, **kwargs: Any) -> None:
        length = values["to"] - values["from_"]
        if not timedelta(0) < length <= timedelta(days=DAYS_MAX):
            raise ValidationError(f"it ends after it begins, and within {DAYS_MAX} days", "to")


class OrderSchema(Schema):
    """A work order, with what is seen of it at a glance."""

    id = fields.UUID()
    level = fields.String()
    due = Instant(allow_none=True)
    asset_name = fields.String(allow_none=True)


class OpenOrderSchema(OrderSchema):
    """A work order for which no visit is planned."""

    request = fields.String()
    opened = Instant()
    site = fields.UUID(attribute="site_id")
    site_name = fields.String()
    zone = fields.String()
    customer = fields.UUID(attribute="customer_id")
    customer_name = fields.String()
    territory = fields.UUID(attribute="territory_id", allow_none=True)


class CrewMemberSchema(Schema):
    """One of a visit's crew."""

    user = fields.UUID()
    name = fields.String()
    role = fields.String()


class BoardVisitSchema(Schema):
    """A visit. `due` is when the first of its work orders is due; `zone` is the site's."""

    id = fields.UUID()
    status = fields.String()
    starts = Instant()
    ends = Instant()
    site = fields.UUID(attribute="site_id")
    site_name = fields.String()
    zone = fields.String()
    customer = fields.UUID(attribute="customer_id")
    customer_name = fields.String()
    territory = fields.UUID(attribute="territory_id", allow_none=True)
    due = Instant(allow_none=True)
    work_orders = fields.List(fields.Nested(OrderSchema))
    crew = fields.List(fields.Nested(CrewMemberSchema))


class PhoneSchema(Schema):
    """A technician's phone: when it was heard of, and what is stuck on it since when."""

    id = fields.UUID()
    name = fields.String()
    last_seen = Instant(allow_none=True)
    unsent_facts = fields.Integer()
    unsent_since = Instant(allow_none=True)
    revoked = Instant(allow_none=True)


class LaneSchema(Schema):
    """A technician, with their phones and the ids of their visits in the order of time."""

    id = fields.UUID()
    name = fields.String()
    phones = fields.List(fields.Nested(PhoneSchema))
    visits = fields.List(fields.UUID())


class AreaSchema(Schema):
    """A territory and its technicians. The last one is of those who have none."""

    id = fields.UUID(allow_none=True)
    code = fields.String(allow_none=True)
    name = fields.String(allow_none=True)
    zone = fields.String(allow_none=True)
    technicians = fields.List(fields.Nested(LaneSchema))


class CountSchema(Schema):
    """How many findings of a kind are open."""

    code = fields.String()
    role = fields.String()
    english = fields.String()
    chinese = fields.String()
    count = fields.Integer()


class BoardSchema(Schema):
    """The board. `more` and `more_work_orders` say that there is more than is told."""

    now = Instant()
    territories = fields.List(fields.Nested(AreaSchema))
    visits = fields.List(fields.Nested(BoardVisitSchema))
    unassigned = fields.List(fields.UUID())
    more = fields.Boolean()
    work_orders = fields.List(fields.Nested(OpenOrderSchema))
    more_work_orders = fields.Boolean()
    findings = fields.List(fields.Nested(CountSchema))


@blp.route("/board", methods=["GET"])
@blp.arguments(WindowArgs, location="query")
@blp.response(200, BoardSchema)
def get_board(window: Values) -> Values:
    """Who does what when, what nobody does yet, which phones are silent, and what was found."""

    def body(session: Session) -> Values:
        visits, more = _visits(session, window["from_"], window["to"])
        orders, more_orders = _limited(session, _open_orders(), WORK_ORDERS_MAX)
        return {
            "now": house().clock.now(),
            "territories": _areas(session, visits),
            "visits": visits,
            "unassigned": [visit["id"] for visit in visits if _is_unassigned(visit)],
            "more": more,
            "work_orders": orders,
            "more_work_orders": more_orders,
            "findings": _findings(session),
        }

    return house().database.read(body)


def _limited(session: Session, query: Query, most: int) -> tuple[list[Values], bool]:
    """At most so many rows, and whether there are more."""
    rows = [row._asdict() for row in session.execute(query.limit(most + 1))]
    return rows[:most], len(rows) > most


AT_SITE_AND_AREA = [
    *(column.label(name) for name, column in AT_SITE.items()),
    Site.territory_id,
]


def _visits(session: Session, since: datetime, until: datetime) -> tuple[list[Values], bool]:
    """The visits in the window that were not cancelled, by time, with crew and work orders."""
    columns = (Visit.id, Visit.site_id, Visit.status, Visit.starts, Visit.ends)
    query = at_sites(select(*columns, *AT_SITE_AND_AREA), Visit.site_id).where(
        Visit.starts < until, Visit.ends > since, Visit.status != "cancelled"
    )
    visits, more = _limited(session, query.order_by(Visit.starts, Visit.id), VISITS_MAX)
    ids = [visit["id"] for visit in visits]
    crews, orders = _crews(session, ids), _orders(session, ids)
    for visit in visits:
        visit["crew"], visit["work_orders"] = crews[visit["id"]], orders[visit["id"]]
        dues = [order["due"] for order in visit["work_orders"] if order["due"] is not None]
        visit["due"] = min(dues, default=None)
    return visits, more


def _is_unassigned(visit: Values) -> bool:
    return visit["status"] == "planned" and not visit["crew"]


def _crews(session: Session, visits: Sequence[UUID]) -> dict[UUID, list[Values]]:
    query = (
        select(
            Assignment.visit_id,
            Assignment.user_id.label("user"),
            User.full_name.label("name"),
            Assignment.role,
        )
        .join(User, User.id == Assignment.user_id)
        .where(Assignment.visit_id.in_(visits), Assignment.until.is_(None))
        .order_by(Assignment.role.desc(), User.full_name)
    )
    return _by(session, query, "visit_id")


def _orders(session: Session, visits: Sequence[UUID]) -> dict[UUID, list[Values]]:
    query = (
        select(
            WorkItem.visit_id,
            WorkOrder.id,
            WorkOrder.level,
            WorkOrder.due,
            Asset.name.label("asset_name"),
        )
        .join(WorkOrder, WorkOrder.id == WorkItem.work_order_id)
        .outerjoin(Asset, Asset.id == WorkOrder.asset_id)
        .where(WorkItem.visit_id.in_(visits))
        .order_by(WorkItem.position)
    )
    return _by(session, query, "visit_id")


def _by(session: Session, query: Query, key: str) -> dict[UUID, list[Values]]:
    grouped: defaultdict[UUID, list[Values]] = defaultdict(list)
    for row in session.execute(query):
        values = row._asdict()
        grouped[values.pop(key)].append(values)
    return grouped


def _open_orders() -> Query:
    """The work orders without a visit that is planned or has solved them, first due first."""
    columns = (
        WorkOrder.id,
        WorkOrder.site_id,
        WorkOrder.level,
        WorkOrder.due,
        WorkOrder.request,
        WorkOrder.opened,
        Asset.name.label("asset_name"),
    )
    query = at_sites(select(*columns, *AT_SITE_AND_AREA), WorkOrder.site_id)
    query = query.outerjoin(Asset, Asset.id == WorkOrder.asset_id)
    query = query.where(WorkOrder.status == "received")
    return query.order_by(WorkOrder.due.asc().nulls_last(), WorkOrder.id)


def _areas(session: Session, visits: Iterable[Values]) -> list[Values]:
    """The territories by code, each with its active technicians by name."""
    query = select(User.territory_id, User.id, User.full_name.label("name")).where(
        User.role == Role.TECHNICIAN, User.active
    )
    technicians = _by(session, query.order_by(User.full_name, User.id), "territory_id")
    phones = _phones(session)
    busy: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for visit in visits:
        for member in visit["crew"]:
            busy[member["user"]].append(visit["id"])
    for lane in (lane for lanes in technicians.values() for lane in lanes):
        lane |= {"phones": phones[lane["id"]], "visits": busy[lane["id"]]}
    territories = session.scalars(select(Territory).order_by(Territory.code))
    areas: list[Values] = [territory.values() for territory in territories]
    areas.append({"id": None, "code": None, "name": None, "zone": None})
    return [{**area, "technicians": technicians[area["id"]]} for area in areas]


def _phones(session: Session) -> dict[UUID, list[Values]]:
    query = (
        select(
            Device.user_id,
            Device.id,
            Device.name,
            Device.last_seen,
            Device.unsent_facts,
            Device.unsent_since,
            Device.revoked,
        )
        .join(User, and_(User.id == Device.user_id, User.active))
        .where(User.role == Role.TECHNICIAN)
        .order_by(Device.enrolled, Device.id)
    )
    return _by(session, query, "user_id")


def _findings(session: Session) -> list[Values]:
    query = select(Finding.code, func.count().label("count")).where(Finding.state == "open")
    counts = session.execute(query.group_by(Finding.code).order_by(Finding.code))
    return [
        {
            "code": code,
            "role": KINDS[code].role,
            "english": KINDS[code].english,
            "chinese": KINDS[code].chinese,
            "count": count,
        }
        for code, count in counts
    ]

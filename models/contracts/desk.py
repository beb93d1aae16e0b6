"""Contracts at the desk: plans kept by version, what a contract has to say, and which one holds."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from models.contracts.blanks import ParameterWrong
from models.contracts.calendar import Days, Ground
from models.contracts.holidays import china
from models.contracts.making import make
from models.contracts.plan import Plan
from models.contracts.reading import FileWrong, read_file, read_plan_file
from models.contracts.rows import CompanyDay, Contract, ServicePlan
from models.contracts.vocabulary import EVENTS
from models.customers import Asset, Site
from models.ids import Ids
from models.people import Territory
from models.refusals import Refused
from models.tables.kinds import Words

Data = Mapping[str, Any]
PLANS_REMEMBERED = 1000
CALENDARS_REMEMBERED = 100


def keep_plan(session: Session, now: datetime, ids: Ids, text: str) -> ServicePlan:
    """Keep a plan's version. The same once more changes nothing; another text under a version
    that is there already is refused. Raises Refused."""
    try:
        content = read_plan_file(text)
    except FileWrong as error:
        first = error.problems[0]
        more = f" ({len(error.problems)} problems)" if len(error.problems) > 1 else ""
        told = f"line {first.line}: {first.field} {first.message}; {first.remedy}{more}"
        raise Refused("wrong_value", "text", told) from error
    found = session.scalar(
        select(ServicePlan).where(
            ServicePlan.name == content["plan"], ServicePlan.version == content["version"]
        )
    )
    if found is not None:
        if found.content != content:
            raise Refused("exists", "version", f"raise it: {found.name} {found.version} is kept")
        return found
    plan = ServicePlan(
        id=ids.new(now),
        name=content["plan"],
        version=content["version"],
        title={"en": content["en"], "zh": content["zh"]},
        text=text,
        content=content,
        added=now,
    )
    session.add(plan)
    session.flush()
    return plan


def check_contract(session: Session, row: Contract) -> None:
    """A contract names its plan's blanks and dates as the plan does, and its own customer's site
    and asset. Raises Refused."""
    plan = session.get_one(ServicePlan, row.plan_id)
    try:
        made = filled(plan.text, row.parameters)
    except ParameterWrong as error:
        raise Refused("wrong_value", f"parameters.{error.name}", error.remedy) from error
    for name in sorted(row.dates.keys() - {term.start for term in made.terms.values()}):
        known = ", ".join(sorted({term.start for term in made.terms.values()})) or "none"
        raise Refused("wrong_value", f"dates.{name}", f"the plan asks for {known}")
    for name, value in row.dates.items():
        if not is_day(value):
            raise Refused("wrong_value", f"dates.{name}", "a date is needed: 2026-01-31")
    for name, value in row.fixed.items():
        if value not in made.asks.get(name, {}):
            known = ", ".join(made.asks.get(name, {})) or "none"
            raise Refused("wrong_value", f"fixed.{name}", f"the plan knows {known}")
    _check_place(session, row)


def is_day(text: str) -> bool:
    """Whether the text is a date."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _check_place(session: Session, row: Contract) -> None:
    if row.site_id is not None:
        site = session.get_one(Site, row.site_id)
        if site.customer_id != row.customer_id:
            raise Refused("wrong_value", "site_id", "the site is another customer's")
    if row.asset_id is not None:
        asset = session.get_one(Asset, row.asset_id)
        if row.site_id is not None and asset.site_id != row.site_id:
            raise Refused("wrong_value", "asset_id", "the asset stands at another site")
        if session.get_one(Site, asset.site_id).customer_id != row.customer_id:
            raise Refused("wrong_value", "asset_id", "the asset is another customer's")


# What is frozen when a work order is opened: running clocks stay with it, whatever changes later.


def freeze(session: Session, now: datetime, data: Data) -> dict[str, Any]:
    """The work order's data, with the contracts that hold for it and its case as they are now."""
    site = session.get_one(Site, UUID(data["site"]))
    territory = session.get(Territory, site.territory_id) if site.territory_id else None
    case = {**data.get("case", {}), "level": data["level"]}
    if territory is not None:
        case["tier"] = territory.tier
    reported = data.get("reported")
    at = now if reported is None else datetime.fromisoformat(reported)
    day = at.astimezone(ZoneInfo(site.zone)).date()
    return {
        **data,
        "case": case,
        "zone": site.zone,
        "agreed": [as_agreed(one) for one in _holding(session, site, data["asset"], day)],
    }


def as_agreed(contract: Contract) -> dict[str, Any]:
    """The contract as it is now, as a decision keeps it."""
    return {
        "contract": str(contract.id),
        "plan": str(contract.plan_id),
        "parameters": contract.parameters,
        "dates": contract.dates,
        "fixed": contract.fixed,
    }


def _holding(session: Session, site: Site, asset: str | None, day: date) -> list[Contract]:
    """The contracts that hold on that day for the site and the asset, the oldest first."""
    query = select(Contract).where(
        Contract.customer_id == site.customer_id,
        or_(Contract.site_id.is_(None), Contract.site_id == site.id),
        Contract.asset_id.is_(None) | (Contract.asset_id == (UUID(asset) if asset else None)),
        Contract.starts <= day,
        or_(Contract.ends.is_(None), Contract.ends >= day),
    )
    return list(session.scalars(query.order_by(Contract.starts, Contract.id)))


def plans_of(session: Session, agreements: Sequence[Data]) -> list[Plan]:
    """The plans of what was agreed, each with the blanks that its contract filled in."""
    if not agreements:
        return []
    ids = [UUID(one["plan"]) for one in agreements]
    texts: dict[UUID, str] = {id_: text for id_, text in session.execute(TEXTS, {"ids": ids})}
    return [filled(texts[id_], one["parameters"]) for id_, one in zip(ids, agreements, strict=True)]


TEXTS = select(ServicePlan.id, ServicePlan.text).where(
    ServicePlan.id.in_(bindparam("ids", expanding=True))
)


def filled(text: str, parameters: Data) -> Plan:
    """The plan of a file that was checked when it was kept, its blanks filled in. Raises
    ParameterWrong."""
    return _made(text, json.dumps(parameters, sort_keys=True))


@lru_cache(PLANS_REMEMBERED)
def _made(text: str, parameters: str) -> Plan:
    return make(_values(text), json.loads(parameters))


@lru_cache(PLANS_REMEMBERED)
def _values(text: str) -> Any:
    return read_file(text).values


def ground_at(session: Session, zone: str, at: datetime) -> Ground:
    """The zone, with the holidays published and the company's days as they stood at that moment."""
    rows = session.execute(DAYS_AT, {"at": at})
    return Ground(ZoneInfo(zone), _days(tuple((day, kind, name) for day, kind, name in rows)))


# Built once, as it is asked for every work order.
DAYS_AT = (
    select(CompanyDay.day, CompanyDay.kind, CompanyDay.name)
    .where(CompanyDay.since <= bindparam("at"))
    .where(or_(CompanyDay.until.is_(None), CompanyDay.until > bindparam("at")))
    .order_by(CompanyDay.day)
)


@lru_cache(CALENDARS_REMEMBERED)
def _days(own: tuple[tuple[date, str, str], ...]) -> Days:
    off = {day: Words(name, name) for day, kind, name in own if kind == "off"}
    work = {day: Words(name, name) for day, kind, name in own if kind == "work"}
    return china().beside(off, work)


# What the desk notes of a work order.


def check_note(session: Session, data: Data, reasons: set[str]) -> None:
    """The event is one that clocks know, and a pause one that the agreements allow.

    Raises Refused.
    """
    if data["event"] not in {*EVENTS, "paused", "resumed"}:
        raise Refused("wrong_value", "event", "clocks do not know it")
    if data["event"] in {"paused", "resumed"} and data["reason"] not in reasons:
        known = ", ".join(sorted(reasons)) or "none"
        raise Refused("wrong_value", "reason", f"what may pause a clock here: {known}")
    if (data["event"] == "promised") != (data["time"] is not None):
        raise Refused("wrong_value", "time", "a promise has its time, and nothing else has")

"""Contracts in a world's database, and work orders opened under them."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from models.clock import instant_text
from models.contracts import desk
from models.contracts.rows import CompanyDay, Contract, PromiseRow
from sync.passing import note_promises
from tests.contracts.examples import PLANS
from tests.world import World


def agree(world: World, plan: str, name: str = "contract", **changed: Any) -> str:
    """A contract of the world's customer on the plan; answers its id."""
    text = changed.pop("text", None) or (PLANS / f"{plan}.yaml").read_text()
    id_ = world.new(name)

    def body(session: Session, now: datetime) -> None:
        kept = desk.keep_plan(session, now, world.ids, text)
        values: dict[str, Any] = {
            "site_id": None, "asset_id": None, "starts": date(2026, 1, 1), "ends": None,
            "parameters": {}, "dates": {}, "fixed": {},
        }  # fmt: skip
        row = Contract(
            id=id_, code=name, customer_id=world.named["customer"], plan_id=kept.id,
            **{**values, **changed},
        )  # fmt: skip
        session.add(row)
        session.flush()
        desk.check_contract(session, row)

    world.house.database.transact(body)
    return str(id_)


def company_day(world: World, day: date, kind: str = "off") -> None:
    """The company is closed that day, or works."""

    def body(session: Session, now: datetime) -> None:
        id_ = world.ids.new(now)
        row = CompanyDay(id=id_, day=day, kind=kind, name="Company day", since=now, until=None)
        session.add(row)

    world.house.database.transact(body)


def order(world: World, name: str = "order", **changed: Any) -> str:
    """A work order, opened now."""
    id_ = str(world.new(name))
    data = {
        "work_order": id_, "site": world["site"], "asset": world["asset"],
        "request": "打印不清", "level": "normal", "due": None,
    }  # fmt: skip
    world.decide("work_order.opened", **{**data, **changed})
    return id_


def note(world: World, order_id: str, event: str, **changed: Any) -> None:
    """The desk notes something of a work order."""
    data = {"at": instant_text(world.clock.now()), "reason": None, "time": None, **changed}
    world.decide("work_order.noted", work_order=order_id, event=event, **data)


def promised(world: World, order_id: str) -> dict[str, PromiseRow]:
    """The promises of a work order by kind; of several, the one that is due first."""
    rows = world.rows(PromiseRow)
    mine = [row for row in rows if str(row.work_order_id) == order_id]
    return {row.kind: row for row in sorted(mine, key=lambda row: not row.first, reverse=True)}


def minute(world: World) -> int:
    """What happens every minute; answers how many work orders were looked at again."""
    count = note_promises(world.house)
    world.drain()
    return count


def move_to(world: World, at: str) -> None:
    """Move the clock on to a local time in Shanghai."""
    world.clock.instant = datetime.fromisoformat(f"{at}+08:00").astimezone(UTC)


def local(at: datetime | None) -> str:
    """The time in Shanghai."""
    return "" if at is None else f"{at.astimezone(ZoneInfo('Asia/Shanghai')):%m-%d %H:%M:%S}"

"""What is fitted in a customer's machine, and until when each part has a warranty of its own."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session, aliased

from models.contracts.counting import months_after
from models.customers import Asset, Site
from models.dispatch.rows import WorkItem, WorkOrder
from models.stock.fitted import Installed
from models.stock.repairs import repaired_since
from models.stock.rows import Part

REPAIRED_MONTHS = 3


class Warranty(NamedTuple):
    """The last day of a part's warranty, none where it has none; why, and by which clause."""

    until: date | None
    why: str  # new, consumable, used, repaired, rest
    clause: str


class Fitted(NamedTuple):
    """A part in a machine: since when, until when it was in there, in which condition it was
    fitted, and its warranty."""

    part: Part
    row: Installed
    since: date
    removed: date | None
    condition: str
    warranty: Warranty


def part_warranty(months: int, condition: str, fitted: date, rest: date | None = None) -> Warranty:
    """The warranty of a part that was fitted on a day.

    A new part has its own term: 12 months, a print head 3, what is consumed none, and a used part
    none (it-onsite-maintenance.19, barcode-printer.5). A repaired one has what was left to the part
    that it stands for (`rest`), but at least 3 months (pc-three-guarantees.15). The last day
    counts.
    """
    if condition == "used":
        return Warranty(None, "used", "it-onsite-maintenance.19")
    if condition == "repaired":
        least = months_after(fitted, REPAIRED_MONTHS)
        if rest is not None and rest > least:
            return Warranty(rest, "rest", "pc-three-guarantees.15")
        return Warranty(least, "repaired", "pc-three-guarantees.15")
    if months == 0:
        return Warranty(None, "consumable", "it-onsite-maintenance.19")
    clause = "barcode-printer.5" if months == REPAIRED_MONTHS else "it-onsite-maintenance.19"
    return Warranty(months_after(fitted, months), "new", clause)


def fitted_in(session: Session, asset: Asset) -> list[Fitted]:
    """Every part that technicians fitted in the machine, the first one first.

    Of a visit to several machines those parts are the machine's that the record says so of. A piece
    that had come back repaired is not new any more, whatever the record says.
    """
    zone = ZoneInfo(session.get_one(Site, asset.site_id).zone)
    rows = session.execute(_rows(asset.id)).all()
    repaired = repaired_since(session, [row.item for row, _ in rows])
    fitted: list[Fitted] = []
    for row, part in rows:
        since = row.since.astimezone(zone).date()
        out = _taken_out(fitted, row)
        rest = None
        if out is not None:
            fitted[out] = fitted[out]._replace(removed=since)
            rest = fitted[out].warranty.until
        condition = row.condition_with(repaired.get(row.item))
        warranty = part_warranty(part.warranty_months, condition, since, rest)
        fitted.append(Fitted(part, row, since, None, condition, warranty))
    return fitted


def _rows(asset_id: UUID) -> Select[Installed, Part]:
    named, other = Installed.work_order_id, aliased(WorkItem)
    several = exists().where(
        other.visit_id == Installed.visit_id, other.work_order_id != WorkOrder.id
    )
    return (
        select(Installed, Part)
        .join(Part, Part.id == Installed.part_id)
        .join(WorkItem, WorkItem.visit_id == Installed.visit_id)
        .join(WorkOrder, WorkOrder.id == WorkItem.work_order_id)
        .where(WorkOrder.asset_id == asset_id)
        .where((named == WorkOrder.id) | (named.is_(None) & ~several))
        .order_by(Installed.since, Installed.id)
    )


def _taken_out(fitted: Sequence[Fitted], row: Installed) -> int | None:
    """Which of the parts in the machine came out for this one: the piece of that number, or the
    one that was fitted last of the part."""
    for number in range(len(fitted) - 1, -1, -1):
        one = fitted[number]
        same = one.row.part_id == row.removed_part and one.row.serial == row.removed_serial
        if same and one.removed is None:
            return number
    return None

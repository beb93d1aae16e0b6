"""What must be true of customers' orders and returns, told once more by somebody else."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from models.findings import Finding
from models.returns.rows import Return
from models.stock.demand import Requisition
from simulation.evidence import Evidence
from simulation.foretelling import Decided

Item = tuple[str, str | None, str | None]


def _item(line: dict[str, Any]) -> Item:
    return line["part"], line["lot"], line["serial"]


# Orders


def orders_otherwise(evidence: Evidence) -> list[str]:
    """Where a customer's order did not pass its gates, is due otherwise than agreed, or is late or
    untold without that being found."""
    found = []
    for row in evidence.session.scalars(select(Requisition)):
        decided = evidence.decided["requisition", str(row.id)]
        opened = next((one for one in decided if one.kind == "requisition.opened"), None)
        if opened is not None and opened.data.get("contract") is not None:
            found += _order_otherwise(evidence, row, opened, decided)
    return found


def _order_otherwise(
    evidence: Evidence, row: Requisition, opened: Decided, decided: Sequence[Decided]
) -> list[str]:
    agreed = timedelta(hours=evidence.audit.within[UUID(opened.data["agreed"]["plan"])])
    shipped = [one for one in decided if one.kind == "stock.shipped"]
    cleared = _cleared(opened, decided)
    found = []
    if row.cleared != cleared or row.ship_due != (cleared and cleared + agreed):
        found.append(f"order {row.id} is due {row.ship_due}, and was cleared {cleared}")
    if any(_cleared(opened, [o for o in decided if o.at < one.at]) is None for one in shipped):
        found.append(f"order {row.id} was shipped before its gates")
    sent = sum(Decimal(line["quantity"]) for one in shipped for line in one.data["lines"])
    wanted = sum(Decimal(line["quantity"]) for line in opened.data["lines"])
    if (row.status == "shipped") != (sent >= wanted):
        found.append(f"order {row.id} is {row.status}, and {sent} of {wanted} were sent")
    told = {one.data["transfer"] for one in decided if one.kind == "requisition.told"}
    due = {
        "requisition.not_shipped": [cleared] if cleared is not None and sent < wanted else [],
        "requisition.not_told": [one.at for one in shipped if one.data["transfer"] not in told],
    }
    late = {code for code, since in due.items() if since}
    noticed = {code for code in late if min(due[code]) + agreed <= evidence.audit.night}
    kept, open_ones = _codes(evidence, row.id)
    if not (open_ones <= late and noticed <= kept):
        found.append(f"of order {row.id} {open_ones} is found, and foretold were {noticed}, {late}")
    return found


def _cleared(opened: Decided, decided: Iterable[Decided]) -> datetime | None:
    """When the order had passed its only gate, which stands before what is sold."""
    if opened.data["kind"] != "sold":
        return opened.at
    passed = None
    for one in decided:
        if one.kind == "requisition.gate_passed":
            passed = one.at
        elif one.kind == "requisition.gate_reopened":
            passed = None
    return passed


def _codes(evidence: Evidence, order: UUID) -> tuple[set[str], set[str]]:
    """What was found late of the order, and what of that is open."""
    query = select(Finding.code, Finding.state).where(
        Finding.subject_id == order,
        Finding.code.in_(("requisition.not_shipped", "requisition.not_told")),
    )
    rows = [row for row in evidence.session.execute(query) if row.state != "gone"]
    return {row.code for row in rows}, {row.code for row in rows if row.state == "open"}


# Returns


def returns_otherwise(evidence: Evidence) -> list[str]:
    """Where a return stands otherwise than was decided of it, or what differs is not found."""
    found = []
    for row in evidence.session.scalars(select(Return)):
        decided = evidence.decided["return", str(row.id)]
        status, differ = _return_foretold(decided)
        if row.status != status:
            found.append(f"return {row.id} is {row.status}, and foretold was {status}")
        query = select(Finding).where(
            Finding.subject_id == row.id, Finding.code == "return.differs", Finding.state != "gone"
        )
        rows = list(evidence.session.scalars(query))
        kept = {_item(one.evidence) for one in rows}
        open_ones = {_item(one.evidence) for one in rows if one.state == "open"}
        if not open_ones <= differ <= kept:
            found.append(f"of return {row.id} {open_ones} differ, and foretold were {differ}")
    return found


def _return_foretold(decided: Iterable[Decided]) -> tuple[str, set[Item]]:
    """How it stands, and of what another number came than was listed."""
    status, with_list, final = "", False, set[Item]()
    listed, came = defaultdict[Item, Decimal](Decimal), defaultdict[Item, Decimal](Decimal)
    for one in decided:
        if one.kind == "return.asked":
            status, with_list = "asked", bool(one.data["lines"])
            for line in one.data["lines"]:
                listed[_item(line)] += Decimal(line["quantity"])
        elif one.kind in ("return.permitted", "return.refused", "return.closed"):
            status = one.kind.removeprefix("return.")
        elif one.kind == "return.received":
            for line in one.data["lines"]:
                came[_item(line)] += Decimal(line["quantity"])
                final.discard(_item(line))
        elif one.kind == "finding.settled":
            final.add(_item(one.data["evidence"]))
    if not came:
        return status, set()
    both = {*listed, *came} if with_list else set()
    differ = {item for item in both if listed[item] != came[item]}
    if status != "closed":
        status = "partly_received" if differ - final else "received"
    return status, differ

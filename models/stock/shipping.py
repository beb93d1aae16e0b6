"""What the warehouse decides of parts on their way: shipments, deliveries, and what leaves us."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.decisions import Decision
from models.derived import Changes, Subject, replace
from models.ids import derived
from models.refusals import Refused
from models.returns import receiving as returned
from models.stock import claims, gates, repairs, requisitions, serving
from models.stock.demand import Transfer
from models.stock.desk import (
    check_lines,
    check_physical,
    item_of,
    opening_subjects,
    write_lines,
)
from models.stock.rows import Part, book_of, virtual_place
from models.types import QUANTITY_MAX

REMOVED_TO = ("scrap", "supplier")
DUE_PAST, DUE_AHEAD = timedelta(days=31), timedelta(days=3 * 366)

Data = Mapping[str, Any]


def shipment_subjects(data: Data) -> list[Subject]:
    """The books of the lines, the transfer, the requisition that is served, and the return of
    which something goes on."""
    asked = data.get("requisition")
    served = [] if asked is None else [Subject("requisition", UUID(asked))]
    transfer = Subject("transfer", UUID(data["transfer"]))
    return [*opening_subjects(data), transfer, *served, *returned.named(data)]


def check_shipment(session: Session, data: Data) -> None:
    """The place holds everything that is to be shipped, nobody else has claimed it, a requisition
    that is served wants it, and a customer's order has passed its gates. Raises Refused."""
    asked = None
    if data.get("requisition") is not None:
        asked = requisitions.check_open(session, data)
    if UUID(data["to"]) == UUID(data["place"]):
        raise Refused("wrong_value", "to" if asked is None else "place", "it lies there already")
    if asked is not None and asked.contract_id is not None:
        gates.check_shipping(session, asked, data)
    else:
        check_physical(session, data["to"], "to")
    check_lines(session, data)
    if asked is not None:
        serving.check_wanted(session, data, serving.to_ship(session, asked.id))
    check_taking(session, data)
    returned.check_leaving(session, data)


def check_taking(session: Session, data: Data) -> None:
    """All lines, which were checked, are together there to be taken. Raises Refused."""
    taken: dict[UUID, Decimal] = {}
    place, named = UUID(data["place"]), data.get("requisition")
    asked = None if named is None else UUID(named)
    for number, line in enumerate(data["lines"]):
        book = book_of(place, item_of(line))
        taken[book] = taken.get(book, Decimal(0)) + Decimal(line["quantity"])
        if taken[book] > claims.free(session, book, place, asked):
            told = claims.told(session, book, place, asked)
            raise Refused("not_enough", f"lines.{number}.quantity", told)


def removing_subjects(data: Data) -> list[Subject]:
    """The books of the lines, and the return of which something leaves."""
    return [*opening_subjects(data), *returned.named(data)]


def check_removing(session: Session, data: Data) -> None:
    """The goal takes what leaves us, and everything is there. Raises Refused."""
    if data["to"] not in REMOVED_TO:
        raise Refused("wrong_value", "to", f"one of {', '.join(REMOVED_TO)}")
    if data["to"] != "supplier" and data.get("repair"):
        raise Refused("wrong_value", "repair", "what is to be repaired goes to the supplier")
    check_lines(session, data)
    check_taking(session, data)
    returned.check_leaving(session, data)


def check_delivery(session: Session, data: Data) -> None:
    """The delivery is new, place and parts are there, and so much of each can come. Raises
    Refused."""
    check_physical(session, data["place"], "place")
    known = select(Transfer.id).where(Transfer.transfer_id == UUID(data["delivery"]))
    if session.scalar(known) is not None:
        raise Refused("exists", "delivery")
    total = defaultdict[str, Decimal](Decimal)
    for number, line in enumerate(data["lines"]):
        part, quantity = session.get(Part, UUID(line["part"])), Decimal(line["quantity"])
        total[line["part"]] += quantity
        if part is None:
            raise Refused("unknown", f"lines.{number}.part")
        if part.tracking == "serial" and quantity % 1:
            told = "a part with serial numbers comes in whole pieces"
            raise Refused("wrong_value", f"lines.{number}.quantity", told)
        if total[line["part"]] > QUANTITY_MAX:
            told = f"at most {QUANTITY_MAX} of a part"
            raise Refused("wrong_value", f"lines.{number}.quantity", told)
    if data.get("removal"):
        repairs.check_answered(session, data["removal"], [line["part"] for line in data["lines"]])


def refuse_far(session: Session, now: datetime, data: Data) -> Data:
    """What is announced, or to come back, is expected soon, or at most was so lately. Raises
    Refused."""
    due = data.get("due")
    if due and not -DUE_PAST <= date.fromisoformat(due) - now.date() <= DUE_AHEAD:
        told = f"at most {DUE_PAST.days} days ago, and {DUE_AHEAD.days} ahead"
        raise Refused("wrong_value", "due", told)
    return data


def write_shipment(session: Session, decision: Decision) -> Changes:
    """Parts leave the place and are in transit until they are received; or they leave for the
    customer, who receives nothing in our books."""
    place, to = UUID(decision.data["place"]), UUID(decision.data["to"])
    data, transfer = decision.data, UUID(decision.data["transfer"])
    asked = data.get("requisition")
    header = Transfer(
        id=derived("transfer", decision.id),
        transfer_id=transfer,
        kind="shipment",
        from_place=place,
        to_place=to,
        since=decision.at,
        requisition_id=None if asked is None else UUID(asked),
        waybill=data.get("waybill"),
        announced=[],
        repaired=False,
    )
    if to == virtual_place("customer"):
        return write_lines(session, decision, place, to, None, header)
    return write_lines(session, decision, place, virtual_place("in_transit"), transfer, header)


def write_removing(session: Session, decision: Decision) -> Changes:
    """Parts leave the place: to scrap, or to the supplier for good or for repair."""
    place, goal = UUID(decision.data["place"]), virtual_place(decision.data["to"])
    return write_lines(session, decision, place, goal, None, *repairs.repairs_of(decision))


def write_delivery(session: Session, decision: Decision) -> Changes:
    """The delivery is under way to the place; what arrives of it comes from the supplier."""
    data = decision.data
    header = Transfer(
        id=derived("transfer", decision.id),
        transfer_id=UUID(data["delivery"]),
        kind="delivery",
        from_place=virtual_place("supplier"),
        to_place=UUID(data["place"]),
        since=decision.at,
        supplier=data["supplier"],
        due=date.fromisoformat(data["due"]) if data["due"] else None,
        announced=list(data["lines"]),
        repaired=bool(data.get("repaired") or data.get("removal")),
        removal_id=UUID(data["removal"]) if data.get("removal") else None,
    )
    return replace(session, Subject("decision", decision.id), (Transfer,), [header])


def delivery_subjects(data: Data) -> list[Subject]:
    """The transfer that the delivery is."""
    return [Subject("transfer", UUID(data["delivery"]))]

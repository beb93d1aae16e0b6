"""What the desk decides before and after a customer's order is shipped: a gate was passed, is taken
back, the customer was told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import instant_from, instant_text
from models.refusals import Refused
from models.stock.demand import Requisition
from models.stock.order_rows import CustomerShipment, RequisitionGate, open_gates
from models.stock.requisitions import check_open

Data = Mapping[str, Any]


def check_passing(session: Session, data: Data) -> None:
    """The gate is open, and whoever passes it says what they saw: a number, or one of its answers.
    Raises Refused."""
    gate = _gate(session, data)
    if gate.passed is not None:
        raise Refused("gate_state", "gate", f"it was passed {instant_text(gate.passed)}")
    if gate.answers and data["answer"] not in gate.answers:
        raise Refused("wrong_value", "answer", f"one of {', '.join(gate.answers)}")
    if not gate.answers and data["answer"] is not None:
        raise Refused("wrong_value", "answer", "there is nothing to choose here")
    if not gate.answers and data["number"] is None:
        raise Refused("wrong_value", "number", "name what was seen by its number")


def check_reopening(session: Session, data: Data) -> None:
    """The gate was passed, and nothing was shipped since. Raises Refused."""
    gate = _gate(session, data)
    if gate.passed is None:
        raise Refused("gate_state", "gate", "it is open")
    query = select(CustomerShipment.id)
    shipped = query.where(CustomerShipment.requisition_id == gate.requisition_id)
    if session.scalar(shipped.limit(1)) is not None:
        raise Refused("gate_state", "gate", "parts were shipped by it")


def _gate(session: Session, data: Data) -> RequisitionGate:
    query = select(RequisitionGate).where(
        RequisitionGate.requisition_id == check_open(session, data).id,
        RequisitionGate.gate == data["gate"],
    )
    found = session.scalar(query)
    if found is None:
        raise Refused("unknown", "gate")
    return found


def check_shipping(session: Session, order: Requisition, data: Data) -> None:
    """What is shipped goes to the customer with a waybill, and no gate is open. The order is
    locked, so that none opens meanwhile. Raises Refused."""
    if data["to"] != str(order.place_id):
        raise Refused("wrong_value", "to", "a customer's order leaves for the customer")
    shut = open_gates(session, order.id)
    if shut:
        raise Refused("gate_open", f"gates.{shut[0].gate}", "; ".join(map(_told, shut)))
    if data.get("waybill") is None:
        raise Refused("wrong_value", "waybill", "a shipment to a customer has its number")


def _told(gate: RequisitionGate) -> str:
    return f"{gate.gate} ({gate.clause}): {gate.says['en']} {gate.says['zh']}"


def check_telling(session: Session, data: Data) -> None:
    """The shipment was the order's, and nobody told the customer of it yet; when they do so now, no
    time is named. Raises Refused."""
    query = select(CustomerShipment).where(
        CustomerShipment.requisition_id == UUID(data["requisition"]),
        CustomerShipment.transfer_id == UUID(data["transfer"]),
    )
    found = session.scalar(query)
    if found is None:
        raise Refused("unknown", "transfer")
    if found.told is not None:
        raise Refused("exists", "transfer", f"they were told {instant_text(found.told)}")
    if data["at"] is not None and instant_from(data["at"]) < found.shipped:
        raise Refused("wrong_value", "at", f"it was shipped {instant_text(found.shipped)}")


def refuse_future(session: Session, now: datetime, data: Data) -> Data:
    """Nobody was told yet in the future. Raises Refused."""
    if data["at"] is not None and instant_from(data["at"]) > now:
        raise Refused("wrong_value", "at", "it has not happened yet")
    return data

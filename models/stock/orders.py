"""A customer's order follows from its contract and what was decided: which gates stand before it,
who passed them, by when it was promised to be shipped and told, and what was not in time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from uuid import UUID

from sqlalchemy.orm import Session

from models.clock import instant_from, instant_text
from models.contracts.clock import Event, Request, promises
from models.contracts.desk import ground_at, plans_of
from models.contracts.plan import Gate
from models.derived import Derived
from models.ids import derived
from models.stock.order_rows import CustomerShipment, RequisitionGate
from models.timeline import Decided, Entry, Folding, Passed

PASSED, REOPENED = "requisition.gate_passed", "requisition.gate_reopened"
SHIPPED, TOLD = "stock.shipped", "requisition.told"
LATE, UNTOLD = "requisition.late", "requisition.untold"  # moments, when something was due


@dataclass
class Order:
    """What a customer's order adds to a requisition: how it was opened, and what the desk decided
    of it since."""

    session: Session
    opened: Decided
    passed: dict[str, Decided] = field(default_factory=dict)
    shipped: list[Decided] = field(default_factory=list)
    told: dict[str, Decided] = field(default_factory=dict)

    def decide(self, one: Decided) -> None:
        """What a decision does to it. The customer was told when they were told first."""
        if one.kind == PASSED:
            self.passed[one.data["gate"]] = one
        elif one.kind == REOPENED:
            self.passed.pop(one.data["gate"], None)
        elif one.kind == SHIPPED:
            self.shipped.append(one)
        elif one.kind == TOLD:
            self.told.setdefault(one.data["transfer"], one)

    @property
    def contract_id(self) -> UUID:
        return UUID(self.opened.data["contract"])

    @property
    def customer_id(self) -> UUID:
        return UUID(self.opened.data["customer"])

    @property
    def kind(self) -> str:
        return str(self.opened.data["kind"])

    @cached_property
    def gates(self) -> Sequence[Gate]:
        """The gates that stand before an order of its kind, as the plan said when it was opened."""
        (plan,) = plans_of(self.session, [self.opened.data["agreed"]])
        return [gate for gate in plan.gates if gate.stands_before(self.kind)]

    @property
    def cleared(self) -> datetime | None:
        """When the last gate was passed; at once where there is none."""
        if any(gate.name not in self.passed for gate in self.gates):
            return None
        return max([self.opened.at, *(self.passed[gate.name].at for gate in self.gates)])

    @property
    def ship_due(self) -> datetime | None:
        """By when it was promised to be shipped."""
        return None if self.cleared is None else self._due("shipment", "cleared", self.cleared)

    def tell_due(self, shipped: datetime) -> datetime | None:
        """By when the customer has to be told of what was shipped then."""
        return self._due("notice", "shipped", shipped)

    def _due(self, kind: str, event: str, at: datetime) -> datetime | None:
        """When what the plan promises of that kind from the event on is due first."""
        agreed = self.opened.data["agreed"]
        (plan,) = plans_of(self.session, [agreed])
        ground = ground_at(self.session, self.opened.data["zone"], self.opened.at)
        dates = {name: date.fromisoformat(value) for name, value in agreed["dates"].items()}
        events = [Event("reported", self.opened.at), Event(event, at)]
        found = promises(plan, Request(ground, events, agreed["fixed"], dates))
        fits = (one for one in found if (one.target.kind, one.target.start) == (kind, (event,)))
        return min((one.due.at for one in fits if one.due.at is not None), default=None)


def order_rows(id_: UUID, order: Order) -> Iterable[Derived]:
    """The order's gates, and what was shipped of it."""
    for position, gate in enumerate(order.gates, start=1):
        yield _gate(id_, position, gate, order.passed.get(gate.name))
    for one in order.shipped:
        yield _shipment(id_, one, order.told.get(one.data["transfer"]), order.tell_due(one.at))


def _gate(id_: UUID, position: int, gate: Gate, passed: Decided | None) -> RequisitionGate:
    said = {} if passed is None else passed.data
    return RequisitionGate(
        id=derived("requisition_gate", id_, gate.name),
        requisition_id=id_,
        gate=gate.name,
        position=position,
        clause=gate.clause,
        says=gate.says._asdict(),
        answers={name: words._asdict() for name, words in gate.answers.items()},
        passed=None if passed is None else passed.at,
        passed_by=None if passed is None else passed.user_id,
        number=said.get("number"),
        answer=said.get("answer"),
        note=said.get("note"),
    )


def _shipment(
    id_: UUID, shipped: Decided, told: Decided | None, due: datetime | None
) -> CustomerShipment:
    return CustomerShipment(
        id=derived("customer_shipment", shipped.id),
        requisition_id=id_,
        transfer_id=UUID(shipped.data["transfer"]),
        shipped=shipped.at,
        waybill=shipped.data["waybill"],
        tell_due=due,
        told=None if told is None else _when(told),
        told_by=None if told is None else told.user_id,
        note=None if told is None else told.data["note"],
    )


def _when(told: Decided) -> datetime:
    """When the customer was told: as it was said, else when it was noted."""
    at = told.data["at"]
    return told.at if at is None else instant_from(at)


def find_late(folding: Folding, order: Order, ended: bool, entries: Sequence[Entry]) -> None:
    """Find what was due, as a night noticed, and is not done: parts to be shipped, and customers to
    be told."""
    noticed = {(one.kind, one.at) for one in entries if isinstance(one, Passed)}
    whose = {"contract": str(order.contract_id), "customer": str(order.customer_id)}
    due, cleared = order.ship_due, order.cleared
    if due is not None and cleared is not None and not ended and (LATE, due) in noticed:
        when = {"cleared": instant_text(cleared), "due": instant_text(due)}
        folding.find("requisition.not_shipped", due, when["due"], **whose, **when)
    for one in order.shipped:
        due, transfer = order.tell_due(one.at), one.data["transfer"]
        if due is not None and transfer not in order.told and (UNTOLD, due) in noticed:
            sent = {"transfer": transfer, "waybill": one.data["waybill"]}
            when = {"shipped": instant_text(one.at), "due": instant_text(due)}
            folding.find("requisition.not_told", due, transfer, **whose, **sent, **when)

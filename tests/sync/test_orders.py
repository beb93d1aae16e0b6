"""A customer's order of parts: gates stand before it is shipped, and what is late is found."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from models.clock import instant_text
from models.contracts.rows import Contract
from models.derived import Subject
from models.facts import Moment
from models.refusals import Refused
from models.stock import ledger, transit
from models.stock.demand import Requisition, Transfer
from models.stock.order_rows import CustomerShipment, RequisitionGate
from models.stock.rows import StockStatement, virtual_place
from sync import decide as deciding
from sync import judge
from sync.device import Json
from sync.invariants import violations
from sync.nightly import note_late, note_stuck
from tests.contracts.agreed import agree
from tests.contracts.examples import PLANS
from tests.world import World

DAY = 24 * 3600
REPORTS = {"report_day": 5}


@pytest.fixture
def dealer(world: World) -> World:
    """A company with ten rollers, and a dealer of electric bicycles under contract."""
    world.stock_van("main", "10")
    agree(world, "ebike-dealer", parameters=REPORTS)
    return world


def order(world: World, kind: str = "sold", **changed: Any) -> str:
    """The dealer wants three rollers."""
    requisition = str(world.new("order of parts"))
    data = {
        "requisition": requisition, "place": None, "contract": world["contract"], "kind": kind,
        "lines": rollers(world, "3"), "requester": None, "visit": None, "needed": None,
        "urgent": False,
    }  # fmt: skip
    world.decide("requisition.opened", **{**data, **changed})
    return requisition


def rollers(world: World, quantity: str) -> list[Json]:
    return [{"part": world["roller"], "quantity": quantity, "serial": None}]


def let(world: World, gate: str, **said: Any) -> None:
    number = None if said.get("answer") else f"{gate}-1"
    data = {"gate": gate, "number": number, "answer": None, "note": ""}
    world.decide("requisition.gate_passed", requisition=world["order of parts"], **{**data, **said})


def reopen(world: World, gate: str) -> None:
    world.decide("requisition.gate_reopened", requisition=world["order of parts"], gate=gate,
                 reason="款项退回")  # fmt: skip


def ship(world: World, quantity: str = "3", **changed: Any) -> str:
    transfer = str(world.new("transfer"))
    data = {
        "requisition": world["order of parts"], "place": world["main"], "transfer": transfer,
        "to": str(virtual_place("customer")), "lines": rollers(world, quantity), "freight": None,
        "waybill": "SF-1",
    }  # fmt: skip
    world.decide("stock.shipped", "wang", **{**data, **changed})
    return transfer


def tell(world: World, **changed: Any) -> None:
    data = {"requisition": world["order of parts"], "transfer": world["transfer"], "note": "电话"}
    world.decide("requisition.told", **{**data, "at": None, **changed})


def row(world: World) -> Any:
    world.drain()
    return world.rows(Requisition, Requisition.id == world.named["order of parts"])[0]


def night(world: World, days: float = 0) -> set[str]:
    """What is open after a night so many days later."""
    world.clock.advance(days * DAY)
    note_late(world.house)
    note_stuck(world.house)
    world.drain()
    assert world.house.database.read(violations) == {}
    return world.open_findings()


# Gates


@pytest.mark.parametrize(
    ("kind", "paid_for", "gates"),
    [
        ("sold", "any", ["paid"]),
        ("guarantee", "any", ["paid", "list", "waybill"]),
        ("guarantee", "sold", ["list", "waybill"]),
    ],
)
def test_nothing_is_shipped_while_a_gate_of_its_kind_is_open(
    world: World, kind: str, paid_for: str, gates: list[str]
) -> None:
    world.stock_van("main", "10")
    agree(world, "ebike-dealer", parameters={**REPORTS, "paid_for": paid_for})
    id_ = order(world, kind)
    world.decide("requisition.reserved", "wang", requisition=id_, place=world["main"],
                 lines=rollers(world, "3"))  # fmt: skip
    world.decide("requisition.picked", "wang", requisition=id_)
    for gate in gates:
        with pytest.raises(Refused, match=rf"gate_open at gates.{gate}: {gate} \(ebike-dealer.1"):
            ship(world)
        assert row(world).cleared is None
        let(world, gate)
    assert row(world).status == "picked"
    ship(world)
    assert row(world).status == "shipped"
    stands = world.rows(RequisitionGate)
    told = [
        (one.gate, one.number, one.passed_by) for one in sorted(stands, key=lambda g: g.position)
    ]
    assert told == [(gate, f"{gate}-1", world.named["dora"]) for gate in gates]


def test_what_is_shipped_leaves_for_the_customer_and_nobody_has_to_receive_it(
    dealer: World,
) -> None:
    order(dealer)
    let(dealer, "paid")
    transfer = ship(dealer, "2")
    assert row(dealer).status == "submitted"
    ship(dealer, "1", waybill="SF-2")
    assert (row(dealer).status, row(dealer).place_id) == ("shipped", virtual_place("customer"))
    net = dealer.house.database.read(ledger.net_of_moves)
    assert net[virtual_place("customer"), dealer.named["roller"]] == 3
    assert net.get((virtual_place("in_transit"), dealer.named["roller"]), 0) == 0
    (header,) = dealer.rows(Transfer, Transfer.waybill == "SF-1")
    assert (str(header.transfer_id), header.to_place) == (transfer, virtual_place("customer"))
    assert dealer.rows(Transfer, transit.is_under_way()) == []
    assert night(dealer, 30) == {"requisition.not_told"}


def test_a_gate_is_taken_back_until_something_is_shipped_and_never_after(dealer: World) -> None:
    order(dealer)
    let(dealer, "paid")
    with pytest.raises(Refused, match="gate_state"):
        let(dealer, "paid")
    reopen(dealer, "paid")
    with pytest.raises(Refused, match="gate_open"):
        ship(dealer)
    with pytest.raises(Refused, match="gate_state"):
        reopen(dealer, "paid")
    let(dealer, "paid", number="SK-2")
    ship(dealer, "1")
    with pytest.raises(Refused, match="gate_state at gate: parts were shipped"):
        reopen(dealer, "paid")
    ship(dealer, "2")
    with pytest.raises(Refused, match="requisition_ended"):
        reopen(dealer, "paid")
    assert [one.number for one in dealer.rows(RequisitionGate)] == ["SK-2"]


@pytest.mark.parametrize("answer", ["within", "billed"])
def test_whoever_passes_a_gate_with_answers_gives_one(world: World, answer: str) -> None:
    world.stock_van("main", "10")
    blanks = {**REPORTS, "notice_days": 1, "receipt_days": 1, "sale_days": 1}
    agree(world, "parts-dealer", parameters=blanks)
    order(world, "guarantee")
    for wrong in ({"answer": "perhaps"}, {"answer": None, "number": "F-1"}):
        with pytest.raises(Refused, match="wrong_value at answer: one of within, billed"):
            let(world, "fund", **wrong)
    let(world, "fund", answer=answer)
    ship(world)
    (gate,) = world.rows(RequisitionGate)
    assert (gate.answer, gate.says["zh"][:4]) == (answer, "维修材料")
    assert row(world).ship_due is None


def test_gates_and_dues_stay_as_they_were_agreed_when_the_order_was_opened(dealer: World) -> None:
    order(dealer)
    first = dealer.named["order of parts"]
    text = (PLANS / "ebike-dealer.yaml").read_text()
    later = text.replace("version: 2", "version: 3").replace("gate: paid", "gate: prepaid")
    later = later.replace("within: 3 days", "within: 1 days")
    agree(dealer, "ebike-dealer", "later", text=later, parameters=REPORTS)

    def change(session: Session, now: datetime) -> None:
        contract = session.get_one(Contract, dealer.named["contract"])
        contract.plan_id = session.get_one(Contract, dealer.named["later"]).plan_id

    dealer.house.database.transact(change)
    let(dealer, "paid")
    (gate,) = dealer.rows(RequisitionGate)
    due = row(dealer).ship_due
    assert (gate.gate, instant_text(due)) == ("paid", "2026-11-25T16:00:00.000Z")
    order(dealer)
    gates = dealer.rows(RequisitionGate, RequisitionGate.requisition_id != first)
    assert [one.gate for one in gates] == ["prepaid"]


# Freight


@pytest.mark.parametrize(
    ("plan", "urgent", "bearer"),
    [
        ("ebike-dealer", False, "company"), ("ebike-dealer", True, "company"),
        ("parts-dealer", False, "company"), ("parts-dealer", True, "requester"),
        ("led-display", True, "requester"), ("led-display", False, "company"),
    ],
)  # fmt: skip
def test_who_bears_the_freight_the_plan_says(
    world: World, plan: str, urgent: bool, bearer: str
) -> None:
    blanks = {
        "ebike-dealer": REPORTS, "led-display": {"free_months": 12},
        "parts-dealer": {**REPORTS, "notice_days": 1, "receipt_days": 1, "sale_days": 1},
    }  # fmt: skip
    agree(world, plan, parameters=blanks[plan])
    order(world, urgent=urgent)
    assert row(world).freight == bearer


# In time


def test_an_order_that_is_not_shipped_three_days_after_its_last_gate_is_found(
    dealer: World,
) -> None:
    order(dealer, "guarantee")
    assert night(dealer, 9) == set()
    for gate in ("paid", "list", "waybill"):
        let(dealer, gate)
    due = row(dealer).ship_due
    assert instant_text(due) == "2026-12-04T16:00:00.000Z"  # cleared on the 1st, in Shanghai
    assert night(dealer, 3) == set()
    assert night(dealer, 1) == {"requisition.not_shipped"}
    (found,) = dealer.found("requisition.not_shipped")
    assert (found.since, found.evidence["due"]) == (due, instant_text(due))
    assert night(dealer) == {"requisition.not_shipped"}
    ship(dealer)
    tell(dealer)
    assert night(dealer) == set()
    assert [one.kind for one in dealer.rows(Moment)] == ["requisition.late"]


@pytest.mark.parametrize("resolution", ["customer_told", "excused"])
def test_a_special_case_of_which_the_customer_is_told_is_settled(
    dealer: World, resolution: str
) -> None:
    order(dealer)
    let(dealer, "paid")
    assert night(dealer, 5) == {"requisition.not_shipped"}
    dealer.settle("requisition.not_shipped", resolution)
    dealer.decide("requisition.reserved", "wang", requisition=dealer["order of parts"],
                  place=dealer["main"], lines=rollers(dealer, "3"))  # fmt: skip
    assert night(dealer, 1) == set()


def test_an_order_whose_gate_was_taken_back_is_not_late_until_the_new_due_time(
    dealer: World,
) -> None:
    order(dealer)
    let(dealer, "paid")
    assert night(dealer, 5) == {"requisition.not_shipped"}
    reopen(dealer, "paid")
    assert night(dealer) == set()
    let(dealer, "paid")
    assert night(dealer, 1) == set()
    assert night(dealer, 4) == {"requisition.not_shipped"}
    dealer.decide("requisition.refused", "wang", requisition=dealer["order of parts"], reason="x")
    assert night(dealer) == set()


def test_a_shipment_of_which_nobody_told_the_customer_that_day_is_found_until_somebody_does(
    dealer: World,
) -> None:
    order(dealer)
    let(dealer, "paid")
    ship(dealer, "1")
    first = dealer["transfer"]
    tell(dealer)
    ship(dealer, "2", waybill="SF-2")
    assert night(dealer) == set()
    assert night(dealer, 1) == {"requisition.not_told"}
    (found,) = dealer.found("requisition.not_told")
    assert found.evidence["transfer"] == dealer["transfer"] != first
    shipped = dealer.rows(CustomerShipment, CustomerShipment.waybill == "SF-2")[0].shipped
    tell(dealer, at=instant_text(shipped + timedelta(hours=1)))
    assert night(dealer) == set()


# Any order of arrival


def test_a_customers_order_is_the_same_however_often_and_when_it_is_judged(dealer: World) -> None:
    order(dealer, "guarantee")
    subject = Subject("requisition", dealer.named["order of parts"])

    def rows() -> Any:
        tables = (Requisition, RequisitionGate, CustomerShipment, StockStatement, Transfer)
        return [
            sorted((str(one.id), one.values()) for one in dealer.rows(table)) for table in tables
        ]

    steps: list[Callable[[], object]] = [
        lambda: let(dealer, "waybill"), lambda: let(dealer, "list"),
        lambda: reopen(dealer, "waybill"), lambda: let(dealer, "waybill", number="W-2"),
        lambda: let(dealer, "paid"), lambda: ship(dealer), lambda: tell(dealer),
    ]  # fmt: skip
    for step in steps:
        step()
        dealer.clock.advance(DAY)
        night(dealer)
        before = rows()
        for _ in range(2):
            judge.judge(dealer.house.database, subject)
            dealer.house.database.transact(
                lambda session, now: deciding.refold(session, now, subject)
            )
        assert rows() == before
        assert dealer.house.database.read(violations) == {}

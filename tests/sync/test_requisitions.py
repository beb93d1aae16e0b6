"""Parts asked for, reserved, shipped and received; and what does not fit on their way."""

from decimal import Decimal
from typing import Any

import pytest

from models.derived import Source
from models.findings import Finding
from models.refusals import Refused
from models.stock import keeping, ledger, levels
from models.stock.demand import Claim, Requisition, RequisitionLine, StockLevel
from models.stock.rows import Balance, Move, PlaceKeeper, virtual_place
from sync import nightly
from sync.device import Device, Json
from sync.invariants import violations
from tests.statements import Statement, put, state
from tests.world import World, proved


def lies(world: World, place: str, part: str = "roller") -> Decimal:
    return world.house.database.read(
        lambda session: ledger.balance(session, world.named[place], world.named[part])
    )


def in_transit(world: World) -> Decimal:
    place = (virtual_place("in_transit"), world.named["roller"])
    return world.house.database.read(ledger.net_of_moves).get(place, Decimal(0))


def ask(world: World, device: Device, quantity: str = "3") -> str:
    """The requisition of three rollers, or so many, that the phone states, when it has arrived."""
    world.clock.advance(60)
    wanted = [{"part": world["roller"], "quantity": quantity}]
    state(device, world, "parts.requested", "", lines=wanted)
    proved(world, device)
    return str(max(world.rows(Requisition), key=lambda one: one.asked).id)


def decide(world: World, verb: str, requisition: str, **data: Any) -> None:
    world.clock.advance(60)
    world.decide(f"requisition.{verb}", "wang", requisition=requisition, **data)


def rollers(world: World, quantity: str, **more: Any) -> list[Json]:
    return [{"part": world["roller"], "quantity": quantity, "serial": None, **more}]


def reserve(world: World, requisition: str, quantity: str = "3") -> None:
    decide(world, "reserved", requisition, place=world["main"], lines=rollers(world, quantity))


def ship(world: World, requisition: str | None, lines: list[Json], **more: Any) -> str:
    world.clock.advance(60)
    transfer = str(world.new("transfer"))
    world.decide("stock.shipped", "wang", place=world["main"], to=world["van-a"], lines=lines,
                 transfer=transfer, requisition=requisition, **more)  # fmt: skip
    return transfer


def receive(world: World, device: Device, transfer: str, lines: list[Json]) -> None:
    world.clock.advance(60)
    place = ("place", str(world["van-a"]))
    data = {"transfer": transfer, "lines": [{k: v for k, v in one.items() if v} for one in lines]}
    put(device, "stock.received", Statement(place, data))


def status(world: World, requisition: str) -> str:
    found = [one.status for one in world.rows(Requisition) if str(one.id) == requisition]
    return str(found[0])


def test_parts_asked_for_on_the_phone_come_into_the_van(world: World, ann: Device) -> None:
    requisition = ask(world, ann)
    steps = [status(world, requisition)]
    reserve(world, requisition)
    steps.append(status(world, requisition))
    decide(world, "picked", requisition)
    steps.append(status(world, requisition))
    transfer = ship(world, requisition, rollers(world, "3"))
    steps.append(status(world, requisition))
    proved(world, ann)
    shown = ann.documents("stock")[world["van-a"]]
    (incoming,) = shown["incoming"]
    assert incoming["transfer"] == transfer
    assert [(one["part"], one["quantity"]) for one in incoming["lines"]] == [
        (world["roller"], "3.000")
    ]
    assert [one["status"] for one in shown["requisitions"]] == ["in_transit"]
    receive(world, ann, transfer, rollers(world, "3"))
    proved(world, ann)
    steps.append(status(world, requisition))
    assert steps == ["submitted", "reserved", "picked", "in_transit", "received"]
    assert [lies(world, "main"), lies(world, "van-a"), in_transit(world)] == [7, 3, 0]
    shown = ann.documents("stock")[world["van-a"]]
    assert (shown["incoming"], shown["requisitions"]) == ([], [])
    assert world.open_findings() == set()


def test_what_is_reserved_is_for_nobody_else_until_it_is_released(
    world: World, ann: Device
) -> None:
    first, second = ask(world, ann, "8"), ask(world, ann)
    reserve(world, first, "8")
    with pytest.raises(Refused, match=r"2.000 are free"):
        reserve(world, second, "3")
    with pytest.raises(Refused, match="not_enough"):
        ship(world, second, rollers(world, "3"))
    with pytest.raises(Refused, match="not_enough") as refused:
        ship(world, None, rollers(world, "3"))
    kept = f"of 10.000 that lie there 8.000 are reserved for requisition {first}"
    assert refused.value.detail == f"2.000 are free: {kept}"
    decide(world, "released", first)
    reserve(world, second, "3")
    assert (status(world, first), status(world, second)) == ("submitted", "reserved")


@pytest.mark.parametrize(("sent", "kept"), [("1", "2.000"), ("2", "1.000"), ("3", "0")])
def test_what_came_from_elsewhere_is_kept_back_no_more(
    world: World, ann: Device, sent: str, kept: str
) -> None:
    requisition = ask(world, ann)
    reserve(world, requisition)
    world.stock_van("van-b", sent)
    transfer = str(world.new("transfer"))
    world.decide(
        "stock.shipped", "wang", place=world["van-b"], to=world["van-a"], transfer=transfer,
        lines=rollers(world, sent), requisition=requisition,
    )  # fmt: skip
    assert sum(claim.quantity for claim in world.rows(Claim)) == Decimal(kept)
    proved(world)
    receive(world, ann, transfer, rollers(world, sent))
    ann.sync()
    world.drain()
    assert status(world, requisition) == ("reserved" if Decimal(kept) else "received")


def test_where_a_late_fact_eats_what_was_reserved_the_newest_claim_loses(
    world: World, ann: Device
) -> None:
    keep(world, "main", "bob")
    bob = world.device("bob")
    bob.sync()
    lines = [{"part": world["roller"], "quantity": "4"}]
    away = {"transfer": str(world.new("away")), "to": world["van-b"], "lines": lines}
    put(bob, "stock.transferred", Statement(("place", world["main"]), away))
    first, second = ask(world, ann, "5"), ask(world, ann, "5")
    reserve(world, first, "5")
    reserve(world, second, "5")
    proved(world, bob)
    (lost,) = world.rows(Finding, Finding.code == "stock.claim_lost", Finding.state == "open")
    told = (lost.evidence["requisition"], lost.evidence["claimed"], lost.evidence["there"])
    assert told == (second, "5.000", "1.000")
    ship(world, first, rollers(world, "5"))
    decide(world, "refused", second, reason="缺货")
    proved(world, ann)
    assert "stock.claim_lost" not in world.open_findings()


def keep(world: World, place: str, user: str) -> None:
    row = PlaceKeeper(
        id=world.new("keeping"), place_id=world.named[place], user_id=world.named[user],
        since=world.clock.now(), until=None,
    )  # fmt: skip
    world.add([row], {Source("place", world[place])})


def test_a_substitute_counts_for_what_was_asked_for(world: World, ann: Device) -> None:
    requisition = ask(world, ann)
    head = {"part": world["head"], "quantity": "1", "serial": "S-1", "instead_of": world["roller"]}
    decide(world, "reserved", requisition, place=world["main"], lines=[head])
    ship(world, requisition, [head], freight="requester")
    (line,) = world.rows(RequisitionLine)
    assert (line.part_id, line.shipped) == (world.named["roller"], 1)
    (row,) = world.rows(Requisition)
    assert (row.urgent, row.freight, row.status) == (True, "requester", "in_transit")


@pytest.mark.parametrize("verb", ["reserved", "shipped"])
@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ([("roller", "3.001", None)], "lines.0.quantity"),
        ([("roller", "2", None), ("head", "1", "roller"), ("roller", "1", None)],
         "lines.2.quantity"),
        ([("head", "1", None)], "lines.0.part"),
        ([("roller", "1", "head")], "lines.0.instead_of"),
        ([("roller", "1", "van-a")], "lines.0.instead_of"),
    ],
)  # fmt: skip
def test_what_nobody_wants_is_neither_reserved_nor_shipped(
    world: World, ann: Device, verb: str, lines: list[tuple[str, str, str | None]], field: str
) -> None:
    requisition = ask(world, ann)
    told = [
        {"part": world[part], "quantity": quantity, "serial": "S-1" if part == "head" else None,
         "instead_of": None if instead_of is None else world[instead_of]}
        for part, quantity, instead_of in lines
    ]  # fmt: skip
    kind = f"requisition.{verb}" if verb == "reserved" else f"stock.{verb}"
    goal = {"to": world["van-a"], "transfer": str(world.new("transfer"))}
    with pytest.raises(Refused) as refused:
        world.decide(kind, "wang", requisition=requisition, place=world["main"], lines=told, **goal)
    code = "unknown" if lines[0][2] == "van-a" else "not_wanted"
    assert (refused.value.kind.code, refused.value.field) == (code, field)
    assert status(world, requisition) == "submitted"
    assert lies(world, "main") == 10


def test_what_was_reserved_or_shipped_is_wanted_no_more(world: World, ann: Device) -> None:
    requisition = ask(world, ann)
    reserve(world, requisition, "2")
    with pytest.raises(Refused, match=r"not_wanted .* 1.000 are still wanted"):
        reserve(world, requisition, "2")
    ship(world, requisition, rollers(world, "2"))
    with pytest.raises(Refused, match="not_wanted"):
        ship(world, requisition, rollers(world, "2"))
    reserve(world, requisition, "1")
    ship(world, requisition, rollers(world, "1"))
    assert status(world, requisition) == "in_transit"


def test_a_requisition_by_somebody_who_does_not_keep_the_place_is_held(
    world: World, ann: Device
) -> None:
    state(ann, world, "parts.requested", "", place=world["van-b"])
    proved(world, ann)
    assert world.rows(Requisition) == []


@pytest.mark.parametrize("when", ["before", "between", "after", "twice"])
def test_who_asks_for_parts_and_keeps_the_place_gets_them_in_any_order(
    world: World, when: str
) -> None:
    bob = world.device("bob")
    keeps(world, when in {"before", "twice"})
    state(bob, world, "parts.requested", "")
    keeps(world, when == "between")
    bob.sync()
    world.drain()
    asked = world.rows(Requisition)
    assert [one.user_id for one in asked] == ([] if when == "after" else [world.named["bob"]])
    keeps(world, when in {"after", "twice"})
    bob.sync()
    world.drain()
    (one,) = world.rows(Requisition)
    assert (one.place_id, one.user_id) == (world.named["van-a"], world.named["bob"])
    assert world.house.database.read(violations) == {}


def keeps(world: World, yes: bool) -> None:
    """Bob becomes a keeper of ann's van, if so."""
    van, bob = world.named["van-a"], world.named["bob"]
    if yes:
        world.house.database.transact(
            lambda session, now: session.add(keeping.keeper(session, now, world.ids, van, bob))
        )


def test_nobody_ships_for_a_requisition_from_where_it_is_wanted(world: World, ann: Device) -> None:
    world.stock_van("van-a", "3")
    requisition = ask(world, ann)
    data = {"requisition": requisition, "transfer": str(world.new("transfer"))}
    here = {"place": world["van-a"], "to": world["van-a"], "lines": rollers(world, "3")}
    with pytest.raises(Refused, match="wrong_value at place"):
        world.decide("stock.shipped", "wang", **data, **here)


def test_what_is_refused_ends(world: World, ann: Device) -> None:
    requisition = ask(world, ann)
    decide(world, "refused", requisition, reason="停产")
    assert status(world, requisition) == "refused"
    proved(world, ann)
    assert ann.documents("stock")[world["van-a"]]["requisitions"] == []


# What does not fit


def test_less_received_than_shipped_is_a_variance_until_the_rest_comes(
    world: World, ann: Device
) -> None:
    requisition = ask(world, ann)
    transfer = ship(world, requisition, rollers(world, "3"))
    receive(world, ann, transfer, rollers(world, "2"))
    proved(world, ann)
    assert (world.open_findings(), status(world, requisition)) == (
        {"stock.received_short"}, "in_transit",
    )  # fmt: skip
    receive(world, ann, transfer, rollers(world, "1"))
    proved(world, ann)
    assert (world.open_findings(), status(world, requisition)) == (set(), "received")


@pytest.mark.parametrize(
    ("received", "code"), [("2", "stock.received_short"), ("4", "stock.received_unshipped")]
)
def test_what_differs_on_the_way_is_written_off_by_a_person(
    world: World, ann: Device, received: str, code: str
) -> None:
    transfer = ship(world, None, rollers(world, "3"))
    receive(world, ann, transfer, rollers(world, received))
    proved(world, ann)
    assert world.open_findings() == {code}
    world.settle(code, "written_off", "wang")
    proved(world, ann)
    assert world.open_findings() == set()
    assert in_transit(world) == 0
    assert lies(world, "van-a") == int(received)
    discrepancy = (virtual_place("discrepancy"), world.named["roller"])
    assert world.house.database.read(ledger.net_of_moves).get(discrepancy, 0) == 0


@pytest.mark.parametrize("part", ["roller", "head"])
def test_a_requisition_ends_when_what_never_arrived_is_written_off(
    world: World, ann: Device, part: str
) -> None:
    requisition = ask(world, ann)
    lines = rollers(world, "3")
    if part == "head":
        head = {"part": world["head"], "quantity": "1", "serial": "S-1"}
        lines = [*rollers(world, "2"), {**head, "instead_of": world["roller"]}]
    transfer = ship(world, requisition, lines)
    receive(world, ann, transfer, rollers(world, "2"))
    proved(world, ann)
    assert status(world, requisition) == "in_transit"
    code = "stock.received_short"
    if part == "head":
        world.clock.advance(8 * 24 * 3600)
        nightly.note_stuck(world.house)
        world.drain()
        code = "stock.stuck_in_transit"
    world.settle(code, "written_off", "wang")
    assert status(world, requisition) == "received"
    proved(world, ann)
    assert ann.documents("stock")[world["van-a"]]["requisitions"] == []
    receive(world, ann, transfer, lines[1:] or rollers(world, "1"))
    proved(world, ann)
    assert status(world, requisition) == "received"


def test_two_vans_hand_parts_to_each_other_and_both_say_so(world: World, ann: Device) -> None:
    world.stock_van("van-b", "4")
    bob = world.device("bob")
    bob.sync()
    transfer = str(world.new("transfer"))
    data = {"transfer": transfer, "to": world["van-a"],
            "lines": [{"part": world["roller"], "quantity": "2"}]}  # fmt: skip
    world.clock.advance(60)
    receive(world, ann, transfer, rollers(world, "2"))
    proved(world, ann)
    assert world.open_findings() == {"stock.received_unshipped"}
    put(bob, "stock.transferred", Statement(("place", world["van-b"]), data))
    proved(world, bob, ann)
    assert [lies(world, "van-a"), lies(world, "van-b"), in_transit(world)] == [2, 2, 0]
    assert world.open_findings() == set()


# From the supplier, and away for good


@pytest.mark.parametrize("announced_first", [True, False])
def test_what_a_supplier_delivers_comes_from_the_supplier(
    world: World, ann: Device, announced_first: bool
) -> None:
    delivery = str(world.new("delivery"))
    head = {"part": world["head"], "quantity": "1", "serial": "S-7"}
    both = [{"part": world["roller"], "quantity": "5", "price_fen": 1200},
            {"part": world["head"], "quantity": "1", "price_fen": 90000}]  # fmt: skip

    def announce() -> None:
        world.decide("delivery.expected", "wang", delivery=delivery, place=world["van-a"],
                     supplier="东方备件", due="2026-12-01", lines=both)  # fmt: skip

    if announced_first:
        announce()
    receive(world, ann, delivery, [*rollers(world, "5"), head])
    proved(world, ann)
    if not announced_first:
        assert "stock.received_unshipped" in world.open_findings()
        announce()
        world.drain()
    proved(world, ann)
    assert world.open_findings() == set()
    assert [lies(world, "van-a"), lies(world, "van-a", "head"), in_transit(world)] == [5, 1, 0]
    supplier = (virtual_place("supplier"), world.named["roller"])
    assert world.house.database.read(ledger.net_of_moves)[supplier] == -5


def test_what_is_scrapped_leaves_the_books_for_scrap(world: World, ann: Device) -> None:
    world.decide("stock.removed", "wang", place=world["main"], to="scrap", reason="破损",
                 lines=rollers(world, "2"))  # fmt: skip
    assert lies(world, "main") == 8
    (move,) = world.rows(Move, Move.to_place == virtual_place("scrap"))
    assert move.quantity == 2
    assert world.rows(Balance, Balance.place_id == virtual_place("scrap")) == []


# What a place lacks


def test_a_place_lacks_what_its_levels_and_visits_need_beyond_what_is_coming(
    world: World, ann: Device
) -> None:
    def lacking() -> dict[str, Decimal]:
        place = world.named["van-a"]
        found = world.house.database.read(lambda session: levels.lacking(session, place))
        names = {world.named[name]: name for name in ("roller", "head")}
        return {names[part]: quantity for part, quantity in found.items()}

    level = StockLevel(
        id=world.new("level"), place_id=world.named["van-a"], part_id=world.named["roller"],
        shelf="A-1", least=Decimal(2), most=Decimal(6),
    )  # fmt: skip
    world.add([level], set())
    assert lacking() == {"roller": 6}
    requisition = ask(world, ann)
    assert lacking() == {}
    world.open_visit()
    planned = [{"part": world["roller"], "quantity": "2"}, {"part": world["head"], "quantity": "1"}]
    world.plan(world["visit"], world["order of visit"], parts_planned=planned)
    assert lacking() == {"roller": 5, "head": 1}
    ship(world, requisition, rollers(world, "3"))
    assert lacking() == {"roller": 5, "head": 1}

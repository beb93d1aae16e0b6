"""A scanned code is told apart: what it is, where it lies, and what whoever asks can do with it."""

from typing import Any
from uuid import UUID

import pytest

from api import rights
from api.rights import Reach
from api.scan_actions import ACTIONS, STEPS
from models.loaners import desk
from models.returns import deciding
from models.scanning import finding
from models.stock.demand import StockLevel
from models.units import TURNS
from sync.device import Json
from tests.api.door import Door, problem
from tests.api.operations import NOTHING, operations
from tests.lending import decided, lend
from tests.returned import agreement, ask, permit, permitted, receive, rollers
from tests.statements import state
from tests.world import World


@pytest.fixture
def world(world: World) -> World:
    """Rollers lie on a shelf of the warehouse and in both vans, a print head in each van."""
    world.stock_van("main", "10")
    world.stock_van("van-a", "5", "S-1")
    world.stock_van("van-b", "5", "S-2")
    level = StockLevel(
        id=world.new("level"), place_id=world.named["main"], part_id=world.named["roller"],
        shelf="A-03-2", least=2, most=8,
    )  # fmt: skip
    world.add([level], set())
    world.drain()
    return world


def scan(door: Door, code: str, who: str = "wang") -> list[Json]:
    items: list[Json] = door.get(f"/scan/{code}", who)["items"]
    return items


def only(door: Door, code: str, who: str = "wang") -> Json:
    (one,) = scan(door, code, who)
    return one


def lies(one: Json) -> list[Any]:
    return [(place["code"] or place["name"], place["quantity"]) for place in one["where"]]


def test_a_part_is_told_with_the_shelf_and_every_place_where_it_lies(door: Door) -> None:
    one = only(door, "R-1")
    assert (one["type"], one["name"], one["label"]) == ("part", "胶辊", "onsite:part:R-1")
    assert lies(one) == [("main", "10.000"), ("van-a", "5.000"), ("van-b", "5.000")]
    assert [place["shelf"] for place in one["where"]] == ["A-03-2", None, None]


def test_a_piece_is_told_by_its_number_wherever_it_lies_or_went(door: Door) -> None:
    one = only(door, "S-1")
    assert (one["type"], one["name"], lies(one)) == (
        "piece", "H-1 打印头", [("van-a", "1.000")]
    )  # fmt: skip
    door.post("/stock/removals", "wang", place=door.world["van-a"], to="scrap", reason="burnt",
              lines=[{"part": door.world["head"], "quantity": "1", "serial": "S-1"}])  # fmt: skip
    assert lies(only(door, "onsite:piece:S-1")) == [("scrap", "1.000")]


def test_places_shelves_loaners_and_assets_are_told(door: Door) -> None:
    told = [only(door, code) for code in ("main", "A-03-2", "main/A-03-2", "L-1", "A-1")]
    types = ["place", "shelf", "shelf", "loaner", "asset"]
    assert [one["type"] for one in told] == types
    assert told[1] == told[2]
    assert told[1]["where"][0]["shelf"] == "A-03-2"
    assert [(one["part_code"], one["quantity"]) for one in told[1]["holds"]] == [("R-1", "10.000")]
    assert (told[3]["code"], told[3]["where"]) == ("BP-100/L-1", [])
    assert told[4]["where"][0]["name"] == "门诊楼"


def test_a_customers_unit_is_told_where_it_lies_now_and_what_may_be_done_next(door: Door) -> None:
    world = door.world
    world.open_visit()
    phone = door.phone("ann")
    phone.device.sync()

    def told(kind: str = "") -> tuple[Any, set[str]]:
        world.clock.advance(60)
        if kind:
            state(phone.device, world, kind, world["visit"])
            phone.device.sync()
            world.drain()
        one = only(door, "A-1")
        (where,) = one["where"]
        actions = {action["operation"]: action for action in one["actions"]}
        assert {one["id"] in action["path"] for action in one["actions"]} == {True}
        assert "get_unit_history" in actions
        done = {name for name, action in actions.items() if action["method"] == "POST"}
        return (where["type"], where["name"]), done

    assert told() == (("site", "门诊楼"), set())
    assert told("unit.taken") == (("user", "Ann"), {"receive_unit"})
    offered = {one["operation"] for one in only(door, "A-1", "ann")["actions"]}
    assert "receive_unit" not in offered
    world.clock.advance(60)
    door.post(f"/units/{world['asset']}/receive", "wang", place=world["main"])
    assert told() == (("place", "main"), {"diagnose_unit"})
    world.clock.advance(60)
    door.post(f"/units/{world['asset']}/diagnose", "wang", fault="主板烧毁")
    open_to = {"diagnose_unit", "quote_repair", "finish_repair", "give_up_repair"}
    assert told() == (("place", "main"), open_to)
    assert told("unit.brought_back") == (("site", "门诊楼"), set())


def test_what_its_label_says_names_each_thing_again(door: Door) -> None:
    for code in ("R-1", "S-1", "van-a", "A-03-2", "L-1", "A-1"):
        one = only(door, code)
        assert only(door, one["label"]) == one
        assert one["label"] == f"onsite:{one['type']}:{one['code']}"


def test_transfers_and_requisitions_are_told_by_their_ids(door: Door) -> None:
    world = door.world
    phone = door.phone("ann")
    state(phone.device, world, "parts.requested", "")
    phone.device.once()
    world.drain()
    (asked,) = door.get("/requisitions", "wang")["items"]
    sent = door.post(
        f"/requisitions/{asked['id']}/ship", "wang", place=world["main"],
        lines=[{"part": world["roller"], "quantity": "3"}],
    )  # fmt: skip
    (transfer,) = sent["transfers"]
    assert only(door, asked["id"])["type"] == "requisition"
    told = only(door, f"onsite:transfer:{transfer}")
    assert (told["type"], lies(told)) == ("transfer", [("van-a", None)])
    assert [one["type"] for one in scan(door, asked["id"], "ann")] == ["requisition"]
    for code in (asked["id"], transfer):
        problem(door.ask("GET", f"/scan/{code}", "bob"), 404, "unknown", "code")


def test_a_return_is_told_by_its_id_to_whoever_has_to_do_with_it(door: Door) -> None:
    return_id = permitted(door.world)
    told = only(door, return_id)
    assert (told["type"], told["name"]) == ("return", "东方医院 (permitted)")
    assert "receive_return" in {one["operation"] for one in told["actions"]}
    offered = {one["operation"] for one in only(door, return_id, "dora")["actions"]}
    assert offered == {"get_return", "list_repairs"}
    problem(door.ask("GET", f"/scan/{return_id}", "ann"), 404, "unknown", "code")


# What would be accepted now


def may(door: Door, code: str, who: str = "wang") -> set[str]:
    """What may be decided of the one thing that the code names."""
    actions = only(door, code, who)["actions"]
    edits = ("edit_", "list_", "get_")
    return {one["operation"] for one in actions if not one["operation"].startswith(edits)}


def test_of_a_return_is_told_what_comes_next_and_of_a_closed_one_nothing(door: Door) -> None:
    world = door.world
    agreement(world)
    return_id = ask(world)
    assert may(door, return_id) == {"permit_return", "refuse_return"}
    permit(world, return_id)
    assert may(door, return_id) == {"receive_return", "close_return"}
    receive(world, return_id, rollers(world, "1"))
    assert may(door, return_id) == {"receive_return", "close_return"}
    world.decide("return.closed", "wang", **{"return": return_id, "note": ""})
    assert may(door, return_id) == set()


def test_of_a_return_that_differs_from_its_list_the_closing_waits(door: Door) -> None:
    world = door.world
    return_id = permitted(world, rollers(world, "2"))
    receive(world, return_id, rollers(world, "1"))
    assert may(door, return_id) == {"receive_return"}


def test_what_goes_straight_to_the_supplier_is_received_nowhere(door: Door) -> None:
    world = door.world
    agreement(world, "ebike-dealer")
    return_id = ask(world, case="out_of_warranty", goods="battery")
    permit(world, return_id, "supplier")
    assert may(door, return_id) == {"close_return"}


def test_of_a_loaner_is_told_what_its_state_permits(door: Door) -> None:
    world = door.world
    assert may(door, "L-1") == {"place_loaner", "reserve_loaner"}
    decided(world, "placed", place=world["van-a"])
    here = {"place_loaner", "reserve_loaner", "inspect_loaner", "lose_loaner"}
    assert may(door, "L-1") == here
    assert may(door, "L-1", "dora") == {"reserve_loaner"}
    world.open_visit()
    ann = door.phone("ann").device
    lend(world, ann)
    ann.sync()
    world.drain()
    out = {"place_loaner", "reserve_loaner", "extend_loan", "lose_loaner", "sell_loaner"}
    assert may(door, "L-1") == out
    decided(world, "lost", reason="nobody knows")
    assert may(door, "L-1") == {"place_loaner"}
    lend(world, ann)
    ann.sync()
    world.drain()
    decided(world, "sold", price_fen=None, note="")
    assert may(door, "L-1") == set()


def test_of_a_requisition_is_told_what_may_still_be_done_with_it(door: Door) -> None:
    world = door.world
    lines = [{"part": world["roller"], "quantity": "2"}]
    asked = door.post("/requisitions", "wang", place=world["van-a"], lines=lines)["id"]
    fresh = {"reserve_parts", "serve_requisition", "refuse_requisition"}
    assert may(door, asked) == fresh
    assert may(door, asked, "dora") == set()
    door.post(f"/requisitions/{asked}/reserve", "wang", place=world["main"], lines=lines)
    claimed = {"release_parts", "pick_parts", "serve_requisition", "refuse_requisition"}
    assert may(door, asked) == claimed
    door.post(f"/requisitions/{asked}/ship", "wang", place=world["main"], lines=lines)
    assert may(door, asked) == {"refuse_requisition"}
    other = door.post("/requisitions", "wang", place=world["van-a"], lines=lines)["id"]
    door.post(f"/requisitions/{other}/refuse", "wang", reason="停产")
    assert may(door, other) == set()


def test_a_place_is_asked_for_only_while_it_lacks_something(door: Door) -> None:
    world = door.world
    assert "open_suggestion" not in may(door, "main")
    lines = [{"part": world["roller"], "quantity": "9"}]
    door.post("/stock/removals", "wang", place=world["main"], to="scrap", reason="x", lines=lines)
    assert "open_suggestion" in may(door, "main")
    door.post(f"/places/{world['main']}/suggestion", "wang")
    assert "open_suggestion" not in may(door, "main")


def test_a_code_that_names_several_things_is_told_as_each_of_them(door: Door) -> None:
    door.post("/parts", "wang", code="L-1", name="卷纸")
    assert [one["type"] for one in scan(door, "L-1")] == ["part", "loaner"]
    assert only(door, "onsite:part:L-1")["name"] == "卷纸"


def test_a_technician_is_told_of_what_is_theirs_alone(door: Door) -> None:
    assert lies(only(door, "R-1", "ann")) == [("van-a", "5.000")]
    assert lies(only(door, "S-1", "ann")) == [("van-a", "1.000")]
    assert only(door, "van-a", "ann")["type"] == "place"
    for code in ("S-2", "van-b", "main", "A-03-2", "L-1", "A-1"):
        problem(door.ask("GET", f"/scan/{code}", "ann"), 404, "unknown", "code")
    door.world.open_visit("visit", "ann")
    door.world.decide("loaner.placed", "wang", loaner=door.world["loaner"],
                      place=door.world["van-a"])  # fmt: skip
    door.world.drain()
    assert only(door, "A-1", "ann")["type"] == "asset"
    assert lies(only(door, "L-1", "ann")) == [("van-a", None)]
    problem(door.ask("GET", "/scan/L-1", "bob"), 404, "unknown", "code")


def test_a_code_that_names_nothing_says_as_what_it_was_tried(door: Door) -> None:
    body = problem(door.ask("GET", "/scan/nothing", "wang"), 404, "unknown", "code")
    assert body["detail"] == f"tried as {', '.join(finding.FINDERS)}"
    body = problem(door.ask("GET", "/scan/onsite:part:nothing", "wang"), 404, "unknown", "code")
    assert body["detail"] == "tried as part"
    problem(door.ask("GET", "/scan/a%00b", "wang"), 422, "wrong_value", "code")
    problem(door.ask("GET", f"/scan/{'x' * 501}", "wang"), 422, "wrong_value", "code")


def test_what_can_be_done_is_what_the_role_may_and_every_address_answers(door: Door) -> None:
    for who, role in (("ann", "technician"), ("dora", "dispatcher"), ("wang", "warehouse")):
        for one in scan(door, "R-1", who) + scan(door, "van-a", who):
            assert one["actions"] != []
            for action in one["actions"]:
                assert rights.reach(role, action["operation"]) is not Reach.NONE
                assert str(UUID(one["id"])) in action["path"]
                if action["method"] == "GET":
                    response = door.ask("GET", action["path"], who)
                    assert response.status_code == 200, (action, response.text)
    allowed = {one["operation"] for one in only(door, "van-a", "wang")["actions"]}
    assert {"list_stock", "edit_place"} <= allowed
    assert {one["operation"] for one in only(door, "van-a", "ann")["actions"]} == {"list_stock"}


def test_every_type_has_its_actions_and_every_action_its_operation(door: Door) -> None:
    assert set(ACTIONS) == set(finding.FINDERS)
    there = {one.id for one in operations(door.app)}
    every = [*ACTIONS.values(), *(steps.values() for steps in STEPS.values())]
    named = {name.rpartition(".")[2] for actions in every for name in actions}
    assert set(STEPS["asset"]) == set(TURNS)
    assert set(STEPS["return"]) == set(deciding.TURNS)
    assert set(STEPS["loaner"]) == {*desk.STATES, "placed", "reserved"}
    assert named <= there & set(rights.RIGHTS)


def test_no_id_that_nobody_gave_names_anything(door: Door) -> None:
    problem(door.ask("GET", f"/scan/{NOTHING}", "sue"), 404, "unknown", "code")

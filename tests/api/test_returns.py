"""Returns and repairs over HTTP: what is asked, decided and told."""

import pytest

from sync.device import Json
from tests.api.door import Door, problem
from tests.returned import agreement
from tests.world import World


@pytest.fixture
def world(world: World) -> World:
    agreement(world)
    return world


def asking(door: Door, **changed: object) -> Json:
    world = door.world
    return {
        "customer": world["customer"], "contract": world["contract"], "case": "quality",
        "since": "2026-11-10", "evidence": [{"kind": "invoice", "text": "FP-7"}],
        "lines": [{"part": world["roller"], "quantity": "3"},
                  {"part": world["head"], "quantity": "1", "serial": "S-1"}], **changed,
    }  # fmt: skip


def test_a_return_goes_its_way_from_the_desk_to_the_maker_and_back(door: Door) -> None:
    world = door.world
    asked = door.post("/returns", "dora", **asking(door))
    assert (asked["status"], asked["until"], asked["timely"]) == ("asked", "2026-11-25", True)
    assert asked["window"]["clause"] == "parts-dealer.21"
    assert asked["unshown"] == ["receipt_slip"]
    assert [one["differs"] for one in asked["lines"]] == [False, False]
    assert [one["need"] for one in asked["needs"]] == ["repair"]
    assert {one["clause"] for one in asked["rules"]} == {
        "parts-dealer.21", "parts-dealer.25", "parts-dealer.26"
    }  # fmt: skip
    path = f"/returns/{asked['id']}"
    permitted = door.post(f"{path}/permit", "wang", outcome="return", repair_tried="换件无效")
    assert (permitted["status"], permitted["repair_tried"]) == ("permitted", "换件无效")
    lines = [
        {"part": world["roller"], "quantity": "2"},
        {"part": world["roller"], "quantity": "1", "refused": "messy", "note": "无包装"},
        {"part": world["head"], "quantity": "1", "serial": "S-1"},
    ]
    received = door.post(f"{path}/receive", "wang", place=world["bad"], lines=lines)
    assert received["status"] == "received"
    (receipt,) = received["receipts"]
    assert [one["refused"] for one in receipt["lines"]] == [None, "messy", None]
    head, roller = received["lines"]
    assert (head["serial"], head["place_code"], head["left"]) == ("S-1", "bad", "1.000")
    assert (roller["listed"], roller["received"], roller["refused"]) == (
        "3.000", "2.000", "1.000",
    )  # fmt: skip
    away = door.post("/stock/removals", "wang", place=world["bad"], to="supplier", reason="烧坏",
                     repair=True, due="2026-11-20", lines=lines[2:],
                     **{"return": asked["id"]})  # fmt: skip
    (repair,) = door.get(f"/repairs?return={asked['id']}&outstanding=true", "dora")["items"]
    told = (repair["removal"], repair["outstanding"], repair["missing"], repair["late"])
    assert told == (away["decision"], "1.000", ["S-1"], True)
    assert door.get("/repairs?outstanding=false")["items"] == []
    delivery = door.post("/stock/deliveries", "wang", place=world["main"], supplier="x",
                         removal=away["decision"],
                         lines=[{"part": world["head"], "quantity": "1"}])  # fmt: skip
    (transfer,) = door.get(f"/transfers?removal={away['decision']}")["items"]
    assert (transfer["id"], transfer["repaired"]) == (delivery["transfer"], True)
    closed = door.post(f"{path}/close", "wang", note="")
    assert (closed["status"], closed["lines"][0]["repair"]) == ("closed", "1.000")


def test_a_return_is_refused_with_a_reason_and_never_taken_in(door: Door) -> None:
    asked = door.post("/returns", "dora", **asking(door, lines=[]))
    path = f"/returns/{asked['id']}"
    problem(door.ask("POST", f"{path}/refuse", "wang", json={}), 422, "wrong_value", "reason")
    assert door.post(f"{path}/refuse", "wang", reason="人为")["status"] == "refused"
    lines = [{"part": door.world["roller"], "quantity": "1"}]
    body = {"place": door.world["bad"], "lines": lines}
    told = problem(door.ask("POST", f"{path}/receive", "wang", json=body), 409,
                   "return_not_permitted", "return")  # fmt: skip
    assert "permitted first" in told["remedy"]


def test_returns_are_found_by_customer_piece_and_state(door: Door) -> None:
    first = door.post("/returns", "dora", **asking(door))["id"]
    second = door.post("/returns", "dora", **asking(door, lines=[], note="一批胶辊"))["id"]

    def found(query: str) -> set[str]:
        return {one["id"] for one in door.get(f"/returns?{query}", "wang")["items"]}

    assert found("") == {first, second}
    assert found("serial=S-1") == found(f"part={door.world['head']}") == {first}
    assert found("q=东方 胶辊") == {second}
    assert found("status=permitted") == set()
    door.post(f"/returns/{second}/permit", "wang", outcome="repair")
    assert found("status=permitted") == found("outcome=repair") == {second}

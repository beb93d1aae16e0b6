"""A dealer's order at the desk: entered under a contract, cleared, shipped with a waybill, told."""

from typing import Any

import pytest

from tests.api.door import Door, problem
from tests.api.test_journals import written
from tests.contracts.test_doors import contract


@pytest.fixture
def order(door: Door) -> dict[str, Any]:
    """Two rollers of the guarantee period, wanted by the customer under a contract."""
    door.world.stock_van("main", "10")
    agreed = contract(door, "ebike-dealer", parameters={"report_day": 5})
    made: dict[str, Any] = door.post(
        "/requisitions", "dora", contract=agreed["id"], kind="guarantee", lines=wanted(door)
    )
    return made


def wanted(door: Door) -> list[dict[str, str]]:
    return [{"part": door.world["roller"], "quantity": "2"}]


def test_a_dealers_order_goes_from_the_desk_to_the_carrier(door: Door, order: Any) -> None:
    told = (order["customer_name"], order["contract_code"], order["kind"], order["place_code"])
    assert told == ("东方医院", "K-1", "guarantee", "customer")
    assert [(one["gate"], one["clause"], one["state"]) for one in order["gates"]] == [
        ("paid", "ebike-dealer.17", "open"),
        ("list", "ebike-dealer.18", "open"),
        ("waybill", "ebike-dealer.18", "open"),
    ]
    path = f"/requisitions/{order['id']}"
    shipping = {"place": door.world["main"], "lines": wanted(door), "waybill": "SF-77"}
    door.post(f"{path}/gates/paid", "wang", number="SK-118", note="全款")
    door.post(f"{path}/gates/waybill", "wang", number="FX-9")
    refused = door.ask("POST", f"{path}/ship", "wang", json=shipping)
    detail = problem(refused, 409, "gate_open", "gates.list")["detail"]
    assert detail.startswith("list (ebike-dealer.18): Parts replaced in the guarantee period")
    assert "零件更换清单" in detail
    door.post(f"{path}/gates/list", "wang", number="L-1")
    again = door.post(f"{path}/gates/list/reopen", "wang", reason="清单与货运单不符")
    assert (again["cleared"], again["ship_due"]) == (None, None)
    cleared = door.post(f"{path}/gates/list", "wang", number="L-2")
    assert cleared["ship_due"] == "2026-11-25T16:00:00.000Z"
    sent = door.post(f"{path}/ship", "wang", **shipping)
    (gate,) = [one for one in sent["gates"] if one["gate"] == "list"]
    assert (gate["state"], gate["number"], gate["passed_by_name"]) == ("passed", "L-2", "Wang")
    assert (sent["status"], sent["freight"]) == ("shipped", "company")
    (shipment,) = sent["shipments"]
    assert (shipment["waybill"], shipment["tell_due"]) == ("SF-77", "2026-11-22T16:00:00.000Z")
    assert sent["transfers"] == [shipment["transfer"]]
    done = door.post(f"{path}/told", "dora", transfer=shipment["transfer"], note="电话")
    assert done["shipments"][0]["told_by"] == door.world["dora"]
    (found,) = door.get("/transfers?waybill=SF-77", "wang")["items"]
    assert found["id"] == shipment["transfer"]
    assert door.get("/transfers?under_way=true", "wang")["items"] == []


def test_orders_are_listed_by_customer_and_found_by_words(door: Door, order: Any) -> None:
    door.post("/requisitions", "wang", place=door.world["van-a"], lines=wanted(door))

    def ids(query: str) -> list[str]:
        return [one["id"] for one in door.get(f"/requisitions?{query}", "wang")["items"]]

    assert len(ids("")) == 2
    for query in ("customer=" + order["customer"], "contract=" + order["contract"],
                  "kind=guarantee", "q=东方", "q=k-1 dora"):  # fmt: skip
        assert ids(query) == [order["id"]], query
    assert order["id"] not in ids("q=van-a")


def test_the_journal_of_requisitions_tells_whose_order_it_is(door: Door, order: Any) -> None:
    (line,) = written(door, "requisitions", "zh")
    told = {name: line[name] for name in ("合同", "客户", "销售或三包", "运费承担", "放行时间")}
    assert told == {
        "合同": "K-1", "客户": "东方医院", "销售或三包": "三包更换", "运费承担": "公司",
        "放行时间": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"contract": None}, "place"), ({"place": "van-a"}, "place"), ({"kind": None}, "kind"),
        ({"contract": None, "place": "van-a"}, "kind"), ({"kind": "given"}, "kind"),
    ],
)  # fmt: skip
def test_an_order_is_under_a_contract_and_has_a_kind_and_nothing_else_has(
    door: Door, order: Any, changed: dict[str, Any], field: str
) -> None:
    values = {"contract": order["contract"], "kind": "sold", "lines": wanted(door), **changed}
    if "place" in changed:
        values["place"] = door.world[changed["place"]]
    problem(door.ask("POST", "/requisitions", "dora", json=values), 422, "wrong_value", field)

"""A transfer at the desk: its lines, what came of it, and a delivery that comes no more."""

from sync.device import Json
from tests.api.door import Door, problem
from tests.statements import Statement, put


def test_a_transfer_tells_its_lines_and_what_came_of_it(door: Door) -> None:
    world = door.world
    world.stock_van("main", "10")
    phone = door.phone("ann")
    rollers = {"part": world["roller"], "quantity": "3"}
    made = door.post("/requisitions", "wang", place=world["van-a"], lines=[rollers])
    sent = door.post(
        f"/requisitions/{made['id']}/ship", "wang", place=world["main"], lines=[rollers]
    )
    (transfer,) = sent["transfers"]
    (listed,) = door.get("/transfers?under_way=true", "wang")["items"]
    (line,) = listed["lines"]
    told = (line["part_code"], line["quantity"], line["received"], line["left"], line["serial"])
    assert told == ("R-1", "3.000", "0.000", "3.000", None)
    world.clock.advance(60)
    data: Json = {"transfer": transfer, "lines": [{**rollers, "quantity": "2"}]}
    put(phone.device, "stock.received", Statement(("place", world["van-a"]), data))
    phone.device.once()
    world.drain()
    whole = door.get(f"/transfers/{transfer}", "wang")
    (line,) = whole["lines"]
    assert (line["received"], line["left"], line["written_off"]) == ("2.000", "1.000", "0.000")
    (receipt,) = whole["receipts"]
    came = (receipt["place_code"], receipt["user_name"], receipt["quantity"], receipt["part_code"])
    assert came == ("van-a", "Ann", "2.000", "R-1")
    assert (whole["requisition"], whole["requisition_status"]) == (made["id"], "in_transit")
    assert [one["code"] for one in whole["findings"]] == ["stock.received_short"]
    problem(door.ask("GET", f"/transfers/{world['main']}", "wang"), 404, "unknown", "id")


def test_a_delivery_that_comes_no_more_is_closed(door: Door) -> None:
    world = door.world
    lines = [{"part": world["roller"], "quantity": "3", "price_fen": 100}]
    told: Json = {"place": world["main"], "supplier": "东方", "lines": lines}
    delivery = door.post("/stock/deliveries", "wang", **told)["transfer"]
    assert [one["id"] for one in door.get("/transfers?under_way=true", "wang")["items"]] == [
        delivery
    ]
    path = f"/stock/deliveries/{delivery}/close"
    door.post(path, "wang", reason="订错")
    assert door.get("/transfers?under_way=true", "wang")["items"] == []
    problem(door.ask("POST", path, "wang", json={"reason": "x"}), 409, "delivery_ended", "delivery")
    lines[0]["price_fen"] = 10**15
    refused = door.ask("POST", "/stock/deliveries", "wang", json=told)
    assert "price_fen" in refused.text

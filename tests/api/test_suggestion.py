"""What a place lacks is asked for in one step, and never twice."""

from models.stock.demand import StockLevel
from models.stock.rows import Place
from tests.api.door import Door, problem


def keep_level(door: Door, place: str) -> None:
    world = door.world
    level = StockLevel(
        id=world.new("level"), place_id=world.named[place], part_id=world.named["roller"],
        shelf="", least=2, most=4,
    )  # fmt: skip
    world.add([level], set())


def test_what_is_suggested_is_asked_for_on_behalf_of_the_keeper_once(door: Door) -> None:
    world = door.world
    keep_level(door, "van-a")
    path = f"/places/{world['van-a']}/suggestion"
    suggested = door.get(path, "wang")["lines"]
    asked = door.post(path, "wang")
    assert (asked["user"], asked["place"], asked["status"]) == (
        world["ann"], world["van-a"], "submitted"
    )  # fmt: skip
    wanted = [{"part": one["part"], "quantity": one["wanted"]} for one in asked["lines"]]
    assert wanted == suggested == [{"part": world["roller"], "quantity": "4.000"}]
    assert door.get(path, "wang")["lines"] == []
    problem(door.ask("POST", path, "wang", json={}), 409, "nothing_lacking", "id")


def test_where_nobody_keeps_the_place_whoever_asks_is_who_wants_it(door: Door) -> None:
    keep_level(door, "main")
    asked = door.post(f"/places/{door.world['main']}/suggestion", "wang")
    assert asked["user"] == door.world["wang"]
    nowhere = f"/places/{door.world['ann']}/suggestion"
    problem(door.ask("POST", nowhere, json={}), 404, "unknown", "id")


def test_a_place_says_whether_it_asks_each_month(door: Door) -> None:
    added = door.post("/places", kind="van", code="van-c", name="新车", monthly=True)
    assert added["monthly"]
    assert [one.code for one in door.world.rows(Place, Place.monthly)] == ["van-c"]

"""Loaners and customers' units at the desk: reserved, inspected, extended, lost, sold; what the
workshop does; and where each is, since when, on whose signature."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from models.clock import instant_text
from models.facts import FactPart
from tests.api.door import Door, Phone, problem
from tests.statements import state

NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def door(door: Door) -> Door:
    """A loaner in the van of somebody who has a visit."""
    world = door.world
    world.open_visit()
    world.decide("loaner.placed", "wang", loaner=world["loaner"], place=world["van-a"])
    return door


@pytest.fixture
def ann(door: Door) -> Phone:
    phone = door.phone()
    phone.device.sync()
    return phone


def day(door: Door, days: int) -> str:
    return (door.world.clock.now() + timedelta(hours=8, days=days)).date().isoformat()


def says(door: Door, ann: Phone, kind: str, **data: Any) -> str:
    """Ann states it a minute later; answers the fact's id."""
    door.world.clock.advance(60)
    fact = state(ann.device, door.world, kind, door.world["visit"], **data)
    ann.device.sync()
    door.world.drain()
    return fact


def loaner(door: Door) -> Any:
    return door.get(f"/loaners/{door.world['loaner']}", "wang")


def act(door: Door, verb: str, who: str = "wang", **values: Any) -> Any:
    door.world.clock.advance(1)
    return door.post(f"/loaners/{door.world['loaner']}/{verb}", who, **values)


def states(door: Door) -> list[tuple[str, str]]:
    items = door.get("/loaners")["items"]
    return [(one["state"], one["holder_name"]) for one in items]


def test_a_loaner_is_told_as_it_stands_from_reserving_to_inspecting(door: Door, ann: Phone) -> None:
    world = door.world
    days = {"starts": day(door, 0), "until": day(door, 4)}
    reserved = act(door, "reservations", "dora", site=world["site"], **days)
    assert (reserved["site_name"], reserved["state"]) == ("门诊楼", "open")
    assert states(door) == [("reserved", "van-a")]
    assert loaner(door)["reserved_from"] == days["starts"]
    says(door, ann, "loaner.handed_over", due=None)
    assert states(door) == [("out", "门诊楼")]
    assert loaner(door)["due"] == day(door, 3)
    assert door.get("/reservations?state=met")["items"][0]["id"] == reserved["id"]
    longer = act(door, "extend", "dora", due=day(door, 9), reason="配件未到")
    assert longer["due"] == day(door, 9)
    says(door, ann, "loaner.taken_back")
    assert states(door) == [("returned", "van-a")]
    assert act(door, "inspect", wiped=True, condition="as_new")["state"] == "available"
    for state_ in ("reserved", "out", "lost"):
        assert door.get(f"/loaners?state={state_}")["items"] == []
    (listed,) = door.get("/loaners?state=available")["items"]
    assert (listed["condition"], listed["reserved_from"]) == ("as_new", None)


def test_any_loaner_of_a_model_is_reserved_and_released(door: Door) -> None:
    world = door.world
    wanted = {"site": world["site"], "starts": day(door, 1), "until": day(door, 4)}
    first = door.post("/reservations", "dora", model="BP-100", **wanted)
    assert first["loaner"] == world["loaner"]
    full = door.ask("POST", "/reservations", "dora", json={"model": "BP-100", **wanted})
    body = problem(full, 409, "none_free", "model")
    assert body["detail"] == f"no BP-100 from {wanted['starts']} until before {wanted['until']}"
    path = f"/loaners/{world['loaner']}/reservations"
    taken = door.ask("POST", path, "dora", json=wanted)
    assert "reserved for 门诊楼" in problem(taken, 409, "loaner_taken", "starts")["detail"]
    door.world.clock.advance(1)
    assert door.post(f"/reservations/{first['id']}/release", "dora")["state"] == "released"
    assert [one["state"] for one in door.get("/reservations")["items"]] == ["released"]
    world.clock.advance(1)
    assert door.post("/reservations", "dora", model="BP-100", **wanted)["state"] == "open"


@pytest.mark.parametrize(
    ("wrong", "status", "code", "field"),
    [
        ({"site": NOBODY}, 404, "unknown", "site"),
        ({"work_order": NOBODY}, 404, "unknown", "work_order"),
        ({"until": "2026-11-22"}, 422, "wrong_value", "until"),
    ],
)
def test_a_reservation_that_cannot_be_is_refused_by_its_field(
    door: Door, wrong: dict[str, str], status: int, code: str, field: str
) -> None:
    wanted = {"site": door.world["site"], "starts": day(door, 1), "until": day(door, 4), **wrong}
    path = f"/loaners/{door.world['loaner']}/reservations"
    problem(door.ask("POST", path, "dora", json=wanted), status, code, field)


def test_where_each_loaner_was_and_on_whose_signature_is_told_of_any_moment(
    door: Door, ann: Phone
) -> None:
    world = door.world
    before = instant_text(world.clock.now())
    lent = says(door, ann, "loaner.handed_over", due=day(door, 3))
    then = instant_text(world.clock.now())
    back = says(door, ann, "loaner.taken_back", condition="damaged")
    returned = instant_text(world.clock.now())
    act(door, "inspect", wiped=True, condition="worn")

    def of(at: str | None = None) -> Any:
        asked = "" if at is None else f"?at={at}"
        (item,) = door.get(f"/loaners/whereabouts{asked}")["items"]
        chain = door.get(f"/loaners/{world['loaner']}/custody{asked}")["items"]
        del item["loaner"], item["model"], item["serial"]
        assert chain[-1] == item
        return item

    assert (of(before)["state"], of(before)["holder_name"]) == ("available", "van-a")
    assert (of(before)["ground"]["user_name"], of(before)["ground"]["fact"]) == ("Wang", None)
    assert (of(then)["state"], of(then)["holder_name"], of(then)["since"]) == (
        "out",
        "门诊楼",
        then,
    )
    assert of(then)["accessories"] == ["电源"]
    ground = of(then)["ground"]
    assert (ground["fact"], ground["user_name"], ground["signer"]) == (lent, "Ann", "王主任")
    assert (of(returned)["state"], of()["state"]) == ("returned", "available")
    assert (of()["ground"]["fact"], of()["until"]) == (back, None)
    assert [of(returned)[name] for name in ("condition", "inspected_as")] == ["damaged", None]
    assert [of()[name] for name in ("condition", "inspected_as")] == ["damaged", "worn"]
    assert door.get("/loaners/whereabouts?at=2020-01-01T00:00:00Z")["items"] == []
    assert len(door.get(f"/loaners/{world['loaner']}/custody")["items"]) == 3


def test_a_signer_whose_name_is_erased_is_not_told_any_more(door: Door, ann: Phone) -> None:
    says(door, ann, "loaner.handed_over")
    now = door.world.clock.now()
    erased = {"text": None, "salt": None, "erased": now, "erased_under": "pipl"}
    statement = update(FactPart).where(FactPart.name == "signer").values(**erased)
    door.world.house.database.transact(lambda session, now: session.execute(statement).close())
    (item,) = door.get("/loaners/whereabouts")["items"]
    ground = item["ground"]
    assert (ground["part"], ground["signer"]) == ("signer", None)
    assert ground["erased"] == instant_text(now)


def test_a_loaner_is_lost_and_found_and_sold(door: Door, ann: Phone) -> None:
    refused = door.ask("POST", f"/loaners/{door.world['loaner']}/sell", "wang",
                       json={"price_fen": 100})  # fmt: skip
    assert problem(refused, 409, "loaner_state", "loaner")["detail"] == "available at van-a"
    assert act(door, "lose", note="盘点不见")["state"] == "lost"
    says(door, ann, "loaner.handed_over")
    assert loaner(door)["state"] == "out"
    assert act(door, "sell", price_fen=80_000)["state"] == "sold"
    (decision,) = door.get("/decisions?kind=loaner.sold")["items"]
    assert decision["data"]["price_fen"] == 80_000


def test_the_loaner_that_a_paper_meant_is_named_when_settling(door: Door, ann: Phone) -> None:
    other = door.post("/loaners", "wang", model="BP-100", serial="L-2")["id"]
    for days in (3, 5):
        says(door, ann, "loaner.handed_over", due=day(door, days))
    (finding,) = door.get("/findings?code=loaner.contested", "wang")["items"]
    assert finding["resolutions"] == ["later_holds", "earlier_holds", "noted"]
    settling = {"digest": finding["digest"], "resolution": "earlier_holds"}
    path = f"/findings/{finding['id']}/settle"
    wrong = door.ask("POST", path, "wang", json={**settling, "loaner": NOBODY})
    problem(wrong, 404, "unknown", "loaner")
    door.world.clock.advance(1)
    assert door.post(path, "wang", **settling, loaner=other)["state"] == "settled"
    dues = [door.get(f"/loaners/{one}")["due"] for one in (door.world["loaner"], other)]
    assert dues == [day(door, 3), day(door, 5)]


# Customers' units


def unit(door: Door, verb: str, who: str = "wang", **values: Any) -> Any:
    door.world.clock.advance(1)
    return door.post(f"/units/{door.world['asset']}/{verb}", who, **values)


def test_a_unit_goes_through_the_workshop_and_its_history_is_told(door: Door, ann: Phone) -> None:
    world = door.world
    assert door.get("/units")["items"] == []
    taken = says(door, ann, "unit.taken")
    (row,) = door.get("/units?step=taken&q=BP-200 门诊")["items"]
    assert (row["user_name"], row["place"], row["data_loss"]) == ("Ann", None, True)
    assert unit(door, "receive", place=world["main"])["place_name"] == "main"
    unit(door, "diagnose", fault="主板烧毁")
    assert unit(door, "quote", "dora", price_fen=68_000)["price_fen"] == 68_000
    early = door.ask("POST", f"/units/{world['asset']}/repair", "wang", json={"note": "x"})
    body = problem(early, 409, "unit_state", "asset")
    assert body["detail"].startswith("quoted since ")
    assert body["detail"].endswith("repaired comes after diagnosed or approved")
    unit(door, "decline", "dora", by="王主任", how="phone", note="太贵")
    assert unit(door, "quote", "dora", price_fen=40_000, note="旧板")["step"] == "quoted"
    unit(door, "approve", "dora", by="王主任", how="message")
    assert unit(door, "repair", note="已更换主板")["step"] == "repaired"
    back = says(door, ann, "unit.brought_back")
    assert door.get("/units")["items"] == []
    (gone,) = door.get("/units?here=false")["items"]
    assert (gone["step"], gone["price_fen"]) == ("brought_back", 40_000)
    steps = door.get(f"/units/{world['asset']}/history")["items"]
    assert [one["step"] for one in steps] == [
        "taken", "received", "diagnosed", "quoted", "declined", "quoted", "approved", "repaired",
        "brought_back",
    ]  # fmt: skip
    assert [steps[0]["ground"]["fact"], steps[-1]["ground"]["fact"]] == [taken, back]
    assert steps[0]["ground"]["signer"] == "王主任"
    assert steps[4]["details"] == {"by": "王主任", "how": "phone", "note": "太贵"}
    assert steps[4]["ground"]["user_name"] == "Dora"


def test_a_unit_that_cannot_be_repaired_is_given_up(door: Door, ann: Phone) -> None:
    says(door, ann, "unit.taken")
    unit(door, "receive", place=door.world["main"])
    unit(door, "diagnose", fault="主板烧毁")
    assert unit(door, "give-up", note="无配件")["step"] == "unrepairable"


def test_of_a_unit_that_nobody_knows_nothing_is_told(door: Door) -> None:
    problem(door.ask("GET", f"/units/{NOBODY}/history"), 404, "unknown", "id")
    answer = door.ask("POST", f"/units/{NOBODY}/diagnose", "wang", json={"fault": "x"})
    problem(answer, 404, "unknown", "asset")

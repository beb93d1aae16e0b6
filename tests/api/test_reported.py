"""What the field reports is seen over HTTP, and findings about it are settled there."""

from typing import Any

import pytest

from sync.device import Json
from tests.api.door import Door, Phone, problem, told
from tests.statements import state

KINDS = ("asset.found", "contact.corrected", "expense.incurred", "payment.received", "unit.taken")


@pytest.fixture
def phone(door: Door) -> Phone:
    """The phone of a technician who has reported all of it."""
    phone = door.phone("ann")
    door.world.open_visit("visit", "ann", "bob")
    phone.device.sync()
    for kind in KINDS:
        door.world.clock.advance(60)
        state(phone.device, door.world, kind, door.world["visit"])
    phone.device.sync()
    return phone


def reported(door: Door, who: str = "dora") -> Json:
    told_: Json = door.get(f"/visits/{door.world['visit']}/reported", who)
    return told_


def finding(door: Door, code: str) -> Json:
    (one,) = door.get(f"/findings?code={code}")["items"]
    return dict(one)


def settle(door: Door, one: Json, resolution: str) -> Any:
    body = {"resolution": resolution, "digest": one["digest"]}
    return door.ask("POST", f"/findings/{one['id']}/settle", "dora", json=body)


def test_the_office_sees_what_was_proposed_spent_paid_and_taken(door: Door, phone: Phone) -> None:
    told_ = reported(door)
    assert [one["kind"] for one in told_["proposals"]] == ["asset.found", "contact.corrected"]
    assert told_["proposals"][1]["fields"] == {"phone": "13900000000"}
    assert [(one["kind"], one["amount"]) for one in told_["money"]] == [
        ("expense", 1500), ("payment", 20000),
    ]  # fmt: skip
    assert [(one["asset"], one["taken"]) for one in told_["units"]] == [(door.world["asset"], True)]


def test_a_colleague_sees_the_proposals_and_not_the_money(door: Door, phone: Phone) -> None:
    assert len(reported(door, "bob")["proposals"]) == 2
    assert reported(door, "bob")["money"] == []
    assert len(reported(door, "ann")["money"]) == 2
    response = door.ask("GET", f"/visits/{door.world['visit']}/reported", "eve")
    problem(response, 404, "unknown", "id")


def test_what_is_accepted_over_http_is_an_edit_of_who_accepted(door: Door, phone: Phone) -> None:
    told(settle(door, finding(door, "asset.proposed"), "accept"))
    (proposal, _) = reported(door)["proposals"]
    assert proposal["state"] == "accepted"
    asset = door.get(f"/assets/{proposal['about']}")
    assert (asset["model"], asset["site_id"]) == ("SC-7", door.world["site"])
    (edit,) = door.get("/edits")["items"]
    assert (edit["user"], edit["row"]) == (door.world["dora"], proposal["about"])


def test_an_asset_that_exists_already_is_refused_and_the_finding_stays(
    door: Door, phone: Phone
) -> None:
    told(settle(door, finding(door, "asset.proposed"), "set_aside"))
    state(
        phone.device, door.world, "asset.found", door.world["visit"], model="BP-200", serial="A-1"
    )
    phone.device.sync()
    one = finding(door, "asset.proposed")
    problem(settle(door, one, "accept"), 409, "exists", "serial")
    assert door.get(f"/findings/{one['id']}")["state"] == "open"


def test_the_desk_reads_who_answered_what(door: Door, phone: Phone) -> None:
    notice = door.world.send_notice("ann", "bob")
    state(phone.device, door.world, "notice.answered", door.world["visit"], choice="yes")
    phone.device.sync()
    door.world.drain()
    answers = [(one["name"], one["choice"]) for one in door.get(f"/notices/{notice}")["recipients"]]
    assert answers == [("Ann", "yes"), ("Bob", None)]

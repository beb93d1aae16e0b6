"""Notices: to whom they go, when they leave, and who has got them."""

from typing import Any

import pytest

from models.people import User
from sync.device import Json
from sync.passing import move_windows
from tests.api.door import Door, problem
from tests.api.test_desk import NOBODY, planned
from tests.api.test_edits import edit

UNTIL = "2026-11-23T08:00:00.000Z"
WORDS = {"zh": "周五盘点车载库", "en": "Count your vans on Friday"}
QUESTION = {
    "zh": "周六能值班吗？",
    "en": "Can you work on Saturday?",
    "choices": [
        {"code": "yes", "zh": "能", "en": "Yes"},
        {"code": "no", "zh": "不能", "en": "No"},
    ],
}


def send(door: Door, who: str = "dora", **changed: Any) -> Json:
    body = {"to": {"user": door.world["ann"]}, "text": WORDS, "valid_until": UNTIL, **changed}
    sent: Json = door.post("/notices", who, **body)
    return sent


def notices(door: Door, user: str) -> set[str]:
    """What a phone of the user shows."""
    phone = door.phone(user).device
    door.world.drain()
    phone.sync()
    return set(phone.documents("notice"))


def names(notice: Json) -> list[str]:
    return [one["name"] for one in notice["recipients"]]


def test_a_notice_comes_with_words_question_and_visit_and_says_from_whom(door: Door) -> None:
    visit, phone = planned(door, "ann"), door.phone("ann").device
    sent = send(door, question=QUESTION, visit=visit)
    door.world.drain()
    phone.sync()
    assert phone.documents("notice") == {
        sent["id"]: {
            "basis": "", "from": "Dora", "sent": sent["sent"], "valid_until": UNTIL,
            "visit": visit, "text": WORDS, "question": QUESTION, "answer": None,
        }
    }  # fmt: skip
    (decision,) = door.get(f"/decisions?subject={sent['id']}")["items"]
    assert (decision["kind"], decision["user"]) == ("notice.sent", door.world["dora"])


def test_it_goes_to_whom_everything_fits_that_is_named(door: Door) -> None:
    world = door.world
    east = {"territory": world["east"]}
    for name in ("ann", "dora"):
        edit(door, f"/users/{world[name]}", territory_id=world["east"])
    assert names(send(door, to={"role": "technician"})) == ["Ann", "Bob", "Eve"]
    assert names(send(door, to=east)) == ["Ann", "Dora"]
    assert names(send(door, to={**east, "role": "technician"})) == ["Ann"]
    refused = door.ask("POST", "/notices", "dora", json={
        "to": {**east, "role": "warehouse"}, "text": WORDS, "valid_until": UNTIL,
    })  # fmt: skip
    problem(refused, 422, "wrong_value", "to")


def test_who_comes_later_or_has_left_is_not_told(door: Door) -> None:
    world = door.world

    def leave(session: Any, now: Any) -> None:
        session.get_one(User, world.named["bob"]).active = False

    world.house.database.transact(leave)
    sent = send(door, to={"role": "technician"})
    door.post("/users", name="zed", full_name="Zed", role="technician", password="long enough")
    assert names(door.get(f"/notices/{sent['id']}")) == ["Ann", "Eve"]


def test_nobody_else_sees_it(door: Door) -> None:
    sent = send(door)
    assert notices(door, "ann") == {sent["id"]}
    assert notices(door, "bob") == set()
    assert [one["id"] for one in door.get("/notices", "ann")["items"]] == [sent["id"]]
    assert door.get("/notices", "bob")["items"] == []
    problem(door.ask("GET", f"/notices/{sent['id']}", "bob"), 404, "unknown", "id")


def test_a_technician_is_not_told_who_else_got_it(door: Door) -> None:
    sent = send(door, to={"role": "technician"})
    assert names(door.get(f"/notices/{sent['id']}", "ann")) == ["Ann"]


def test_a_withdrawn_notice_leaves_the_phones_and_stays_in_the_list(door: Door) -> None:
    sent = send(door)
    assert notices(door, "ann") == {sent["id"]}
    door.world.clock.advance(1)
    withdrawn = door.post(f"/notices/{sent['id']}/withdraw", "dora")
    assert withdrawn["withdrawn"] == "2026-11-22T08:00:01.000Z"
    assert notices(door, "ann") == set()
    assert door.get("/notices?stands=true")["items"] == []
    assert [one["id"] for one in door.get("/notices?stands=false")["items"]] == [sent["id"]]
    again = door.ask("POST", f"/notices/{sent['id']}/withdraw", "dora")
    problem(again, 409, "withdrawn", "notice")


def test_a_notice_that_is_over_leaves_the_phones_by_itself(door: Door) -> None:
    sent = send(door)
    door.world.clock.advance(24 * 3600 - 1)
    door.tokens.clear()  # a log-in lives for less than a day
    move_windows(door.world.house)
    assert notices(door, "ann") == {sent["id"]}
    door.world.clock.advance(2)
    assert move_windows(door.world.house) == 1
    assert notices(door, "ann") == set()
    assert door.get("/notices?stands=true")["items"] == []


def test_the_desk_sees_whether_a_phone_was_heard_of_since(door: Door) -> None:
    sent, phone = send(door), door.phone("ann").device
    assert sent["recipients"][0]["phone_seen"] is None
    door.world.clock.advance(60)
    phone.sync()
    (told,) = door.get(f"/notices/{sent['id']}")["recipients"]
    assert told["phone_seen"] == "2026-11-22T08:01:00.000Z"


@pytest.mark.parametrize(
    ("changed", "status", "field"),
    [
        ({"to": {}}, 422, "to"),
        ({"to": {"role": "boss"}}, 422, "to.role"),
        ({"to": {"user": NOBODY}}, 422, "to"),
        ({"text": {"zh": " "}}, 422, "text.zh"),
        ({"question": {**QUESTION, "choices": QUESTION["choices"][:1]}}, 422, "question.choices"),
        (
            {"question": {**QUESTION, "choices": [QUESTION["choices"][0]] * 2}},
            422,
            "question.choices",
        ),
        ({"visit": NOBODY}, 404, "visit"),
        ({"valid_until": "2026-11-22T08:00:00.000Z"}, 422, "valid_until"),
    ],
)
def test_a_notice_that_cannot_be_is_refused_by_its_field(
    door: Door, changed: Json, status: int, field: str
) -> None:
    body = {"to": {"user": door.world["ann"]}, "text": WORDS, "valid_until": UNTIL, **changed}
    response = door.ask("POST", "/notices", "dora", json=body)
    problem(response, status, "unknown" if status == 404 else "wrong_value", field)
    assert door.get("/notices")["items"] == []

"""Who may what: every operation as every role, as nobody, as who has left, and as any device.

An operation that is added tomorrow is asked here too; one whose reach is `own` needs an example.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
from sqlalchemy import update

from api import rights
from api.rights import OF_DEVICES, OPEN, RIGHTS, Reach
from models.people import Role, User, password_hash
from sync.device import Json
from tests.api.door import PREFIX, Bearer, Door, Phone, problem, told
from tests.api.operations import Operation, operations
from tests.pictures import with_notes
from tests.statements import state

# What stands outside the table: pages, and what watches over the process has rules of its own.
PAGES = {"front_door", "docs", "docs_with_slash", "index", "asset", "openapi_json"}
WATCHED = {"healthz", "readyz", "metrics", "authority"}
FOR_ANYBODY = OPEN | PAGES | WATCHED
ASKING = {
    Role.TECHNICIAN: "ann",
    Role.DISPATCHER: "dora",
    Role.WAREHOUSE: "wang",
    Role.SUPERVISOR: "sue",
}
PASSWORD = "a long password"
DATA = with_notes()  # a picture; what follows it is not looked at


def guarded(door: Door) -> list[Operation]:
    return [one for one in operations(door.app) if one.id not in FOR_ANYBODY]


def of_staff(door: Door) -> list[Operation]:
    return [one for one in guarded(door) if one.id not in OF_DEVICES]


def of_devices(door: Door) -> list[Operation]:
    return [one for one in guarded(door) if one.id in OF_DEVICES]


def ask(door: Door, one: Operation, who: Any) -> Any:
    """The operation, asked of nothing, with an empty object where it wants a body."""
    body: Json = {} if one.method == "GET" else {"json": {}}
    return door.ask(one.method, one.path, who, **body)


# The table


def test_every_operation_has_its_line_and_every_line_its_operation(door: Door) -> None:
    there = {one.id for one in operations(door.app)}
    assert there == FOR_ANYBODY | OF_DEVICES | set(RIGHTS)


def test_the_page_shows_exactly_the_table() -> None:
    page = Path(__file__).parents[2] / "docs" / "rights.md"
    lines = [line for line in page.read_text().splitlines() if line.startswith("|")]
    assert lines == rights.as_markdown().splitlines()


@pytest.mark.parametrize("role", Role)
def test_each_role_reaches_what_its_column_says(door: Door, role: Role) -> None:
    for one in of_staff(door):
        reach = rights.reach(role, one.id)
        if reach is Reach.OWN:
            continue  # its example follows below
        response = ask(door, one, ASKING[role])
        if reach is Reach.NONE:
            body = problem(response, 403, "not_allowed")
            assert body["detail"].startswith("this is for: "), one.id
        else:
            assert response.status_code not in {401, 403}, one.id


@pytest.mark.parametrize("role", Role)
def test_a_log_in_opens_no_endpoint_of_devices(door: Door, role: Role) -> None:
    for one in of_devices(door):
        assert ask(door, one, ASKING[role]).status_code == 401, one.id


# Nobody, and who is nobody any more


def refuses(door: Door, who: Any) -> None:
    """Every endpoint says that whoever asks is unknown."""
    for one in guarded(door):
        response = ask(door, one, who)
        assert response.status_code == 401, (one.id, response.text)
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="onsite"'


def test_nobody_is_let_in(door: Door) -> None:
    assert len(guarded(door)) > 100
    refuses(door, None)


@pytest.mark.parametrize("who", ["ann", "sue"])
def test_a_session_that_ended_opens_nothing(door: Door, who: str) -> None:
    ended = Bearer(door.log_in(who))
    told(door.ask("POST", "/auth/logout", ended, json={}))
    refuses(door, ended)


@pytest.mark.parametrize("who", ["ann", "wang"])
def test_somebody_who_left_is_nobody_at_once(door: Door, who: str) -> None:
    held = Bearer(door.log_in(who))
    van = [{"place": door.world["van-a"], "to": None}] if who == "ann" else []
    door.post(f"/users/{door.world[who]}/leaving", places=van)
    refuses(door, held)


def test_a_device_opens_no_endpoint_of_the_desk(door: Door) -> None:
    held, revoked, left = door.phone("ann"), door.phone("ann"), door.phone("eve")
    door.ask("POST", f"/devices/{revoked.device.id}/revoke")
    door.post(f"/users/{door.world['eve']}/leaving")
    for phone in (held, revoked, left):
        for one in of_staff(door):
            assert ask(door, one, phone).status_code == 401, one.id


# What is one's own

Example = Callable[["Scene", Bearer, str], Any]
EXAMPLES: dict[str, tuple[Example, str | None]] = {}


def example(shows: str | None = None) -> Callable[[Example], Example]:
    """An example of the operation of that name: `who` asks about something of `whose`. What it
    shows of `whose` must be there for the owner, and for nobody else."""

    def register(function: Example) -> Example:
        EXAMPLES[function.__name__] = function, shows
        return function

    return register


class Scene:
    """Two technicians who each have a visit with a record and a photo, a van and a phone."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.of: dict[str, dict[str, str]] = {}
        self.phones: dict[str, Phone] = {}
        self.secrets: dict[str, str] = {}
        hashed = password_hash(PASSWORD)
        everybody = update(User).values(password_hash=hashed)
        door.world.house.database.transact(lambda session, now: session.execute(everybody))
        for who in ASKING.values():
            self.of[who] = {"user": door.world[who]}
        for who, van in (("ann", "van-a"), ("bob", "van-b")):
            door.world.stock_van(van, "5", f"S-{who}")
            notice = door.world.send_notice(who)
            held = {"user": door.world[who], "van": door.world[van], "notice": notice}
            self.of[who] = self._work(who) | held
        door.world.drain()

    def _work(self, who: str) -> dict[str, str]:
        visit, phone = self.door.world.open_visit(f"visit of {who}", who), self.door.phone(who)
        sha256 = phone.promise(DATA + who.encode(), visit)
        van = self.door.world["van-a" if who == "ann" else "van-b"]
        state(phone.device, self.door.world, "parts.requested", visit, place=van)
        requisition = json.loads(phone.device.outbox[-1]["fact"])["subject"]["id"]
        state(phone.device, self.door.world, "record.sealed", visit)
        record = json.loads(phone.device.outbox[-1]["fact"])["data"]["record"]
        phone.device.sync()
        phone.device.once()  # and tells that nothing is left on it
        self.phones[who] = phone
        upload = self.door.upload(phone, DATA + who.encode())
        return {
            "visit": visit, "device": str(phone.device.id), "sha256": sha256, "record": record,
            "requisition": requisition, "part": self.door.world["roller"],
            "upload": upload.removeprefix(PREFIX),
        }  # fmt: skip


@pytest.fixture
def scene(door: Door) -> Scene:
    return Scene(door)


def get(path: str) -> Example:
    """An example that reads the path, filled in with what is of `whose`."""

    def read(scene: Scene, who: Bearer, whose: str) -> Any:
        return scene.door.ask("GET", path.format(**scene.of[whose]), who)

    return read


MONTH = "2026-11"
READ = {
    "list_visits": ("/visits?user={user}", "visit"),
    "get_visit": ("/visits/{visit}", "visit"),
    "list_records": ("/records?visit={visit}", "record"),
    "get_record": ("/records/{record}", "record"),
    "get_reported": ("/visits/{visit}/reported", None),
    "list_visit_photos": ("/visits/{visit}/photos", "sha256"),
    "get_photo": ("/photos/{sha256}", None),
    "get_preview": ("/photos/{sha256}/320", None),
    "list_devices": ("/devices?user={user}", "device"),
    "get_device": ("/devices/{device}", "device"),
    "list_stock": ("/stock?place={van}", "van"),
    "get_part_proof": ("/stock/{part}/proof?place={van}", "van"),
    "list_debts": ("/debts?user={user}", "user"),
    "describe_code": ("/scan/{requisition}", "requisition"),
    "get_statement": (f"/statements?user={{user}}&month={MONTH}", "user"),
    "export_statement": (f"/statements/{{user}}/{MONTH}/file", None),
    "list_requisitions": ("/requisitions?user={user}", "requisition"),
    "get_requisition": ("/requisitions/{requisition}", "requisition"),
    "list_notices": ("/notices?user={user}", "notice"),
    "get_notice": ("/notices/{notice}", "notice"),
    "get_me": ("/me", None),
    "list_sessions": ("/auth/sessions", None),
}
EXAMPLES |= {name: (get(path), shows) for name, (path, shows) in READ.items()}


@example()
def issue_code(scene: Scene, who: Bearer, whose: str) -> Any:
    return scene.door.ask("POST", "/devices/codes", who, json={"user": scene.of[whose]["user"]})


@example()
def revoke_device(scene: Scene, who: Bearer, whose: str) -> Any:
    return scene.door.ask("POST", f"/devices/{scene.of[whose]['device']}/revoke", who)


@example()
def edit_me(scene: Scene, who: Bearer, whose: str) -> Any:
    return scene.door.ask("PATCH", "/me", who, json={"language": "en"})


@example()
def begin_second_factor(scene: Scene, who: Bearer, whose: str) -> Any:
    response = scene.door.ask("POST", "/me/second-factor", who, json={"password": PASSWORD})
    scene.secrets[whose] = told(response)["secret"]
    return response


@example()
def confirm_second_factor(scene: Scene, who: Bearer, whose: str) -> Any:
    body = {"otp": code(scene, whose)}
    return scene.door.ask("POST", "/me/second-factor/confirm", who, json=body)


@example()
def end_second_factor(scene: Scene, who: Bearer, whose: str) -> Any:
    scene.door.world.clock.advance(30)
    body = {"password": PASSWORD, "otp": code(scene, whose)}
    return scene.door.ask("POST", "/me/second-factor/end", who, json=body)


@example()
def change_password(scene: Scene, who: Bearer, whose: str) -> Any:
    body = {"old": PASSWORD, "new": "another password"}
    return scene.door.ask("POST", "/me/password", who, json=body)


@example()
def confirm_statement(scene: Scene, who: Bearer, whose: str) -> Any:
    path = f"/statements/{scene.of[whose]['user']}/2026-10"
    response = scene.door.ask("GET", "/statements?month=2026-10", who)
    body = {"sha256": told(response)["sha256"]}
    return scene.door.ask("POST", f"{path}/confirm", who, json=body)


@example()
def log_out(scene: Scene, who: Bearer, whose: str) -> Any:
    return scene.door.ask("POST", "/auth/logout", who, json={"all": True})


def code(scene: Scene, whose: str) -> str:
    return pyotp.TOTP(scene.secrets[whose]).at(scene.door.world.clock.now())


def about_ones_own(role: Role) -> Iterator[tuple[str, Example, str | None]]:
    for name, (ask_for, shows) in EXAMPLES.items():
        if rights.reach(role, name) is Reach.OWN:
            yield name, ask_for, shows


def test_every_operation_about_ones_own_has_an_example() -> None:
    owned = {name for name, cells in RIGHTS.items() if Reach.OWN in cells.values()}
    assert set(EXAMPLES) == owned


@pytest.mark.parametrize("role", Role)
def test_whose_reach_is_own_reaches_their_own(scene: Scene, role: Role) -> None:
    who = ASKING[role]
    for name, ask_for, shows in about_ones_own(role):
        response = ask_for(scene, Bearer(scene.door.log_in(who)), who)
        assert response.status_code < 300, (name, response.text)
        assert shows is None or scene.of[who][shows] in response.text, name


ONLY_ONES_OWN = {"get_me", "list_sessions"}  # with these nobody else can be named


def test_whose_reach_is_own_reaches_nobody_elses(scene: Scene) -> None:
    for name, ask_for, shows in about_ones_own(Role.TECHNICIAN):
        if name in ONLY_ONES_OWN or rights.reach(Role.DISPATCHER, name) is Reach.OWN:
            continue
        response = ask_for(scene, Bearer(scene.door.log_in("ann")), "bob")
        if response.status_code < 300:
            assert response.json["items"] == [], name
        else:
            assert response.status_code in {403, 404}, (name, response.text)
        assert shows is None or scene.of["bob"][shows] not in response.text, name


def test_what_is_told_of_oneself_is_of_oneself(scene: Scene) -> None:
    for who in ASKING.values():
        assert scene.door.get("/me", who)["id"] == scene.of[who]["user"]
        (session,) = scene.door.get("/auth/sessions", who)["items"]
        assert session["current"]


# Devices


def test_a_device_reaches_its_own_and_nothing_of_anothers(scene: Scene) -> None:
    door, ann, bob = scene.door, scene.phones["ann"], scene.phones["bob"]
    sha256, place = scene.of["ann"]["sha256"], scene.of["ann"]["upload"]
    for phone, reached in ((ann, True), (bob, False)):
        phone.device.sync()
        assert (scene.of["ann"]["visit"] in phone.device.documents("visit")) is reached
        created = door.begin_upload(phone, DATA + b"ann").status_code
        assert created == (201 if reached else 404)
        progress = door.ask("HEAD", place, phone, headers={"Tus-Resumable": "1.0.0"}).status_code
        assert progress == (200 if reached else 404)
        appended = door.send(phone, place, len(DATA) + 3, b"").status_code
        assert appended == (204 if reached else 404)
        asked = {"hashes": [sha256]}
        lacking = told(door.ask("POST", "/uploads/lacking", phone, json=asked))["lacking"]
        assert lacking == ([] if reached else [sha256])


@pytest.mark.parametrize("how", ["revoked", "left"])
def test_a_revoked_device_is_heard_and_told_nothing(scene: Scene, how: str) -> None:
    """So it is with the device of somebody who left. What it states is held for a person to see."""
    door, phone, own = scene.door, scene.phones["ann"], scene.of["ann"]
    if how == "revoked":
        assert door.ask("POST", f"/devices/{own['device']}/revoke").status_code == 204
    else:
        stands = door.get(f"/users/{own['user']}/leaving")
        debts = [{"debt": one["id"], "to": None, "note": "gone"} for one in stands["debts"]]
        places = [{"place": own["van"], "to": None}]
        door.post(f"/users/{own['user']}/leaving", places=places, debts=debts)
    door.world.open_visit("unseen", "bob")
    door.world.drain()
    state(phone.device, door.world, "visit.paused", own["visit"])
    request: Json = phone.device.request(phone.device.outbox)
    answer = told(door.ask("POST", "/sync", phone, json=request))
    assert (answer["client"], answer["documents"]) == ("revoked", [])
    assert [one["receipt"] for one in answer["receipts"]] == ["stored"]
    for one in of_devices(door):
        assert ask(door, one, phone).status_code not in {401, 403}, one.id

"""One line for every request: enough to find out what happened, and never a secret."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Response

from api import watching
from models import logs
from models.people import password_hash
from tests.api.door import PREFIX, Door, problem
from tests.api.operations import NOTHING, operations
from tests.api.test_sessions import with_password
from tests.world import World

Line = dict[str, Any]


class Told:
    """The lines of the log, as a machine reads them."""

    def __init__(self) -> None:
        self.handler = logging.StreamHandler(self)
        self.handler.setFormatter(logs.JsonLines())
        self.handler.addFilter(logs.About())
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        """Nothing is kept back."""

    def lines(self, logger: str = "onsite.request") -> list[Line]:
        lines = [json.loads(line) for line in self.text.splitlines()]
        return [line for line in lines if line["logger"] == logger]

    def only(self) -> Line:
        (line,) = self.lines()
        return line


@pytest.fixture
def told() -> Iterator[Told]:
    told = Told()
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(told.handler)
    yield told
    root.removeHandler(told.handler)
    root.setLevel(level)


@pytest.fixture
def door(any_world: World) -> Door:
    """With endpoints as somebody might add them."""
    door = Door(any_world, own=True)
    door.app.add_url_rule("/raise/<token>", "raise", _raise)
    door.app.add_url_rule("/link/<token>/<uuid:id_>/<int:page>", "link", lambda **_: "x")
    door.app.add_url_rule("/stream", "stream", lambda: Response(iter([b"one", b"three"])))
    return door


def _raise(token: str) -> str:
    raise RuntimeError("it broke")


def test_a_line_says_who_asked_what_how_it_ended_and_how_much(door: Door, told: Told) -> None:
    token = door.token("dora")
    told.text = ""
    response = door.ask("GET", "/visits?limit=1", "dora")
    line = told.only()
    assert token not in told.text
    assert line["time"].endswith("Z")
    assert line["id"] == response.headers["X-Request-Id"]
    assert (line["method"], line["route"], line["path"]) == ("GET", *[f"{PREFIX}/visits"] * 2)
    assert (line["status"], line["user"]) == (200, door.world["dora"])
    assert (line["device"], line["role"], line["client"]) == (None, "dispatcher", "127.0.0.1")
    assert (line["in"], line["out"]) == (0, len(response.data))
    assert line["ms"] >= 0
    assert "limit" not in told.text


def test_a_device_is_named_with_its_user(door: Door, told: Told) -> None:
    phone = door.phone()
    told.text = ""
    phone.device.once()
    line = told.only()
    assert (line["device"], line["user"]) == (str(phone.device.id), door.world["ann"])
    assert line["in"] > 0


def test_ids_are_shown_in_their_place(door: Door, told: Told) -> None:
    visit = door.world.open_visit()
    told.text = ""
    door.get(f"/visits/{visit}")
    line = told.only()
    assert line["route"] == f"{PREFIX}/visits/<uuid:id_>"
    assert line["path"] == f"{PREFIX}/visits/{visit}"


def test_who_was_refused_is_told_too(door: Door, told: Told) -> None:
    door.ask("GET", "/visits", None)
    line = told.only()
    assert (line["status"], line["user"], line["role"]) == (401, None, None)


def test_an_answer_that_is_made_while_it_goes_is_not_gathered(door: Door, told: Told) -> None:
    response = door.client.get("/stream", buffered=False)
    assert told.lines() == []
    assert b"".join(response.iter_encoded()) == b"onethree"
    response.close()
    assert told.only()["out"] == 8


def test_a_file_is_told_of_when_it_was_sent(door: Door, told: Told) -> None:
    phone, visit = door.phone(), door.world.open_visit()
    data = b"this is no photo, and is kept"
    sha256 = phone.promise(data, visit)
    door.upload(phone, data)
    assert told.lines()[-1]["in"] == len(data)
    told.text = ""
    response = door.ask("GET", f"/photos/{sha256}", "dora")
    assert response.data == data
    response.close()
    line = told.only()
    assert (line["out"], line["path"]) == (len(data), f"{PREFIX}/photos/{sha256}")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_what_machines_ask_every_few_seconds_is_no_news(door: Door, told: Told, path: str) -> None:
    door.client.get(path, buffered=True)
    assert told.only()["level"] == "DEBUG"


# Ids


@pytest.mark.parametrize(
    "given", ["0199b7c4-8f2e-7abc-9def-0123456789ab", "0123456789abcdef0123456789abcdef"]
)
def test_the_id_of_whoever_stands_before_us_is_kept(door: Door, told: Told, given: str) -> None:
    response = door.client.get("/healthz", headers={"X-Request-Id": given.upper()}, buffered=True)
    assert response.headers["X-Request-Id"] == given == told.only()["id"]


@pytest.mark.parametrize("given", ["", "1", "a b", "x" * 36, "0" * 64, "0" * 31 + "\n", "<script>"])
def test_any_other_id_is_not_repeated(door: Door, told: Told, given: str) -> None:
    headers = {"X-Request-Id": given.replace("\n", "")}
    response = door.client.get("/healthz", headers=headers, buffered=True)
    assert watching.SANE_ID.fullmatch(response.headers["X-Request-Id"])
    assert given not in {response.headers["X-Request-Id"], told.only()["id"]}


def test_whatever_is_said_in_the_course_of_a_request_has_its_id(door: Door, told: Told) -> None:
    response = door.client.get("/raise/x", buffered=True)
    problem(response, 500, "server_error")
    (trace,) = told.lines("api")
    assert trace["id"] == response.headers["X-Request-Id"]
    assert "RuntimeError: it broke" in trace["trace"]
    assert told.only()["status"] == 500


# Secrets

SECRET = "hunter2-is-the-secret"


def sent_everywhere(door: Door, method: str, path: str) -> None:
    """A request with the secret in every place where one could be."""
    headers = {
        "Authorization": f"Bearer {SECRET}",
        "Cookie": f"session={SECRET}",
        "User-Agent": SECRET,
        "Referer": f"http://x/{SECRET}",
        "X-Request-Id": SECRET,
        "X-Forwarded-For": SECRET,
        "If-Match": SECRET,
        "Upload-Metadata": f"sha256 {SECRET}",
        "Tus-Resumable": SECRET,
        "Origin": f"https://{SECRET}",
    }
    body = {"name": SECRET, "password": SECRET, "code": SECRET, "public_key": SECRET, "x": SECRET}
    response = door.client.open(
        f"{path}?token={SECRET}&{SECRET}=1", method=method, headers=headers, json=body
    )
    assert response.data is not None
    response.close()


def test_no_secret_is_ever_told_wherever_it_is_sent(door: Door, told: Told) -> None:
    paths = [(method, path) for _, method, path in operations(door.app)]
    named = [(method, path.replace(NOTHING, SECRET)) for method, path in paths if NOTHING in path]
    asked = paths + named
    for method, path in asked:
        sent_everywhere(door, method, path)
    for path in (f"/{SECRET}", f"{PREFIX}/{SECRET}/sync", f"/x/{SECRET}?{SECRET}", "/%ff"):
        sent_everywhere(door, "GET", path)
    assert len(told.lines()) == len(asked) + 4
    assert told.lines("api") != []
    assert SECRET not in told.text


def test_what_somebody_logs_in_with_is_never_told(door: Door, told: Told) -> None:
    with_password(door, "dora", password=SECRET)
    token = door.post("/auth/login", name="dora", password=SECRET)["token"]
    code = door.post("/devices/codes", "dora", user=door.world["ann"])["code"]
    door.ask("POST", "/devices/enrol", None, json={"code": code, "public_key": "x", "name": "x"})
    phone = door.phone()
    phone.device.once()
    made = {"name": "new", "full_name": "New", "role": "dispatcher", "password": SECRET}
    door.ask("POST", "/users", json=made)
    assert len(told.lines()) > 6
    for secret in (SECRET, token, code, phone.token, password_hash(SECRET)[:30]):
        assert secret not in told.text


def test_of_an_address_that_is_none_of_ours_only_the_known_words_are_shown(
    door: Door, told: Told
) -> None:
    door.client.get(f"/proxy{PREFIX}/visits/{SECRET}", buffered=True)
    line = told.only()
    assert (line["route"], line["path"]) == ("none", f"/…{PREFIX}/visits/…")


def test_an_argument_is_shown_only_where_it_can_be_no_secret(door: Door, told: Told) -> None:
    id_ = door.world["ann"]
    door.client.get(f"/link/{SECRET}/{id_}/7", buffered=True)
    assert told.only()["path"] == f"/link/…/{id_}/7"

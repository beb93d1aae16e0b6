"""The application over a world's house, asked as one of its people, one of its phones or nobody."""

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from api.app import create_app
from models import sessions
from models.house import House
from models.ids import secret_hash
from models.people import StaffSession
from sync.device import Device, Json, new_key
from tests.world import World

PREFIX = "/api/v1"
PROBLEM = {"type", "title", "status", "code", "field", "detail", "remedy"}
TUS = {"Tus-Resumable": "1.0.0"}
BYTES = "application/offset+octet-stream"
SHARED: list[Flask] = []


@dataclass(frozen=True)
class Phone:
    """An enrolled device: the reference device that speaks over HTTP, and its token."""

    device: Device
    token: str

    def promise(self, data: bytes, visit: str, type_: str = "image/jpeg") -> str:
        """State a photo and exchange it; answers the hash."""
        sha256 = hashlib.sha256(data).hexdigest()
        promised = {"sha256": sha256, "size": len(data), "type": type_}
        stated = {"photo": promised, "purpose": "after"}
        self.device.state("photo.taken", ("visit", visit), stated, {"caption": "after"})
        self.device.once()
        return sha256


@dataclass(frozen=True)
class Bearer:
    """Whoever has this token."""

    token: str


@dataclass
class Door:
    """The application, and who has logged in.

    To make one takes longer than most tests, so all doors of a process are of the same one, and
    open into the house that was asked last. A test that adds addresses brings an `own` one, as it
    takes no new address after its first request.
    """

    world: World
    own: bool = False
    app: Flask = field(init=False)
    tokens: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.app = create_app(self.world.house) if self.own else lead_into(self.world.house)
        self.client = self.app.test_client()

    # Asking

    def ask(
        self, method: str, path: str, who: str | Phone | Bearer | None = "sue", **rest: Any
    ) -> Any:
        """One request, as somebody of the world, as a phone, by a token, or as nobody."""
        if not self.own:
            lead_into(self.world.house)
        headers = dict(rest.pop("headers", {}))
        if "json" in rest:  # in ASCII, so that lone surrogates can be sent too
            rest |= {"data": json.dumps(rest.pop("json")), "content_type": "application/json"}
        if who is not None:
            token = self.token(who) if isinstance(who, str) else who.token
            headers["Authorization"] = f"Bearer {token}"
        url = path if path.startswith("/api/") else f"{PREFIX}{path}"
        response: TestResponse = self.client.open(
            url, method=method, headers=headers, buffered=True, **rest
        )
        return response

    def get(self, path: str, who: str | Bearer = "sue") -> Any:
        """What the endpoint tells; it must succeed."""
        return told(self.ask("GET", path, who))

    def post(self, path: str, who: str | Bearer | None = "sue", **values: Any) -> Any:
        """Add or decide something; it must succeed."""
        return told(self.ask("POST", path, who, json=values))

    def put(self, path: str, who: str = "sue", **values: Any) -> Any:
        """Decide something about what exists; it must succeed."""
        return told(self.ask("PUT", path, who, json=values))

    def token(self, who: str) -> str:
        """The token of somebody's log-in, made where missing or worn out."""
        now = self.world.clock.now()
        token, until = self.tokens.get(who, ("", now))
        if until <= now:
            token = self.log_in(who)
        self.tokens[who] = token, now + sessions.IDLE
        return token

    def log_in(self, who: str, lasts: timedelta = timedelta(0)) -> str:
        """A fresh log-in, used last so much later than now. The world's people have no passwords,
        so its row is made directly."""
        token = self.world.ids.secret()

        def body(session: Session, now: datetime) -> None:
            row = StaffSession(
                token_hash=secret_hash(token), user_id=self.world.named[who], since=now,
                last_used=now + lasts, expires=now + lasts + sessions.LIFE,
                address="127.0.0.1", agent="door",
            )  # fmt: skip
            session.add(row)

        self.world.house.database.transact(body)
        return token

    # Phones

    def code(self, user: str = "ann") -> str:
        """A one-time code."""
        code: str = self.post("/devices/codes", "dora", user=self.world[user])["code"]
        return code

    def phone(self, user: str = "ann") -> Phone:
        """A phone that enrolled over HTTP and exchanges over HTTP."""
        key, public_key = new_key(self.world.ids)
        asked = {"code": self.code(user), "public_key": public_key, "name": "phone"}
        enrolled = told(self.ask("POST", "/devices/enrol", None, json=asked))

        def exchange(request: Json) -> Json:
            answer: Json = told(self.ask("POST", "/sync", phone, json=request))
            return answer

        id_ = UUID(enrolled["device"])
        device = Device(id_, self.world.clock, self.world.ids, key, exchange)
        phone = Phone(device, enrolled["token"])
        return phone

    def begin_upload(self, phone: Phone, data: bytes) -> Any:
        """Create the upload of promised bytes."""
        sha256 = hashlib.sha256(data).hexdigest()
        encoded = base64.b64encode(sha256.encode()).decode()
        headers = {**TUS, "Upload-Length": str(len(data)), "Upload-Metadata": f"sha256 {encoded}"}
        return self.ask("POST", "/uploads", phone, headers=headers)

    def send(self, phone: Phone, place: str, offset: int, data: bytes) -> Any:
        """Append bytes to an upload."""
        headers = {**TUS, "Upload-Offset": str(offset)}
        return self.ask("PATCH", place, phone, headers=headers, data=data, content_type=BYTES)

    def upload(self, phone: Phone, data: bytes) -> str:
        """Bring all bytes of a promised photo; answers the upload's address."""
        created = self.begin_upload(phone, data)
        assert created.status_code == 201, created.text
        place: str = created.headers["Location"]
        assert self.send(phone, place, 0, data).status_code == 204
        return place


def lead_into(house: House) -> Flask:
    """The application that the doors share, over this house."""
    if not SHARED:
        SHARED.append(create_app(house))
    (app,) = SHARED
    if app.extensions["house"] is not house:
        app.extensions["house"] = house
        app.extensions.pop("readiness", None)
        app.extensions.pop("tally", None)
    return app


@contextmanager
def counted(door: Door) -> Iterator[list[str]]:
    """The statements that reach the database meanwhile."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement != "BEGIN":  # which only SQLite is told
            statements.append(statement)

    engine = door.world.house.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def told(response: TestResponse) -> Any:
    """The JSON of an answer, which must be a success."""
    assert response.status_code < 300, response.text
    return json.loads(response.data) if response.data else None


def problem(response: TestResponse, status: int, code: str, field: str | None = None) -> Json:
    """The problem of an answer, which must be this one and have every member."""
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    body: Json = json.loads(response.data)
    assert set(body) == PROBLEM
    assert body["type"] == f"urn:onsite:problem:{body['code']}"
    assert (body["status"], body["code"], body["field"]) == (status, code, field), body
    assert body["title"]
    assert body["remedy"]
    return body

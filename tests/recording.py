"""One phone's week as requests and answers, byte for byte: docs/protocol/exchanges.json.

A world made from a seed and a clock that is moved by hand give the same bytes every time.
`python -m tests.recording` records them anew; a test replays them on both databases.
"""

import base64
import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import update

from models.feed import Life
from models.people import Device as DeviceRow
from sync import limits
from sync.device import Device, Json, new_key
from tests.api.door import BYTES, TUS, Door
from tests.hostile import good
from tests.servers import SqliteFiles
from tests.statements import STATEMENTS, put, state
from tests.world import World

FILE = Path(__file__).parents[1] / "docs" / "protocol" / "exchanges.json"
SEED = 7
TOLD = (
    "Location", "Retry-After", "Tus-Resumable", "Upload-Expires", "Upload-Length", "Upload-Offset",
)  # fmt: skip
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAAAAADhZOFXAAAAEElEQVR42mM8wQABTAwUMQA6AADYbMmlZgAAAABJRU5E"
    "rkJggg=="
)
SHA256 = hashlib.sha256(PICTURE).hexdigest()
PROMISE = {"sha256": SHA256, "size": len(PICTURE), "type": "image/png"}


@dataclass
class Recorder:
    """Asks, and keeps what was said. `known` is what was said before, and must be said again."""

    door: Door
    known: Sequence[Json] | None = None
    said: list[Json] = field(default_factory=list)
    token: str | None = None
    about: str = ""

    def ask(self, path: str, body: Json | str) -> Json:
        """A request of the phone's in JSON; answers the answer."""
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        response = self.send("POST", path, {"body": text}, "application/json")
        told: Json = json.loads(response.data)
        return told

    def send(
        self,
        method: str,
        path: str,
        body: Json,
        type_: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """A request of the phone's, whose body is `body`, or `base64` where it is no text. Headers
        are kept where JSON and the token do not say everything."""
        said = (
            {"headers": {**headers, **({"Content-Type": type_} if type_ else {})}}
            if headers
            else {}
        )
        address = path if path.startswith("/api/") else f"/api/v1{path}"
        request = {"method": method, "path": address, "token": self.token, **said, **body}
        if self.known is not None:
            assert request == self.known[len(self.said)]["request"]
        token = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        data = base64.b64decode(body["base64"]) if "base64" in body else body["body"].encode()
        response = self.door.ask(
            method,
            address,
            None,
            data=data,
            content_type=type_,
            headers={**token, **(headers or {})},
        )
        self._keep(request, response)
        return response

    def _keep(self, request: Json, response: Any) -> None:
        headers = {name: response.headers[name] for name in TOLD if name in response.headers}
        answer = {"status": response.status_code, "type": response.content_type}
        answer |= {"headers": headers} if headers else {}
        one = {"about": self.about, "request": request, "answer": {**answer, "body": response.text}}
        if self.known is not None:
            assert one == self.known[len(self.said)]
        self.said.append(one)

    def exchange(self, request: Json) -> Json:
        return self.ask("/sync", request)


def play(recorder: Recorder) -> None:
    """The week. `about` says what happens, and what the desk does between two requests."""
    world = recorder.door.world
    device = _enrol(recorder)
    world.stock_van("van-a", "5", "S-1")
    visit = world.open_visit()
    world.drain()
    recorder.about = "the first sync, by pages: from a null cursor until no more waits"
    device.sync(limit=3)
    recorder.about = "a visit is accepted and begun; the photo is promised before its bytes come"
    for kind in ("visit.accepted", "visit.arrived"):
        world.clock.advance(600)
        state(device, world, kind, visit)
    world.clock.advance(600)
    state(device, world, "photo.taken", visit, photo=PROMISE)
    device.once()
    recorder.about = "the same request again: the same receipts"
    recorder.ask("/sync", recorder.said[-1]["request"]["body"])
    _upload(recorder, device)
    recorder.about = "the record is sealed, and what was taken from the van with it"
    world.clock.advance(3600)
    _seal(world, device, visit)
    device.sync()
    recorder.about = "the worker has booked the parts: the van's stock comes down"
    world.drain()
    device.sync()
    _go_wrong(recorder, device)
    _begin_anew(recorder, device)
    _be_turned_away(recorder, device)
    _lose(recorder, device)


def _enrol(recorder: Recorder) -> Device:
    world = recorder.door.world
    key, public_key = new_key(world.ids)
    recorder.about = "the desk has made a code for ann, and her phone enrols with it"
    asked = {"code": recorder.door.code(), "public_key": public_key, "name": "ann's phone"}
    enrolled = recorder.ask("/devices/enrol", asked)
    recorder.token = enrolled["token"]
    id_ = UUID(enrolled["device"])
    return Device(id_, world.clock, world.ids, key, recorder.exchange)


def _upload(recorder: Recorder, device: Device) -> None:
    """By tus 1.0, with a break in the middle."""
    recorder.about = "of the photos that the phone still has, this one is wanted"
    recorder.ask("/uploads/lacking", {"hashes": [SHA256]})
    recorder.about = "an upload of it is created"
    encoded = base64.b64encode(SHA256.encode()).decode()
    created = {**TUS, "Upload-Length": str(len(PICTURE)), "Upload-Metadata": f"sha256 {encoded}"}
    place = recorder.send("POST", "/uploads", {"body": ""}, None, created).headers["Location"]
    recorder.about = "the first bytes, then the connection breaks"
    _append(recorder, place, 0, PICTURE[:40])
    recorder.about = "how far has it come? then the rest from there"
    recorder.send("HEAD", place, {"body": ""}, None, TUS)
    _append(recorder, place, 40, PICTURE[40:])
    recorder.about = "nothing is wanted any more; the worker has looked, and the photo is there"
    recorder.ask("/uploads/lacking", {"hashes": [SHA256]})
    recorder.door.world.drain()
    device.sync()


def _append(recorder: Recorder, place: str, offset: int, data: bytes) -> None:
    body = {"base64": base64.b64encode(data).decode()}
    recorder.send("PATCH", place, body, BYTES, {**TUS, "Upload-Offset": str(offset)})


def _seal(world: World, device: Device, visit: str) -> None:
    """Seal a record that shows the photo."""
    statement = STATEMENTS["record.sealed"](world, visit)
    photos = json.dumps({"photos": [SHA256]})
    items = [{"work_order": world["order of visit"], "fault": "磨损", "remedy": "更换"}]
    parts = {**statement.parts, "photos": photos, "work": json.dumps({"items": items})}
    put(device, "record.sealed", replace(statement, parts=parts))


def _go_wrong(recorder: Recorder, device: Device) -> None:
    world = recorder.door.world
    recorder.about = "a forged fact is refused, and its neighbour is taken"
    forged, neighbour = (good(world, device) for _ in range(2))
    forged["signature"] = "00" * 64
    recorder.exchange(device.request([forged, neighbour]))
    recorder.about = "a malformed envelope: nothing is stored"
    recorder.exchange({**device.request([]), "limit": 0})
    recorder.about = "a visit is given to bob: it leaves ann's phone"
    world.open_visit("second")
    world.drain()
    device.sync()
    world.assign(world["second"], "bob")
    world.drain()
    device.sync()
    recorder.about = "a document was lost on the phone: its count differs, and it builds anew"
    device.replica.documents.pop(next(iter(device.replica.documents)))
    device.sync()
    device.sync()


def _begin_anew(recorder: Recorder, device: Device) -> None:
    recorder.about = "a cursor that is none: begin with null"
    recorder.exchange({**device.request([]), "cursor": "nothing"})
    recorder.about = "the server was restored from a backup: its life is another, build anew"
    world = recorder.door.world
    life = update(Life).values(number=world.new("life"))
    world.house.database.transact(lambda session, now: session.execute(life).close())
    device.sync(limit=3)


def _be_turned_away(recorder: Recorder, device: Device) -> None:
    recorder.about = "the app is too old for this server: its facts are taken, nothing is sent"
    world = recorder.door.world
    state(device, world, "note.added", world["visit"])
    recorder.exchange({**device.request(device.outbox), "protocol": limits.PROTOCOL + 1})
    recorder.about = "a phone that never stopped sending is an hour ahead: nothing was stored"
    ahead = world.clock.now() + timedelta(seconds=limits.ahead_seconds_max + 20)
    busy = update(DeviceRow).where(DeviceRow.id == device.id).values(busy_until=ahead)
    world.house.database.transact(lambda session, now: session.execute(busy).close())
    request = device.request(device.outbox)
    recorder.exchange(request)
    recorder.about = "after Retry-After seconds the same request is answered"
    world.clock.advance(int(recorder.said[-1]["answer"]["headers"]["Retry-After"]))
    device.take(list(device.outbox), recorder.exchange(request))
    world.clock.advance(600)


def _lose(recorder: Recorder, device: Device) -> None:
    recorder.about = "the token is lost, the key is not: the phone signs a challenge"
    world, recorder.token = recorder.door.world, None
    asked = {"public_key": device.key.public_key().public_bytes_raw().hex()}
    text = recorder.ask("/devices/challenge", asked)["challenge"]
    signed = {"challenge": text, "signature": device.answer_challenge(text)}
    recorder.token = recorder.ask(f"/devices/{device.id}/token", signed)["token"]
    recorder.about = "and goes on as the same device"
    device.sync()
    recorder.about = "the phone is revoked: facts are taken, documents are not sent"
    recorder.door.ask("POST", f"/devices/{device.id}/revoke")
    state(device, world, "visit.left", world["visit"])
    device.once()


def record() -> list[Json]:
    """Everything that is said, in a fresh world."""
    with tempfile.TemporaryDirectory() as folder:
        server = SqliteFiles(Path(folder) / "databases")
        world = World.open(server.fresh(), Path(folder), SEED)
        recorder = Recorder(Door(world))
        play(recorder)
        world.close()
    return recorder.said


if __name__ == "__main__":
    FILE.write_text(json.dumps(record(), indent=1, ensure_ascii=False) + "\n")

"""One phone's week as requests and answers, byte for byte: docs/protocol/exchanges.json.

A world made from a seed and a clock that is moved by hand give the same bytes every time.
`python -m tests.recording` records them anew; a test replays them on both databases.
"""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from sync.device import Device, Json, new_key
from tests.api.door import Door
from tests.hostile import good
from tests.servers import SqliteFiles
from tests.statements import state
from tests.world import World

FILE = Path(__file__).parents[1] / "docs" / "protocol" / "exchanges.json"
SEED = 7


@dataclass
class Recorder:
    """Asks, and keeps what was said. `known` is what was said before, and must be said again."""

    door: Door
    known: Sequence[Json] | None = None
    said: list[Json] = field(default_factory=list)
    token: str | None = None
    about: str = ""

    def ask(self, path: str, body: Json | str) -> Json:
        """A request of the phone's; answers the answer."""
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        request: Json = {
            "method": "POST",
            "path": f"/api/v1{path}",
            "token": self.token,
            "body": text,
        }
        if self.known is not None:
            assert request == self.known[len(self.said)]["request"]
            request = self.known[len(self.said)]["request"]
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        response = self.door.ask(
            request["method"], request["path"], None,
            data=request["body"].encode(), content_type="application/json", headers=headers,
        )  # fmt: skip
        answer = {"status": response.status_code, "type": response.content_type}
        one = {"about": self.about, "request": request, "answer": {**answer, "body": response.text}}
        if self.known is not None:
            assert one == self.known[len(self.said)]
        self.said.append(one)
        told: Json = json.loads(response.data)
        return told

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
    for kind in ("visit.accepted", "visit.arrived", "photo.taken"):
        world.clock.advance(600)
        state(device, world, kind, visit)
    device.once()
    recorder.about = "the same request again: the same receipts"
    recorder.ask("/sync", recorder.said[-1]["request"]["body"])
    recorder.about = "the record is sealed, and what was taken from the van with it"
    world.clock.advance(3600)
    state(device, world, "record.sealed", visit)
    device.sync()
    recorder.about = "the worker has booked the parts: the van's stock comes down"
    world.drain()
    device.sync()
    _go_wrong(recorder, device)
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

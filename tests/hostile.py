"""Facts that no honest device would state, signed as if it did."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from sync.device import Device, Json
from sync.facts.text import as_sent
from tests.statements import state
from tests.world import World

Change = Callable[[Json], object]


def good(world: World, device: Device, kind: str = "note.added", visit: str = "visit") -> Json:
    """A good fact, as it would be sent, taken out of the outbox again."""
    state(device, world, kind, world[visit])
    return device.outbox.pop()


def signed(device: Device, text: str, parts: Mapping[str, Json] | None = None) -> Json:
    """Whatever text, with the device's signature over its bytes."""
    signature = device.key.sign(as_sent(text)).hex()
    return {"fact": text, "signature": signature, "parts": dict(parts or {})}


def changed(device: Device, sent: Json, change: Change) -> Json:
    """The fact with something changed in its text, and signed again."""
    text: dict[str, Any] = json.loads(sent["fact"])
    change(text)
    return signed(device, json.dumps(text, ensure_ascii=False), sent["parts"])


def setting(*path: str | int, to: Any) -> Change:
    """A change that sets the field at the path."""

    def change(text: Any) -> None:
        for step in path[:-1]:
            text = text[step]
        text[path[-1]] = to

    return change


def without(*path: str | int) -> Change:
    """A change that takes the field at the path away."""

    def change(text: Any) -> None:
        for step in path[:-1]:
            text = text[step]
        del text[path[-1]]

    return change


def send(device: Device, *facts: Json) -> list[Json]:
    """The receipts for those facts, sent past the outbox."""
    receipts: list[Json] = device.exchange(device.request(list(facts)))["receipts"]
    return receipts

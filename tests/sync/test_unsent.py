"""What is unsent on a phone is what an exchange leaves there; of a revoked one it is found until it
has come, whoever brings it."""

import json
from io import BytesIO
from typing import Any

import pytest

from models import enrolment, sealed
from models.people import Device as DeviceRow
from sync.bringing import take_outbox
from sync.device import Device
from tests.statements import state
from tests.world import World

UNSENT = "device.unsent"


@pytest.fixture
def ann(world: World) -> Device:
    """A phone that is up to date, and its visit."""
    world.open_visit()
    ann = world.device()
    world.drain()
    ann.sync()
    return ann


def states(world: World, ann: Device, count: int) -> None:
    for _ in range(count):
        world.clock.advance(60)
        state(ann, world, "note.added", world["visit"])


def row(world: World, ann: Device) -> DeviceRow:
    (found,) = world.rows(DeviceRow, DeviceRow.id == ann.id)
    assert isinstance(found, DeviceRow)
    return found


def revoke(world: World, ann: Device) -> None:
    world.clock.advance(1)
    world.house.database.transact(lambda session, now: enrolment.revoke(session, now, ann.id))


def lost_on_the_way(world: World, ann: Device, sent: int = 0) -> None:
    """The phone sends so many of its facts, and learns of nothing that came of it."""
    ann.exchange(ann.request(ann.outbox[:sent]))


def bring(world: World, ann: Device) -> None:
    """Somebody carries what the phone holds to the desk."""
    file = ann.export_outbox(sealed.public_key(world.house.key()))
    take_outbox(world.house, ann.id, world.named["dora"], BytesIO(file))


def missing(world: World) -> list[Any]:
    return [one.evidence["facts"] for one in world.found(UNSENT)]


def test_after_one_whole_exchange_nothing_is_unsent(world: World, ann: Device) -> None:
    states(world, ann, 2)
    ann.once()
    told = row(world, ann)
    assert (told.unsent_facts, told.unsent_since) == (0, None)
    revoke(world, ann)
    assert world.found(UNSENT) == []


def test_what_an_exchange_leaves_on_the_phone_is_unsent(world: World, ann: Device) -> None:
    states(world, ann, 3)
    second = json.loads(ann.outbox[1]["fact"])["at"]
    request = ann.request(ann.outbox[:1])
    assert request["unsent"] == {"facts": 2, "bytes": 0, "since": second}
    ann.once(batch=1)
    assert row(world, ann).unsent_facts == 2
    revoke(world, ann)
    assert missing(world) == [2]


def test_the_finding_tells_what_is_still_missing_and_goes_when_all_was_brought(
    world: World, ann: Device
) -> None:
    states(world, ann, 3)
    lost_on_the_way(world, ann)
    revoke(world, ann)
    held = list(ann.outbox)
    ann.outbox = held[:2]
    bring(world, ann)
    assert (missing(world), row(world, ann).unsent_facts) == ([1], 1)
    bring(world, ann)  # the same again is nothing new
    assert missing(world) == [1]
    ann.outbox = held
    bring(world, ann)
    assert (missing(world), row(world, ann).unsent_facts) == ([], 0)
    assert row(world, ann).unsent_since is None
    assert len(world.found(UNSENT, "gone")) == 1


def test_the_finding_goes_when_the_phone_sends_all_by_itself(world: World, ann: Device) -> None:
    states(world, ann, 3)
    lost_on_the_way(world, ann)
    revoke(world, ann)
    assert missing(world) == [3]
    ann.once(batch=2)
    assert missing(world) == [1]
    ann.once()
    assert (missing(world), len(world.found(UNSENT, "gone"))) == ([], 1)


def test_what_somebody_has_noted_stays_so_when_all_has_come(world: World, ann: Device) -> None:
    states(world, ann, 1)
    lost_on_the_way(world, ann)
    revoke(world, ann)
    world.settle(UNSENT, "noted", "sue")
    ann.once()
    assert len(world.found(UNSENT, "settled")) == 1


def test_bringing_what_a_phone_in_use_holds_lowers_what_is_unsent_on_it(
    world: World, ann: Device
) -> None:
    states(world, ann, 2)
    lost_on_the_way(world, ann)
    bring(world, ann)
    assert (row(world, ann).unsent_facts, world.found(UNSENT)) == (0, [])


def test_a_revoked_phone_is_not_wiped_by_the_answer_to_what_it_sends(
    world: World, ann: Device
) -> None:
    """Something of that may have been spoilt on the way, and is sent again."""
    states(world, ann, 1)
    revoke(world, ann)
    (good,) = ann.outbox
    spoilt = {**good, "signature": "00" * 64}
    answer = ann.exchange(ann.request([good]) | {"facts": [spoilt]})
    ann.take([good], answer)
    assert (answer["wipe"], ann.outbox) == (False, [good])
    assert ann.once()["wipe"] is False
    assert (ann.outbox, ann.once()["wipe"]) == ([], True)

"""The laws of the protocol, each by its number. Laws 1 and 3 are properties: test_arrival.py.

Laws 4 and 5 go over every type of document: test_laws_of_documents.py.
"""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from marshmallow import fields
from sqlalchemy import update

from models import enrolment
from models.clock import instant_text
from models.derived import Source
from models.dispatch.rows import Visit
from models.facts import Fact, Standing
from models.feed import Head, Life, mark
from models.findings import Finding
from models.loaners.rows import Custody
from models.records.rows import RecordVersion
from models.stock.rows import Part, PlaceKeeper
from sync import judge
from sync.device import Device, Json
from sync.documents.registry import DOCUMENTS
from sync.facts.kind import Data
from sync.facts.registry import KINDS
from sync.facts.text import read_text
from sync.invariants import violations
from tests.hostile import changed, good, send, setting
from tests.statements import STATEMENTS, Statement, put, state
from tests.world import World


@pytest.fixture
def device(world: World) -> Device:
    """A device of a technician with a stocked van and one visit, up to date."""
    world.new("transfer")
    world.stock_van("van-a", "5", "S-1")
    world.open_visit()
    device = world.device()
    world.drain()
    device.sync()
    return device


def standing(world: World, fact_id: str) -> tuple[str, str | None]:
    key = world.rows(Fact, Fact.id == UUID(fact_id))[0].key
    row = world.rows(Standing, Standing.id == key)[0]
    return row.state, row.reason


def settle(world: World, *devices: Device) -> None:
    """Let the worker finish and the devices fetch; nothing may be wrong then."""
    world.drain()
    for device in devices:
        device.sync()
        assert device.replica.digest() == device.last_answer["digest"]
    assert world.house.database.read(violations) == {}


def execute(world: World, statement: Any) -> None:
    world.house.database.transact(lambda session, now: session.execute(statement).close())


def test_every_kind_has_a_row_of_test_data() -> None:
    assert set(KINDS) == set(STATEMENTS)


# Law 1


def test_law_1_a_fact_sent_again_by_many_at_once_is_one_fact(world: World, device: Device) -> None:
    for kind in KINDS:
        fact_id = state(device, world, kind, world["visit"])
        sent = device.outbox[-1]
        with ThreadPoolExecutor(4) as pool:
            receipts = list(pool.map(lambda _, sent=sent: send(device, sent, sent), range(4)))
        expected = {"receipt": "stored", "id": fact_id, "seq": device.seq}
        assert all(receipt == expected for both in receipts for receipt in both), kind
    settle(world, device)
    assert len(world.rows(Fact)) == len(KINDS)
    assert {(one.state, one.reason) for one in world.rows(Standing)} == {("effective", None)}


# Law 2


def test_law_2_a_fact_that_raises_is_held_and_its_neighbours_take_effect(
    world: World, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(state: Any, fact: Any) -> None:
        raise RuntimeError("no good")

    monkeypatch.setattr(KINDS["consent.given"], "effect", fail)
    bad, after = [
        state(device, world, kind, world["visit"]) for kind in ("consent.given", "visit.arrived")
    ]
    world.open_visit("other")
    other = state(device, world, "visit.arrived", world["other"])
    device.sync()
    assert standing(world, other) == ("effective", None)
    for _ in range(3):
        world.clock.advance(3601)  # longer than any pause between two tries
        world.drain()
    assert standing(world, bad) == ("held", "error")
    assert standing(world, after) == ("effective", None)
    late = state(device, world, "visit.left", world["visit"])
    device.sync()
    assert standing(world, late) == ("effective", None)
    monkeypatch.undo()
    state(device, world, "note.added", world["visit"])
    settle(world, device)
    assert standing(world, bad) == ("effective", None)


def test_law_2_a_fact_that_raises_stands_in_the_way_of_no_decision(
    world: World, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(state: Any, fact: Any) -> None:
        raise RuntimeError("no good")

    monkeypatch.setattr(KINDS["consent.given"], "effect", fail)
    state(device, world, "consent.given", world["visit"])
    device.sync()
    world.assign(world["visit"], "bob")
    assert world.rows(Visit)[0].epoch == 2


# Law 6


def test_law_6_a_replica_that_differs_is_built_anew_once_an_hour_and_then_found(
    world: World, device: Device
) -> None:
    lost = ("visit", world["visit"])

    def lose() -> list[str | None]:
        device.replica.documents.pop(lost, None)
        resets = [device.once()["reset"]]
        device.sync()
        return resets

    assert lose() == ["mismatch"]
    assert lost in device.replica.documents
    assert lose() == [None]
    assert [one.code for one in world.rows(Finding)] == ["device.replica"]
    world.clock.advance(3601)
    assert lose() == ["mismatch"]
    settle(world, device)
    assert len(world.rows(Finding)) == 1


def test_law_6_the_old_replica_serves_until_the_new_one_is_whole(
    world: World, device: Device
) -> None:
    before = dict(device.replica.documents)
    device.replica.documents.popitem()
    assert device.once()["reset"] == "mismatch"
    device.once(limit=1)
    assert len(device.replica.documents) == len(before) - 1
    device.sync(limit=1)
    assert device.replica.documents == before


@pytest.mark.parametrize("cursor", ["", "x", "e30", "bnVsbA", "W10", "ä", "WzEsMiwzLDRd"])
def test_law_6_a_cursor_that_is_none_is_answered_with_a_reset(
    world: World, device: Device, cursor: str
) -> None:
    answer = device.exchange({**device.request([]), "cursor": cursor})
    assert (answer["reset"], answer["documents"], answer["more"]) == ("unreadable", [], True)


def test_law_6_a_cursor_of_an_older_life_or_a_purged_feed_is_answered_with_a_reset(
    world: World, device: Device
) -> None:
    execute(world, update(Head).values(purged=Head.position + 1))
    assert device.once()["reset"] == "purged"
    execute(world, update(Head).values(purged=0))
    execute(world, update(Life).values(number=world.new("life")))
    device.building = None
    assert device.once()["reset"] == "restored"
    settle(world, device)


def test_a_device_sends_again_what_a_restored_server_does_not_have(
    world: World, device: Device
) -> None:
    for kind in ("visit.accepted", "visit.travelling"):
        state(device, world, kind, world["visit"])
    device.sync()
    first, second = list(device.sent)
    state(device, world, "visit.arrived", world["visit"])
    real = device.exchange

    def restored(request: Json) -> Json:
        answer = real({**request, "facts": []})  # of an older life, it answers with what it had
        return {**answer, "received": {**answer["received"], "through": 1}}

    device.exchange = restored
    device.take([], restored(device.request([])))
    device.exchange = real
    assert (device.sent, device.outbox[0]) == ([first], second)
    assert [json.loads(one["fact"])["seq"] for one in device.outbox] == [2, 3]
    device.sync()
    assert (device.outbox, len(world.rows(Fact))) == ([], 3)
    settle(world, device)


# Law 8

NOW = "2026-11-22T08:00:00.000Z"
ANCHOR: Json = {"at": NOW, "now": "2026-11-22T10:00:00.000Z", "boot": "b", "mono": 1000}


CLOCKS: list[tuple[Json, str, str, str, str | None]] = [
    ({"anchor": None}, NOW, "unanchored", NOW, "unanchored"),
    ({}, "2026-11-22T09:00:00+01:00", "unanchored", NOW, "unanchored"),
    ({"anchor": ANCHOR}, "2026-11-22T08:30:00Z", "reckoned", "2026-11-22T10:30:00.000Z", None),
    ({"anchor": ANCHOR, "boot": "c", "mono": 5}, NOW, "reckoned", "2026-11-22T10:00:00.000Z", None),
    ({"anchor": ANCHOR, "boot": "b", "mono": 61_000}, NOW, "measured",
     "2026-11-22T10:01:00.000Z", None),
    ({"anchor": ANCHOR, "boot": "b", "mono": 302_000}, NOW, "measured",
     "2026-11-22T10:05:01.000Z", "wall_clock_moved"),
    ({"anchor": None}, "0001-01-01T00:00:00+14:00", "unanchored", "1970-01-01T00:00:00.000Z",
     "unanchored"),
    ({"anchor": None}, "9999-12-31T23:59:59-14:00", "unanchored", "2200-01-01T00:00:00.000Z",
     "unanchored"),
    ({"anchor": {"at": "0001-01-01T00:00:00Z", "now": NOW}}, "9999-12-31T00:00:00Z",
     "reckoned", "2200-01-01T00:00:00.000Z", None),
    ({"anchor": ANCHOR, "boot": "b", "mono": 2**53 - 1}, NOW, "measured",
     "2200-01-01T00:00:00.000Z", "wall_clock_moved"),
]  # fmt: skip


@pytest.mark.parametrize(("clock", "at", "basis", "happened", "doubt"), CLOCKS)
def test_law_8_corrected_time_is_a_function_of_the_fact(
    clock: Json, at: str, basis: str, happened: str, doubt: str | None
) -> None:
    id_ = "01a20244-fb88-73f2-8264-d806aca59c2b"
    subject = {"type": "visit", "id": id_}
    text = {"id": id_, "seq": 1, "kind": "visit.left", "v": 1, "at": at, "clock": clock}
    fact = read_text(json.dumps({**text, "subject": subject, "data": {}}))
    assert (fact.basis, instant_text(fact.happened), fact.doubt) == (basis, happened, doubt)


def test_law_8_no_clock_is_a_reason_to_refuse_and_a_doubtful_one_is_found(
    world: World, device: Device
) -> None:
    for clock, at, *_ in CLOCKS:
        sent = changed(device, good(world, device), setting("clock", to=clock))
        sent = changed(device, sent, setting("at", to=at))
        assert send(device, sent)[0]["receipt"] == "stored", (clock, at)
    found = {one.evidence["doubt"] for one in world.rows(Finding, Finding.code == "device.clock")}
    assert found == {"unanchored", "wall_clock_moved", "anchor_jumped", "not_yet_happened"}


def test_law_8_what_a_wrong_clock_puts_before_the_plan_takes_effect_all_the_same(
    world: World, device: Device
) -> None:
    long_ago = world.clock.now() - timedelta(days=400)
    lent = state(device, world, "loaner.handed_over", world["visit"], at=long_ago)
    device.sync()
    assert standing(world, lent) == ("effective", None)
    settle(world, device)
    assert [str(one.holder_id) for one in world.rows(Custody)] == [world["site"]]


@pytest.mark.parametrize("kind", ["note.added", "notice.answered"])
def test_law_8_anchors_of_successive_facts_about_one_subject_that_jump_are_found(
    world: World, device: Device, kind: str
) -> None:
    for ahead in (0, 299, 700):
        at = instant_text(world.clock.now() + timedelta(seconds=ahead))
        device.anchor = {"at": at, "now": instant_text(world.clock.now())}
        state(device, world, kind, world["visit"])
    device.sync()
    settle(world)
    assert [one.evidence["doubt"] for one in world.rows(Finding)] == ["anchor_jumped"]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_law_8_a_clock_without_anchor_is_found_whatever_is_stated(
    world: World, device: Device, kind: str
) -> None:
    device.anchor = None
    fact_id = state(device, world, kind, world["visit"])
    device.sync()
    settle(world)
    found = world.rows(Finding, Finding.code == "device.clock")
    told = [(one.evidence["device"], one.evidence["doubt"]) for one in found]
    assert told == [(str(device.id), "unanchored")]
    assert standing(world, fact_id) == ("effective", None)


@pytest.mark.parametrize(("minutes", "doubts"), [(4, []), (30 * 24 * 60, ["not_yet_happened"])])
def test_law_8_what_arrives_long_before_it_happened_is_found(
    world: World, device: Device, minutes: int, doubts: list[str]
) -> None:
    """The clock was put forward after its anchor; the books stand still there until then."""
    later = world.clock.now() + timedelta(minutes=minutes)
    state(device, world, "stock.counted", world["visit"], at=later)
    device.sync()
    world.drain()
    found = world.rows(Finding, Finding.code == "device.clock")
    assert [one.evidence["doubt"] for one in found] == doubts


def test_law_8_the_order_of_one_devices_facts_never_stands_against_their_numbers(
    world: World, device: Device
) -> None:
    at = world.clock.now()
    state(device, world, "visit.arrived", world["visit"], at=at)
    state(device, world, "visit.left", world["visit"], at=at - timedelta(hours=5))
    device.sync()
    assert world.rows(Visit)[0].status == "incomplete"


# Law 9


NEWER = [
    ("visit.flown", 1, "visit"), ("visit.arrived", 2, "visit"), ("stock.sung", 1, "place"),
    ("asset.sung", 1, "asset"), ("record.burnt", 7, "unit"), ("moon.risen", 1, "moon"),
]  # fmt: skip


def test_law_9_a_newer_kind_or_version_is_kept_and_held_until_it_is_understood(
    world: World, device: Device
) -> None:
    for kind, version, subject in NEWER:
        about = {"visit": world["visit"], "place": world["van-a"]}.get(subject, world["asset"])
        put(device, kind, Statement((subject, about), {"any": [1]}, {"strange": "字"}))
        device.outbox.append(changed(device, device.outbox.pop(), setting("v", to=version)))
        fact_id = json.loads(device.outbox[-1]["fact"])["id"]
        device.sync()
        settle(world, device)
        assert standing(world, fact_id) == ("held", "newer"), kind
        told = device.documents("standing")[f"{subject}:{about}"]["facts"]
        assert {"id": fact_id, "state": "held", "reason": "newer"} in told, kind


@pytest.mark.parametrize(("version", "standing_of_it"), [
    (1, ("effective", None)), (2, ("effective", None)), (3, ("held", "newer")),
])  # fmt: skip
def test_law_9_facts_of_every_older_version_are_taken_of_every_kind(
    world: World,
    device: Device,
    monkeypatch: pytest.MonkeyPatch,
    version: int,
    standing_of_it: tuple[str, str | None],
) -> None:
    """A release that knows a second version of every kind takes the first, but not yet a third."""
    for known in KINDS.values():
        monkeypatch.setattr(known, "version", 2)
        monkeypatch.setattr(known, "data", more_than(known.data))
    for kind in KINDS:
        fact_id = state(device, world, kind, world["visit"])
        device.outbox.append(changed(device, device.outbox.pop(), setting("v", to=version)))
        device.sync()
        world.drain()
        assert standing(world, fact_id) == standing_of_it, kind
    settle(world, device)


def more_than(first: type[Data]) -> type[Data]:
    """A second version of the data: a field is new, and may be left out."""
    return type(first.__name__, (first,), {"mood": fields.String(load_default=None)})


def test_law_9_an_older_client_states_facts_and_gets_no_documents(
    world: World, device: Device
) -> None:
    state(device, world, "visit.arrived", world["visit"])
    request = {**device.request(device.outbox), "protocol": 2, "cursor": None}
    answer = device.exchange(request)
    assert (answer["client"], answer["documents"], answer["more"]) == ("upgrade", [], False)
    assert [one["receipt"] for one in answer["receipts"]] == ["stored"]


# Law 10


def test_law_10_a_revoked_devices_facts_are_held_and_nothing_goes_to_it(
    world: World, device: Device
) -> None:
    in_time = state(device, world, "record.sealed", world["visit"])
    device.sync()
    world.clock.advance(1)
    world.house.database.transact(lambda session, now: enrolment.revoke(session, now, device.id))
    held = [state(device, world, kind, world["visit"]) for kind in KINDS]
    world.open_visit("later")
    world.drain()
    device.sync()
    assert device.client == "revoked"
    assert device.last_answer["documents"] == []
    assert {one["receipt"] for one in device.receipts.values()} == {"stored"}
    world.drain()
    assert {standing(world, one) for one in held} == {("held", "revoked")}
    assert standing(world, in_time) == ("effective", None)
    assert len(world.rows(RecordVersion)) == 1
    assert world.house.database.read(violations) == {}


def test_law_10_a_seal_received_before_the_revocation_counts_though_it_is_judged_after(
    world: World, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = state(device, world, "record.sealed", world["visit"])
    with monkeypatch.context() as patched:
        patched.setattr(judge, "finish", lambda *args: None)  # the process dies here
        device.once()
    world.clock.advance(1)
    world.house.database.transact(lambda session, now: enrolment.revoke(session, now, device.id))
    world.drain()
    assert standing(world, sealed) == ("effective", None)


# Law 11


def test_law_11_a_first_sync_goes_by_pages_and_resumes_where_it_broke_off(
    world: World, device: Device
) -> None:
    for number in range(4):
        world.open_visit(f"visit {number}")
    world.drain()
    fresh = world.device()
    exchanges = 0
    while fresh.last_answer.get("more", True):
        fresh.exchange(fresh.request([], limit=2))  # the answer is lost
        answer = fresh.once(limit=2)
        assert len(answer["documents"]) <= 2
        assert (answer["digest"] is None) == answer["more"]
        exchanges += 1
    device.sync()
    assert exchanges >= 4
    mine = {key: one for key, one in device.replica.documents.items() if key[0] != "standing"}
    assert fresh.replica.documents == mine
    settle(world, fresh, device)


def test_law_11_a_page_is_bounded_by_bytes_and_never_empty(
    world: World, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sync import limits

    monkeypatch.setattr(limits, "answer_bytes_max", 10)
    fresh = world.device()
    assert fresh.sync() == len(fresh.replica.documents)
    assert fresh.replica.digest() == fresh.last_answer["digest"]


def test_law_11_what_went_before_a_first_sync_began_is_of_no_interest(
    world: World, device: Device
) -> None:
    world.assign(world["visit"], "bob")
    world.drain()
    fresh = world.device()
    answer = fresh.once()
    assert not any(one.get("gone") for one in answer["documents"])
    other = world.open_visit("other")
    world.drain()
    fresh.sync()
    world.assign(other, "bob")
    settle(world, fresh)
    assert {"type": "visit", "id": other, "gone": True} in fresh.last_answer["documents"]


def test_law_11_what_changes_in_the_middle_of_a_first_sync_is_not_missed(
    world: World, device: Device
) -> None:
    first, second = world.open_visit("first"), world.open_visit("second")
    world.drain()
    fresh = world.device()
    fresh.once(limit=1)
    for visit in (first, second, world["visit"]):
        world.assign(visit, "bob")
    third = world.open_visit("third")
    world.drain()
    fresh.sync(limit=1)
    settle(world, fresh)
    assert set(fresh.documents("visit")) == {third}


# Law 12

OWNED: dict[str, Callable[[World], str]] = {
    "visit": lambda world: world["visit"],
    "stock": lambda world: world["van-a"],
    "loaner": lambda world: world["loaner"],
    "record": lambda world: str(world.rows(RecordVersion)[0].record_id),
    "standing": lambda world: f"visit:{world['visit']}",
    "profile": lambda world: world["ann"],
    "notice": lambda world: world["notice"],
}
PUBLIC = {"part", "fault_code", "article"}


def test_law_12_every_document_type_has_an_owner_or_is_public() -> None:
    assert set(OWNED) | PUBLIC == set(DOCUMENTS)


def test_law_12_nobody_sees_anothers(world: World, device: Device) -> None:
    for kind in KINDS:
        if kind != "loaner.taken_back":
            state(device, world, kind, world["visit"])
    device.sync()
    world.send_notice("ann")
    settle(world, device)
    others = [world.device(name) for name in ("bob", "eve", "dora", "wang", "sue")]
    # Stating something about it gives nobody a sight of it, nor does a mark that names it.
    for other in others:
        state(other, world, "note.added", world["visit"])
        other.sync()
    ids = {type_: owned(world) for type_, owned in OWNED.items()}
    sources = {
        Source("visit", ids["visit"]), Source("place", ids["stock"]),
        Source("loaner", ids["loaner"]), Source("record", ids["record"]),
        Source("user", ids["profile"]), Source("notice", ids["notice"]),
        *(Source("standing", f"{one.id}/{ids['standing']}") for one in (device, *others)),
    }  # fmt: skip
    world.house.database.transact(lambda session, now: mark(session, sources))
    settle(world, device, *others)
    for type_, id_ in ids.items():
        assert id_ in device.documents(type_), type_
        for other in others:
            seen = other.documents(type_).get(id_)
            if type_ == "standing" and seen is not None:
                assert [one["state"] for one in seen["facts"]] == ["held"]
            else:
                assert seen is None, (type_, other.id)


def test_law_12_a_place_that_has_another_keeper_is_seen_by_that_one(
    world: World, device: Device
) -> None:
    bob = world.device("bob")
    settle(world, bob)
    execute(world, update(PlaceKeeper).values(until=world.clock.now()))
    keeper = PlaceKeeper(
        id=world.new("keeper"), place_id=world.named["van-a"], user_id=world.named["bob"],
        since=world.clock.now(), until=None,
    )  # fmt: skip

    def body(session: Any, now: Any) -> None:
        session.add(keeper)
        mark(session, {Source("place", world[van]) for van in ("van-a", "van-b")})

    world.house.database.transact(body)
    settle(world, device, bob)
    assert set(device.documents("stock")) == set()
    assert set(bob.documents("stock")) == {world["van-a"]}


def test_law_12_the_catalogue_is_the_same_for_all(world: World, device: Device) -> None:
    eve = world.device("eve")
    settle(world, eve, device)
    parts = set(map(str, (row.id for row in world.rows(Part))))
    assert set(eve.documents("part")) == set(device.documents("part")) == parts

"""What a hostile device can make the server do: bounded work and a clear answer, whatever it sends.

Work is counted in statements, rows and bytes, never in time.
"""

import gzip
import json
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.base import Base
from models.derived import Subject
from models.facts import Fact, FactPart, Refusal, Standing, SubjectRow, fact_key
from models.findings import Finding
from models.people import Device as DeviceRow
from sync import limits, pace
from sync.device import Json
from tests.api.door import TUS, Door, Phone, counted, problem, told
from tests.hostile import changed, good, setting, signed
from tests.statements import state

JSON = "application/json"
WRITES = ("INSERT", "UPDATE", "DELETE")


@pytest.fixture
def phone(door: Door) -> Phone:
    """A phone that has synced, with one visit."""
    phone = door.phone()
    door.world.open_visit()
    door.world.drain()
    phone.device.sync()
    return phone


def send(door: Door, phone: Phone, facts: list[Json]) -> Any:
    return door.ask("POST", "/sync", phone, json=phone.device.request(facts))


def receipts(door: Door, phone: Phone, *facts: Json) -> list[Json]:
    got: list[Json] = told(send(door, phone, list(facts)))["receipts"]
    return got


def writes(statements: list[str]) -> list[str]:
    return [one for one in statements if one.startswith(WRITES)]


def rows(door: Door) -> int:
    """How many rows the database holds in all."""

    def body(session: Session) -> int:
        tables = Base.metadata.sorted_tables
        return sum(session.scalar(select(func.count()).select_from(one)) or 0 for one in tables)

    return door.world.house.database.read(body)


def ahead(door: Door) -> timedelta:
    """How far the only phone runs ahead of its pace, as it is written down."""
    (row,) = door.world.rows(DeviceRow)
    return (row.busy_until or door.world.clock.now()) - door.world.clock.now()


def work(door: Door, phone: Phone, facts: list[Json]) -> int:
    """How many statements the exchange of those facts takes."""
    with counted(door) as statements:
        told(send(door, phone, facts))
    return len(statements)


# A million tiny exchanges


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> int:
    """So many exchanges a device may be ahead, where it is an hour's worth else."""
    monkeypatch.setattr(pace, "AHEAD_MAX", 20 * pace.SECOND)
    return 20


def exhaust(door: Door, phone: Phone) -> None:
    """Exchange until the device is turned away."""
    while send(door, phone, []).status_code == 200:
        pass


def test_who_exchanges_without_end_is_turned_away_for_the_price_of_one_read(
    door: Door, phone: Phone, hasty: int
) -> None:
    taken = 0
    while (response := send(door, phone, [])).status_code == 200:
        taken += 1
    assert hasty - 3 <= taken <= hasty
    problem(response, 429, "throttled", "device")
    with counted(door) as statements:
        for _ in range(50):
            problem(send(door, phone, []), 429, "throttled", "device")
    assert len(statements) == 50
    assert writes(statements) == []


def test_who_was_turned_away_comes_back_when_told_and_loses_nothing(
    door: Door, phone: Phone, hasty: int
) -> None:
    exhaust(door, phone)
    state(phone.device, door.world, "visit.arrived", door.world["visit"])
    response = send(door, phone, phone.device.outbox)
    door.world.clock.advance(int(response.headers["Retry-After"]) - 1)
    if send(door, phone, []).status_code != 200:
        door.world.clock.advance(1)
    assert [one["receipt"] for one in receipts(door, phone, *phone.device.outbox)] == ["stored"]
    problem(send(door, phone, []), 429, "throttled", "device")
    door.world.clock.advance(hasty * 2)
    assert told(send(door, phone, []))["received"]["through"] == 1


def test_one_device_that_is_turned_away_holds_up_no_other(
    door: Door, phone: Phone, hasty: int
) -> None:
    exhaust(door, phone)
    colleague = door.phone("ann")
    assert told(send(door, colleague, []))["client"] == "ok"


def test_to_keep_the_pace_costs_an_exchange_no_statement(door: Door, phone: Phone) -> None:
    with counted(door) as statements:
        told(send(door, phone, []))
    assert [one.split()[1] for one in writes(statements)] == ["device"]


def test_facts_and_their_bytes_cost_their_device_more_than_an_exchange_does(
    door: Door, phone: Phone
) -> None:
    def cost(facts: list[Json]) -> timedelta:
        before = ahead(door)
        send(door, phone, facts)
        return ahead(door) - before

    small, large = signed(phone.device, "{}"), signed(phone.device, "x" * 60_000)
    assert cost([]) == pace.SECOND
    assert cost([small] * 500) > 10 * pace.SECOND
    assert cost([large] * 16) > 14 * pace.SECOND


def test_an_evening_with_a_weeks_work_is_not_slowed_down(door: Door, phone: Phone) -> None:
    """A hundred facts of 50 KB, and as many exchanges as their photos and documents bring."""
    facts = [signed(phone.device, "x" * 50_000)] * 20
    for _ in range(5):
        assert send(door, phone, facts).status_code == 200
    for _ in range(100):
        assert send(door, phone, []).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"[" * 100_000,
        b"x" * (limits.body_bytes_max + 1),
        b'{"protocol":' + b"9" * 9999,
    ],
    ids=["cut", "wrong", "deep", "large", "digits"],
)
def test_what_is_malformed_counts_too(door: Door, phone: Phone, hasty: int, body: bytes) -> None:
    statuses = []
    for _ in range(2 * hasty):
        response = door.ask("POST", "/sync", phone, data=body, content_type=JSON)
        statuses.append(response.status_code)
    assert set(statuses) in ({400, 429}, {413, 429})
    with counted(door) as statements:
        response = door.ask("POST", "/sync", phone, data=body, content_type=JSON)
        problem(response, 429, "throttled", "device")
    assert len(statements) == 1


def test_guessing_at_tokens_reads_once_and_writes_nothing(door: Door, phone: Phone) -> None:
    with counted(door) as statements:
        for number in range(20):
            problem(send(door, Phone(phone.device, f"{number:064}"), []), 401, "unauthorized")
    assert len(statements) == 20
    assert writes(statements) == []


# A million tiny requests about photos

DATA = bytes(range(256)) * 4
SMALL = ["HEAD", "PATCH", "POST", "POST as PATCH", "lacking", "preview"]


@pytest.fixture
def place(door: Door, phone: Phone) -> str:
    """The address of an upload that the phone has begun."""
    phone.promise(DATA, door.world["visit"])
    address: str = door.begin_upload(phone, DATA).headers["Location"]
    return address


def ask_small(door: Door, phone: Phone, place: str, what: str) -> Any:
    """A request that costs its sender next to nothing; some are wrong."""
    if what == "lacking":
        return door.ask("POST", "/uploads/lacking", phone, json={"hashes": []})
    if what == "preview":
        return door.ask("GET", f"/sync/photos/{'0' * 64}/320", phone)
    if what == "POST":
        return door.ask("POST", "/uploads", phone, headers=TUS)
    if what == "PATCH":
        return door.send(phone, place, 7, b"")
    as_patch = {"X-HTTP-Method-Override": "PATCH"} if what == "POST as PATCH" else {}
    return door.ask(what.partition(" ")[0], place, phone, headers={**TUS, **as_patch})


@pytest.mark.parametrize("what", SMALL)
def test_who_asks_about_photos_without_end_is_turned_away_for_the_price_of_one_read(
    door: Door, phone: Phone, place: str, hasty: int, what: str
) -> None:
    taken, most = 0, (hasty + limits.tally_seconds) * limits.requests_per_second
    while (response := ask_small(door, phone, place, what)).status_code != 429:
        assert response.status_code in (200, 400, 404, 409, 415)
        taken += 1
        assert taken <= most
    assert taken >= most // 2
    before = rows(door)
    with counted(door) as statements:
        for _ in range(20):
            response = ask_small(door, phone, place, what)
            assert response.status_code == 429
        problem(door.send(phone, place, 0, DATA), 429, "throttled", "device")
        problem(send(door, phone, []), 429, "throttled", "device")
    assert len(statements) == 22
    assert writes(statements) == []
    assert rows(door) == before
    door.world.clock.advance(int(response.headers["Retry-After"]))
    assert door.send(phone, place, 0, DATA).status_code == 204


def test_an_evening_with_a_hundred_photos_in_small_pieces_is_not_slowed_down(
    door: Door, phone: Phone, place: str
) -> None:
    """A photo in 64 pieces, each asked for before it is sent; the pace has room for 100 times 256
    pieces, which are those of 16 KiB in a photo of 4 MiB."""
    step = len(DATA) // 64
    for start in range(0, len(DATA), step):
        assert door.ask("HEAD", place, phone, headers=TUS).status_code == 200
        assert door.send(phone, place, start, DATA[start : start + step]).status_code == 204
    assert ahead(door) <= 15 * pace.SECOND
    assert 100 * 256 * pace.SECOND / limits.requests_per_second < pace.AHEAD_MAX


def test_to_count_small_requests_takes_two_statements_in_a_hundred(
    door: Door, phone: Phone, place: str
) -> None:
    before = ahead(door)
    with counted(door) as of_one:
        ask_small(door, phone, place, "HEAD")
    with counted(door) as statements:
        for _ in range(200):
            ask_small(door, phone, place, "HEAD")
    assert writes(of_one) == []
    assert [one.split()[1] for one in writes(statements)] == ["device"] * 2
    begun_read_written = 3
    assert len(statements) <= 200 * len(of_one) + 2 * begun_read_written
    assert ahead(door) - before == 20 * pace.SECOND


@pytest.mark.parametrize(("zipped", "seconds"), [(False, 1), (True, 128)])
def test_what_is_asked_with_a_large_body_counts_as_much(
    door: Door, phone: Phone, zipped: bool, seconds: int
) -> None:
    before, body = ahead(door), json.dumps({"hashes": ["0" * 64] * 500}).encode()
    headers = {"Content-Encoding": "gzip"} if zipped else {}
    for _ in range(10):
        data = gzip.compress(body) if zipped else body
        ask = {"data": data, "content_type": JSON, "headers": headers}
        told(door.ask("POST", "/uploads/lacking", phone, **ask))
    assert ahead(door) - before >= 10 * seconds * pace.SECOND


# Forged, replayed, another's


def test_five_hundred_forged_facts_cost_as_many_statements_as_ten(door: Door, phone: Phone) -> None:
    def forged(count: int) -> list[Json]:
        facts = [good(door.world, phone.device) for _ in range(count)]
        return [{**one, "signature": "00" * 64} for one in facts]

    few, many = work(door, phone, forged(10)), work(door, phone, forged(500))
    assert many <= few + 2
    assert {one.code for one in door.world.rows(Refusal)} == {"fact.forged"}
    assert [one.code for one in door.world.rows(Finding)] == ["device.forged"]
    assert door.world.rows(Fact) == []


def test_five_hundred_facts_that_are_known_cost_no_more_than_one(door: Door, phone: Phone) -> None:
    fact = good(door.world, phone.device)
    told(send(door, phone, [fact]))
    door.world.drain()
    with counted(door) as statements:
        told(send(door, phone, [fact] * 500))
    assert len(statements) <= work(door, phone, [fact]) + 1
    assert {one.split()[1] for one in writes(statements)} == {"device"}
    assert len(door.world.rows(Fact)) == 1


def test_anothers_facts_sent_with_ones_own_token_are_forged(door: Door, phone: Phone) -> None:
    other = door.phone("bob")
    taken = good(door.world, phone.device)
    (receipt,) = receipts(door, other, taken)
    assert (receipt["receipt"], receipt["code"]) == ("refused", "fact.forged")
    (own,) = receipts(door, phone, taken)
    assert own["receipt"] == "stored"


def test_anothers_id_is_ones_own_id_and_takes_nothing_from_them(door: Door, phone: Phone) -> None:
    other = door.phone("bob")
    theirs = good(door.world, phone.device)
    id_ = json.loads(theirs["fact"])["id"]
    copied = changed(other.device, good(door.world, other.device), setting("id", to=id_))
    assert [one["receipt"] for one in receipts(door, other, copied)] == ["stored"]
    assert [one["receipt"] for one in receipts(door, phone, theirs)] == ["stored"]
    assert len({one.key for one in door.world.rows(Fact)}) == 2


def test_a_stolen_token_without_the_key_states_nothing(door: Door, phone: Phone) -> None:
    thief = door.phone("eve").device
    facts = [good(door.world, thief) for _ in range(3)]
    got = receipts(door, phone, *facts)
    assert {one["code"] for one in got} == {"fact.forged"}
    assert door.world.rows(Fact) == []


# Numbers


@pytest.mark.parametrize("seq", [0, -1, 2**53, 2**63, 2**64, 10**300, 1.5, "1", True, None])
def test_a_number_that_no_counter_reaches_is_malformed(door: Door, phone: Phone, seq: Any) -> None:
    fact = changed(phone.device, good(door.world, phone.device), setting("seq", to=seq))
    (receipt,) = receipts(door, phone, fact)
    assert (receipt["code"], receipt["field"]) == ("fact.malformed", "seq")


def test_the_highest_number_leaves_one_gap_and_scattered_ones_at_most_a_hundred(
    door: Door, phone: Phone
) -> None:
    def at(seq: int) -> Json:
        return changed(phone.device, good(door.world, phone.device), setting("seq", to=seq))

    answer = told(send(door, phone, [at(2**53 - 1)]))["received"]
    assert answer["through"] == 0
    assert answer["missing"] == [[1, 2**53 - 2]]
    answer = told(send(door, phone, [at(1000 * number) for number in range(1, 151)]))["received"]
    assert len(answer["missing"]) == limits.missing_ranges_max
    few = work(door, phone, [])
    told(send(door, phone, [at(1000 * number + 1) for number in range(1, 151)]))
    assert work(door, phone, []) == few


def test_many_facts_of_one_number_are_one_finding(door: Door, phone: Phone) -> None:
    facts = [
        changed(phone.device, good(door.world, phone.device), setting("seq", to=1))
        for _ in range(50)
    ]
    assert {one["receipt"] for one in receipts(door, phone, *facts)} == {"stored"}
    (found,) = door.world.rows(Finding)
    assert found.code == "device.seq_twice"


def test_however_many_numbers_facts_call_lost_each_fact_takes_a_few_rows(
    door: Door, phone: Phone
) -> None:
    """Half a megabyte spoke of half a million numbers once, and each took a row."""
    about = ("device", str(phone.device.id))

    def losing(number: int) -> Json:
        first = 1_000_000 + 2000 * number
        last = first + limits.lost_facts_max - 1
        phone.device.state(
            "device.lost_facts", about, {"first": first, "last": last, "reason": "broken"}
        )
        return changed(phone.device, phone.device.outbox.pop(), setting("seq", to=2**52 + number))

    before, single = rows(door), losing(0)
    few = work(door, phone, [single])
    a_few = rows(door) - before
    assert a_few < 12
    facts = [losing(number) for number in range(1, limits.facts_per_exchange_max)]
    assert work(door, phone, facts) <= few + 5
    assert rows(door) - before <= limits.facts_per_exchange_max * a_few


# Deep, huge, many


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


TEXTS: dict[str, Callable[[], str]] = {
    "deep": lambda: nested(10_000),
    "deep lists": lambda: "[" * 60_000,
    "long number": lambda: '{"seq":' + "9" * 60_000 + "}",
    "huge exponent": lambda: '{"seq":1e999999}',
    "many names": lambda: json.dumps({f"n{number}": 0 for number in range(6000)}),
    "one name": lambda: '{"a":1' + ',"a":1' * 10_000 + "}",
    "escapes": lambda: '{"kind":"' + "\\u0000" * 10_000 + '"}',
    "not closed": lambda: '{"a":"' + "x" * 60_000,
    "too long": lambda: " " * (limits.fact_text_bytes_max + 1),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=list(TEXTS))
def test_a_text_that_is_signed_over_anything_is_refused_once(
    door: Door, phone: Phone, text: Callable[[], str]
) -> None:
    fact = signed(phone.device, text())
    got = receipts(door, phone, fact, fact)
    assert got[0] == got[1]
    assert got[0]["receipt"] == "refused"
    assert len(door.world.rows(Refusal)) == 1


def test_many_parts_are_read_no_further_than_the_first_that_is_not_named(
    door: Door, phone: Phone
) -> None:
    fact = good(door.world, phone.device)
    fact["parts"] |= {f"p{number}": {"salt": "", "text": ""} for number in range(30_000)}
    with counted(door) as statements:
        (receipt,) = receipts(door, phone, fact)
    assert receipt["code"] == "part.unnamed"
    assert len(statements) < 30
    assert door.world.rows(FactPart) == []


def test_a_fact_names_as_many_subjects_as_its_schema_lets_it(door: Door, phone: Phone) -> None:
    """Two hundred lines of parts, each from another place that nobody knows."""
    world, device = door.world, phone.device
    device.outbox.clear()
    places = [str(world.ids.new(world.clock.now())) for _ in range(201)]
    lines = [{"place": one, "part": world["roller"], "quantity": "1"} for one in places]
    state(device, world, "record.sealed", world["visit"])
    sealed = device.outbox.pop()
    manifest = json.loads(sealed["fact"])["data"]
    content = {
        name: part["text"] for name, part in sealed["parts"].items() if "signature" not in name
    }
    signers = {role: {"name": role, "strokes": [[[1, 2]]]} for role in ("technician", "customer")}
    manifest.pop("parts")
    for count, outcome in ((201, "refused"), (200, "stored")):
        content["parts_used"] = json.dumps({"lines": lines[:count]})
        device.seal(world["visit"], manifest, content, signers)
        (receipt,) = receipts(door, phone, device.outbox.pop())
        assert receipt["receipt"] == outcome
    assert len(world.rows(SubjectRow, SubjectRow.type == "place")) == 200


def test_what_takes_long_to_judge_is_left_to_the_worker(
    door: Door, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a phone which states the same for ever keeps no process that answers others busy."""
    monkeypatch.setattr(limits, "facts_judged_at_once", 20)
    world, visit, device = door.world, door.world["visit"], phone.device
    judged = []
    for words in range(3):
        for _ in range(15):
            device.state("note.added", ("visit", visit), parts={"words": str(words)})
        sent, device.outbox = device.outbox, []
        assert {one["receipt"] for one in receipts(door, phone, *sent)} == {"stored"}
        keys = [fact_key(device.id, UUID(json.loads(one["fact"])["id"])) for one in sent]
        judged.append(len(world.rows(Standing, Standing.id.in_(keys))))
    assert judged == [15, 15, 0]
    world.drain()
    assert len(world.rows(Standing, Standing.id.in_(keys), Standing.state == "effective")) == 15


def test_visits_that_nobody_knows_hold_up_nobody(door: Door, phone: Phone) -> None:
    world = door.world
    for _ in range(50):
        visit = str(world.ids.new(world.clock.now()))
        phone.device.state("note.added", ("visit", visit), parts={"words": "x"})
    assert {one["receipt"] for one in receipts(door, phone, *phone.device.outbox)} == {"stored"}
    assert Subject("visit", world.named["visit"]).id not in {
        one.id for one in world.rows(SubjectRow, SubjectRow.attempts > 0)
    }


# Many


@pytest.mark.parametrize(
    "many", [b"{}", b"[]", b"7", b'""'], ids=["objects", "lists", "7", "texts"]
)
def test_of_two_hundred_thousand_facts_none_is_read(door: Door, phone: Phone, many: bytes) -> None:
    """Each was read before they were counted once, and one small request took minutes."""
    request = json.dumps(phone.device.request([]))[:-1].encode()
    body = request.replace(b'"facts": []', b'"facts": [' + many + (b"," + many) * 199_999 + b"]")
    response = read_little(door, phone, "/sync", body + b"}")
    problem(response, 400, "malformed_envelope", "facts")
    body = b'{"hashes": [' + many + (b"," + many) * 199_999 + b"]}"
    problem(read_little(door, phone, "/uploads/lacking", body), 422, "wrong_value", "hashes")


def read_little(door: Door, phone: Phone, path: str, body: bytes) -> Any:
    """Ask, and see that few functions of ours or of the libraries were called."""
    calls = 0

    def note(_frame: Any, event: str, _arg: Any) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(note)
    try:
        response = door.ask("POST", path, phone, data=body, content_type=JSON)
    finally:
        sys.setprofile(None)
    assert calls < 100_000
    return response


@pytest.mark.parametrize("many", ["{}", '""', "null", "[]"])
def test_of_a_hundred_thousand_lines_in_a_part_none_is_read(
    door: Door, phone: Phone, many: str
) -> None:
    text = '{"lines": [' + ",".join([many] * (240_000 // (len(many) + 1))) + "]}"
    parts = phone.device.salt({"parts_used": text})
    data = {"record": door.world["visit"]}
    phone.device.state_salted("record.sealed", ("visit", door.world["visit"]), data, parts)
    body = json.dumps(phone.device.request(phone.device.outbox)).encode()
    (receipt,) = told(read_little(door, phone, "/sync", body))["receipts"]
    assert receipt["code"] == "data.invalid"


# Bombs


def bombs() -> Iterator[bytes]:
    yield gzip.compress(bytes(100 << 20), 9)
    yield gzip.compress(gzip.compress(bytes(100 << 20), 9))
    yield gzip.compress(b"[" * (limits.body_bytes_max - 1))
    yield gzip.compress(b'{"facts":[' + b"{}," * 400_000 + b"{}]}")


def test_a_bomb_takes_no_more_memory_than_the_largest_honest_body(door: Door, phone: Phone) -> None:
    zipped = {"Content-Encoding": "gzip"}
    for bomb in bombs():
        tracemalloc.start()
        response = door.ask("POST", "/sync", phone, data=bomb, content_type=JSON, headers=zipped)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert response.status_code in (400, 413), response.text
        assert peak < 200 << 20
    assert door.world.rows(Fact) == door.world.rows(Refusal) == []

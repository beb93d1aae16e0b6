"""The exchange as HTTP carries it: what is malformed stores nothing, what is too large is bounded,
and nothing that a phone sends is a server error."""

import copy
import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from models.facts import Fact, Refusal
from sync import limits
from sync.device import Json
from tests.api.door import Door, Phone, problem, told
from tests.statements import state

JSON = "application/json"
ZIPPED = {"Content-Encoding": "gzip"}


def send(door: Door, phone: Phone, body: bytes, **rest: Any) -> Any:
    return door.ask("POST", "/sync", phone, data=body, **{"content_type": JSON, **rest})


def ask(door: Door, phone: Phone, request: Any) -> Any:
    return door.ask("POST", "/sync", phone, json=request)


def stated(door: Door, phone: Phone, count: int = 1) -> Json:
    """A request with facts about a visit."""
    visit = door.world.open_visit()
    for _ in range(count):
        state(phone.device, door.world, "note.added", visit)
    return phone.device.request(phone.device.outbox)


# Encodings


def test_a_request_counts_the_same_with_and_without_gzip(door: Door) -> None:
    phone = door.phone()
    body = json.dumps(stated(door, phone)).encode()
    plain = told(send(door, phone, body))
    zipped = told(send(door, phone, gzip.compress(body), headers=ZIPPED))
    assert plain["receipts"] == zipped["receipts"]
    assert len(door.world.rows(Fact)) == 1


def test_an_answer_is_zipped_for_whoever_takes_it(door: Door) -> None:
    phone = door.phone()
    for number in range(20):
        door.post("/parts", "wang", code=f"P{number}", name="胶辊 roller")
    door.world.drain()
    body = json.dumps(phone.device.request([])).encode()
    plain = send(door, phone, body)
    assert "Content-Encoding" not in plain.headers
    for accepted in ("gzip", "gzip, br;q=0.5", "*"):
        zipped = send(door, phone, body, headers={"Accept-Encoding": accepted})
        assert zipped.headers["Content-Encoding"] == "gzip"
        assert zipped.headers["Vary"] == "Accept-Encoding"
        assert json.loads(gzip.decompress(zipped.data)).keys() == plain.json.keys()
        assert int(zipped.headers["Content-Length"]) == len(zipped.data) < len(plain.data)
    for refused in ("identity", "gzip;q=0", "br"):
        response = send(door, phone, body, headers={"Accept-Encoding": refused})
        assert "Content-Encoding" not in response.headers


def test_a_repeated_request_gets_the_same_receipts_byte_by_byte(door: Door) -> None:
    phone = door.phone()
    request = stated(door, phone, 3)
    request["facts"][1]["signature"] = "00" * 64
    receipts = set()
    for _ in range(3):
        door.world.clock.advance(60)
        raw = ask(door, phone, request).text
        receipts.add(raw[raw.index('"receipts"') : raw.index('"received"')])
    assert len(receipts) == 1
    assert len(door.world.rows(Fact)) == 2
    assert len(door.world.rows(Refusal)) == 1


# What is too large


def bomb(megabytes: int) -> bytes:
    return gzip.compress(bytes(megabytes << 20), 9)


def test_a_bomb_is_not_unfolded(door: Door) -> None:
    phone = door.phone()
    for body in (bomb(10), bomb(400)):
        assert len(body) < limits.body_bytes_max
        problem(send(door, phone, body, headers=ZIPPED), 413, "too_large")


def test_a_body_has_at_most_four_mebibytes(door: Door) -> None:
    phone = door.phone()
    request = json.dumps(phone.device.request([])).encode()
    whole = request + b" " * (limits.body_bytes_max - len(request))
    assert send(door, phone, whole).status_code == 200
    refused = problem(send(door, phone, whole + b" "), 413, "too_large")
    assert refused["detail"] == "a body has at most 4194304 bytes here"
    assert send(door, phone, gzip.compress(whole), headers=ZIPPED).status_code == 200
    over = gzip.compress(whole + b" ")
    problem(send(door, phone, over, headers=ZIPPED), 413, "too_large")


@pytest.mark.parametrize("where", ["fact", "part"])
def test_facts_and_parts_together_have_at_most_one_mebibyte(door: Door, where: str) -> None:
    phone = door.phone()
    request = phone.device.request([])
    around = len("words") + 32
    half = "字" * ((limits.facts_bytes_max // 2 - around) // 3)
    parts = {"words": {"salt": "00" * 16, "text": half if where == "part" else ""}}
    fact: Json = {"fact": half if where == "fact" else "", "signature": "", "parts": parts}
    request["facts"] = [fact, fact]
    assert ask(door, phone, request).status_code == 200
    request["facts"] = [fact, {**fact, "fact": fact["fact"] + "xxxxx"}]
    problem(ask(door, phone, request), 413, "too_large")


def test_a_fact_that_fits_into_no_request_is_refused_by_a_receipt_and_not_for_ever_put_off(
    door: Door,
) -> None:
    phone, visit = door.phone(), door.world.open_visit()
    longest = "x" * limits.part_text_bytes_max
    parts = {"words": "ok", **{f"more{number}": longest for number in range(5)}}
    phone.device.state("note.added", ("visit", visit), parts=parts)
    large = phone.device.outbox[0]
    state(phone.device, door.world, "visit.arrived", visit)
    together = phone.device.request(phone.device.outbox)
    problem(ask(door, phone, together), 413, "too_large")
    (alone,) = told(ask(door, phone, phone.device.request([large])))["receipts"]
    assert (alone["receipt"], alone["code"], alone["field"]) == (
        "refused", "part.too_large", "parts",
    )  # fmt: skip
    assert phone.device.sync() == 2  # one fact for each exchange
    assert phone.device.outbox == []
    assert phone.device.last_answer["received"]["through"] == 2


def test_an_exchange_has_at_most_500_facts(door: Door) -> None:
    phone = door.phone()
    fact = {"fact": "{}", "signature": "", "parts": {}}
    request = phone.device.request([fact] * 500)
    assert len(told(ask(door, phone, request))["receipts"]) == 500
    request["facts"].append(fact)
    problem(ask(door, phone, request), 400, "malformed_envelope", "facts")


# What is malformed


@pytest.mark.parametrize("cut", [1, 10, -1])
def test_a_gzip_body_that_was_cut_is_a_bad_request(door: Door, cut: int) -> None:
    phone = door.phone()
    body = gzip.compress(json.dumps(phone.device.request([])).encode())
    problem(send(door, phone, body[:cut], headers=ZIPPED), 400, "bad_request")
    problem(send(door, phone, body + b"more", headers=ZIPPED), 400, "bad_request")
    problem(send(door, phone, b"{}", headers=ZIPPED), 400, "bad_request")


def test_another_encoding_or_media_type_is_told_what_to_send(door: Door) -> None:
    phone = door.phone()
    body = json.dumps(phone.device.request([])).encode()
    for encoding in ("br", "gzip, gzip", "deflate"):
        response = send(door, phone, body, headers={"Content-Encoding": encoding})
        problem(response, 415, "unsupported_media_type")
    for media in ("text/plain", "application/octet-stream", None):
        problem(send(door, phone, body, content_type=media), 415, "unsupported_media_type")


def test_nesting_beyond_every_depth_is_a_bad_request(door: Door) -> None:
    phone = door.phone()
    for body in (b"[" * 1_000_000, b'{"facts":' * 100_000):
        refused = problem(send(door, phone, body), 400, "bad_request")
        assert refused["detail"] == "the body is no JSON: it is nested too deep to be read"


def test_an_unknown_token_stores_nothing(door: Door) -> None:
    phone = door.phone()
    request = stated(door, phone)
    stranger = Phone(phone.device, "0" * 64)
    for asking in (stranger, None):
        refused = problem(door.ask("POST", "/sync", asking, json=request), 401, "unauthorized")
        assert "/devices/challenge" in refused["remedy"]
    assert door.world.rows(Fact) == []


MALFORMED: list[tuple[str, Any, str]] = [
    ("protocol", None, "protocol"),
    ("protocol", "1", "protocol"),
    ("protocol", 1.5, "protocol"),
    ("protocol", 0, "protocol"),
    ("cursor", 7, "cursor"),
    ("cursor", "x" * 1001, "cursor"),
    ("have", {"count": -1, "sum": 0}, "have.count"),
    ("have", {"count": 1}, "have.sum"),
    ("have", [], "have"),
    ("sent_at", "yesterday", "sent_at"),
    ("sent_at", "2026-11-22T08:00:00", "sent_at"),
    ("unsent", {"facts": "many", "bytes": 0, "since": None}, "unsent.facts"),
    ("unsent", {"facts": 2**53, "bytes": 0, "since": None}, "unsent.facts"),
    ("unsent", None, "unsent"),
    ("facts", None, "facts"),
    ("facts", {}, "facts"),
    ("facts", ["x"], "facts.1"),
    ("facts", [{"fact": {}, "signature": "", "parts": {}}], "facts.1.fact"),
    ("facts", [{"fact": "{}", "parts": {}}], "facts.1.signature"),
    ("facts", [{"fact": "{}", "signature": "", "parts": []}], "facts.1.parts"),
    ("facts", [{"fact": "{}", "signature": "", "parts": {"a": "b"}}], "facts.1.parts.a"),
    ("limit", 0, "limit"),
    ("limit", 5001, "limit"),
    ("limit", None, "limit"),
]


def test_a_malformed_envelope_names_the_field_and_stores_nothing(door: Door) -> None:
    phone = door.phone()
    good = stated(door, phone)
    for name, value, field in MALFORMED:
        request = copy.deepcopy(good)
        together = isinstance(value, list) and name == "facts"
        request[name] = good["facts"] + value if together else value
        problem(ask(door, phone, request), 400, "malformed_envelope", field)
    for name in ("protocol", "cursor", "facts"):
        request = {key: value for key, value in good.items() if key != name}
        problem(ask(door, phone, request), 400, "malformed_envelope", name)
    for body in (b"[]", b'"x"', b"7", b"null"):
        refused = problem(send(door, phone, body), 400, "malformed_envelope")
        assert refused["detail"] == "the body must be an object"
        assert "field" not in refused["remedy"]
    assert door.world.rows(Fact) == []
    assert told(ask(door, phone, {**good, "newer": {"field": 1}}))["receipts"]


# Cursors, protocols


@pytest.mark.parametrize("cursor", ["", "x", "!!!", "AAAA", "é", "W10", "eyJhIjoxfQ"])
def test_an_unreadable_cursor_is_answered_with_a_reset(door: Door, cursor: str) -> None:
    phone = door.phone()
    answer = told(ask(door, phone, {**phone.device.request([]), "cursor": cursor}))
    assert (answer["reset"], answer["cursor"], answer["more"]) == ("unreadable", None, True)
    assert answer["documents"] == []


def test_another_protocol_is_told_to_upgrade_and_its_facts_are_taken(door: Door) -> None:
    phone = door.phone()
    request = {**stated(door, phone), "protocol": 2}
    door.world.drain()
    answer = told(ask(door, phone, request))
    assert (answer["client"], answer["documents"], answer["more"]) == ("upgrade", [], False)
    assert [one["receipt"] for one in answer["receipts"]] == ["stored"]
    assert len(door.world.rows(Fact)) == 1


# Whatever a phone may send


def strings(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every string in a JSON value, and of every name."""
    if isinstance(value, str):
        yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from strings(value[key], (*path, key))


def put_at(value: Any, path: tuple[Any, ...], text: str) -> None:
    for step in path[:-1]:
        value = value[step]
    value[path[-1]] = text


def hostile(request: Json, text: str) -> Iterator[Json]:
    """The request with the text in the place of each of its strings and names, one at a time."""
    for path in strings(request):
        changed = copy.deepcopy(request)
        put_at(changed, path, text)
        yield changed
    changed = copy.deepcopy(request)
    (part,) = changed["facts"][0]["parts"].values()
    changed["facts"][0]["parts"] = {text: part}
    yield changed
    yield {**request, text: text}
    yield {**request, "unsent": {**request["unsent"], text: 1}}


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\x00", "\u2028", "x" * 5000, "１２"])
def test_no_text_anywhere_in_the_envelope_is_a_server_error(door: Door, text: str) -> None:
    phone = door.phone()
    phone.device.sync()
    request = stated(door, phone)
    request["unsent"]["since"] = request["sent_at"]
    for changed in hostile(request, text):
        response = ask(door, phone, changed)
        assert response.status_code in (200, 400), (response.text, changed)
        assert ask(door, phone, changed).status_code == response.status_code


@pytest.mark.parametrize("text", ["\ud800", "\x00", "x" * 70_000])
def test_a_fact_that_is_signed_over_anything_is_receipted_the_same_every_time(
    door: Door, text: str
) -> None:
    phone = door.phone()
    sent = stated(door, phone)["facts"][0]
    fact = json.loads(sent["fact"])
    for path in strings(fact):
        changed = copy.deepcopy(fact)
        put_at(changed, path, text)
        signed = json.dumps(changed, ensure_ascii="\ud800" in text)
        signature = phone.device.key.sign(signed.encode()).hex()
        one = {**sent, "fact": signed, "signature": signature}
        request = phone.device.request([one])
        first, second = (told(ask(door, phone, request))["receipts"] for _ in range(2))
        assert first == second, path

"""Refusals: only what is malformed or forged, with a code, for ever, and its text is kept."""

import json
from collections.abc import Callable

import pytest
from marshmallow import ValidationError

from models.facts import Fact, Refusal, Standing
from models.findings import Finding
from models.ids import Ids
from models.records.sealing import part_hash
from models.refusals import FACT_REFUSALS
from sync import limits
from sync.device import Device, Json, new_key
from sync.envelope import EnvelopeSchema
from sync.facts.text import SentFact, SentPart
from tests.hostile import changed, good, send, setting, signed, without
from tests.world import World

Case = Callable[[World, Device], Json]


@pytest.fixture
def device(world: World) -> Device:
    world.open_visit()
    world.new("transfer")
    device = world.device()
    device.sync()
    return device


def changing(*path: str | int, to: object, kind: str = "note.added") -> Case:
    return lambda world, device: changed(device, good(world, device, kind), setting(*path, to=to))


def lacking(*path: str | int, kind: str = "note.added") -> Case:
    return lambda world, device: changed(device, good(world, device, kind), without(*path))


def text(words: str) -> Case:
    return lambda world, device: signed(device, words)


def part(name: str, **fields: str) -> Case:
    def case(world: World, device: Device) -> Json:
        sent = good(world, device)
        sent["parts"].setdefault(name, {"salt": "00" * 16, "text": "neu"}).update(fields)
        return sent

    return case


def with_parts(kind: str, **texts: str) -> Case:
    """A fact with other texts in its parts, hashed and signed as it should be."""

    def case(world: World, device: Device) -> Json:
        sent = good(world, device, kind)
        fact = json.loads(sent["fact"])
        for name, words in texts.items():
            sent["parts"][name] = {"salt": "ab" * 16, "text": words}
            fact["data"]["parts"][name] = part_hash("ab" * 16, words)
        return signed(device, json.dumps(fact), sent["parts"])

    return case


def filled(size: int) -> Case:
    """A fact whose text and parts have so many bytes together, and no part too many itself."""

    def case(world: World, device: Device) -> Json:
        names = [f"more{number}" for number in range(-(-size // limits.part_text_bytes_max))]
        empty = with_parts("note.added", words="ok", **dict.fromkeys(names, ""))
        device.seq -= 1
        room = size - SentFact(**parsed(empty(world, device))).size
        texts = {}
        for name in names:
            texts[name] = "x" * min(room, limits.part_text_bytes_max)
            room -= len(texts[name])
        return with_parts("note.added", words="ok", **texts)(world, device)

    return case


def parsed(sent: Json) -> Json:
    return {**sent, "parts": {name: SentPart(**part) for name, part in sent["parts"].items()}}


too_much = filled(limits.fact_bytes_max + 1)


def no_part(world: World, device: Device) -> Json:
    return {**good(world, device), "parts": {}}


def another_key(world: World, device: Device) -> Json:
    stranger = Device(device.id, device.clock, device.ids, new_key(Ids())[0], device.exchange)
    return changed(stranger, good(world, device), lambda fact: None)


def another_text(world: World, device: Device) -> Json:
    sent = good(world, device)
    return {**sent, "fact": sent["fact"].replace("note.added", "visit.left")}


def same_id(world: World, device: Device) -> Json:
    first = good(world, device)
    send(device, first)
    return changed(device, first, setting("seq", to=2))


def quantity(value: object) -> Case:
    return changing("data", "lines", 0, "quantity", to=value, kind="stock.received")


def nested(depth: int) -> object:
    return [nested(depth - 1)] if depth else []


DEEP = "[" * 30_000
BIG = "字" * (limits.fact_text_bytes_max // 3 + 1)  # fewer characters than bytes

CASES: dict[str, dict[str, Case]] = {
    "fact.too_large": {"by bytes": text(BIG), "in a field": changing("data", "more", to=BIG)},
    "fact.forged": {
        "another key": another_key,
        "another text": another_text,
        "no hexadecimal": lambda world, device: {**good(world, device), "signature": "ä\x00"},
        "empty": lambda world, device: {**good(world, device), "signature": ""},
    },
    "fact.not_json": {
        "words": text("hello"),
        "a list": text("[]"),
        "NaN": changing("data", "number", to=float("nan")),
        "infinity": changing("data", "number", to=float("-inf")),
        "very deep": text(DEEP),
        "too deep": changing("data", "deep", to=nested(limits.json_depth_max)),
        "raw surrogate": changing("data", "more", to="\ud800"),
        "raw NUL": text('{"a": "\x00"}'),
        "huge number": text('{"seq": ' + "9" * 5000 + "}"),
    },
    "fact.malformed": {
        "no id": lacking("id"),
        "id is a number": changing("id", to=7),
        "id is no uuid": changing("id", to="7"),
        "no seq": lacking("seq"),
        "seq zero": changing("seq", to=0),
        "seq is true": changing("seq", to=True),
        "seq is a float": changing("seq", to=1.0),
        "seq 2^63": changing("seq", to=2**63),
        "kind without verb": changing("kind", to="note"),
        "kind with NUL": changing("kind", to="note.added\x00"),
        "version zero": changing("v", to=0),
        "no zone": changing("at", to="2026-11-22T08:00:00"),
        "no time": changing("at", to="soon"),
        "time is a number": changing("at", to=1763798400),
        "no clock": lacking("clock"),
        "anchor is text": changing("clock", to={"anchor": "x"}),
        "boot without mono": changing(
            "clock", to={"boot": "b", "anchor": {"boot": "b", "at": "2026-11-22T08:00:00Z",
                                                 "now": "2026-11-22T08:00:00Z"}}),
        "subject is text": changing("subject", to="visit"),
        "subject of another kind": changing("subject", "type", to="place"),
        "data is a list": changing("data", to=[]),
        "hashes are a list": changing("data", "parts", to=[]),
        "hash of another form": changing("data", "parts", "words", to="AB" * 32),
        "name with a space": changing("data", "parts", to={"a b": "ab" * 32}),
        "too many parts": changing("data", "parts", to={f"p{n}": "ab" * 32 for n in range(65)}),
    },
    "part.missing": {"not sent": no_part},
    "part.mismatch": {
        "another text": part("words", text="anders"),
        "another salt": part("words", salt="00" * 16),
        "short salt": part("words", salt="00"),
        "salt of spaces": part("words", salt=" " * 32),
        "lone surrogate": part("words", text="\ud800"),
    },
    "part.too_large": {
        "one": with_parts("note.added", words="字" * (limits.part_text_bytes_max // 3 + 1)),
        "all together": too_much,
    },
    "part.unnamed": {"one too many": part("more"), "a strange name": part("\ud800\x00")},
    "data.invalid": {
        "unknown reason": changing("data", "reason", to="Not a code", kind="visit.declined"),
        "reason is missing": lacking("data", "reason", kind="visit.declined"),
        "float": quantity(1.5),
        "integer": quantity(2),
        "zero": quantity("0"),
        "negative": quantity("-1"),
        "not a number": quantity("NaN"),
        "no end": quantity("Infinity"),
        "too fine": quantity("0.0001"),
        "too many": quantity("1000000000"),
        "huge exponent": quantity("1e999999999"),
        "two of one serial": changing("data", "lines", 0, "serial", to="S", kind="stock.received"),
        "NUL in a serial": changing(
            "data", "lines", 0, to={"part": "0" * 32, "quantity": "1", "serial": "a\x00"},
            kind="stock.received"),
        "escaped surrogate": with_parts("note.added", words="ok", more="\x00"),
        "needed part not named": lambda world, device: changed(
            device, {**good(world, device), "parts": {}}, setting("data", "parts", to={})),
        "control character": with_parts("note.added", words="a\x07"),
        "no JSON": with_parts("record.sealed", charges="{"),
        "deep JSON": with_parts("record.sealed", charges=DEEP),
        "charge is a float": with_parts("record.sealed", charges=json.dumps(
            {"basis": "manual", "lines": [{"what": "a", "amount_fen": 1.5, "reason": "b"}]})),
        "signed without a signature": changing("data", "sign_off", to="absent",
                                               kind="record.sealed"),
        "a photo too large": changing(
            "data", "photo", "size", to=limits.photo_bytes_max + 1, kind="photo.taken"),
        "a due date too far": changing("data", "due", to="9999-12-31", kind="loaner.handed_over"),
    },
    "record.content_code": {
        "another content": with_parts("record.sealed", remarks="nachgetragen"),
    },
    "fact.id_reused": {"another fact": same_id},
}  # fmt: skip


NAMED: dict[str, tuple[Case, str]] = {
    "a field of a part": (with_parts("record.sealed", charges=json.dumps(
        {"basis": "manual", "lines": [{"what": "a", "amount_fen": -1, "reason": "b"}]})),
        "parts.charges.lines.0.amount_fen"),
    "a part that is a list": (with_parts("record.sealed", charges="[]"), "parts.charges"),
    "a part that is no JSON": (with_parts("record.sealed", charges="{"), "parts.charges"),
    "a part that cannot be printed": (with_parts("note.added", words="a\x07"), "parts.words"),
    "a field of the data": (
        changing("data", "reason", to="Not a code", kind="visit.declined"), "data.reason"),
    "a part that is needed": (lambda world, device: changed(
        device, {**good(world, device), "parts": {}}, setting("data", "parts", to={})),
        "data.parts.words"),
    "all together": (too_much, "parts"),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_a_refusal_names_what_is_wrong_from_the_fact_on(
    world: World, device: Device, name: str
) -> None:
    case, field = NAMED[name]
    (receipt,) = send(device, case(world, device))
    assert (receipt["receipt"], receipt["field"]) == ("refused", field)


def test_a_fact_that_has_all_it_may_is_stored(world: World, device: Device) -> None:
    full = filled(limits.fact_bytes_max)(world, device)
    assert [one["receipt"] for one in send(device, full)] == ["stored"]


def test_every_code_of_the_catalogue_has_a_case() -> None:
    assert set(CASES) == {kind.code for kind in FACT_REFUSALS}


@pytest.mark.parametrize("code", CASES)
def test_hostile_facts_are_refused_for_ever_kept_and_block_nothing(
    world: World, device: Device, code: str
) -> None:
    for name, case in CASES[code].items():
        hostile = case(world, device)
        before, after = good(world, device), good(world, device, "visit.arrived")
        receipts = send(device, before, hostile, after)
        assert [one["receipt"] for one in receipts] == ["stored", "refused", "stored"], name
        assert receipts[1]["code"] == code, name
        refusal = world.rows(Refusal, Refusal.digest == receipts[1]["digest"])[0]
        assert json.loads(refusal.text) == hostile, name
        again = [*send(device, hostile), *send(device, after, hostile, hostile, before)]
        refused = {json.dumps(one) for one in again if one["receipt"] == "refused"}
        assert refused == {json.dumps(receipts[1])}, name
    assert len(world.rows(Refusal)) == len(CASES[code])
    world.drain()
    assert [one.state for one in world.rows(Standing)] == ["effective"] * len(world.rows(Fact))


def test_a_forged_number_leaves_nothing_missing_that_was_never_stated(
    world: World, device: Device
) -> None:
    forged = changed(device, good(world, device), setting("seq", to=65))
    answer = device.exchange(device.request([{**forged, "signature": "00" * 64}]))
    assert (answer["receipts"][0]["code"], answer["receipts"][0]["seq"]) == ("fact.forged", 65)
    assert answer["received"] == {"through": 0, "missing": [], "safe_through": None}
    device.seq = 70
    answer = device.exchange(device.request([good(world, device)]))
    assert answer["received"]["missing"] == [[1, 64], [66, 70]]


def first_wrong(world: World, device: Device) -> list[tuple[str, Json]]:
    """Facts that are wrong in two ways each, and the code that comes first in the catalogue."""
    sent = good(world, device, "record.sealed")
    broken = {**sent, "parts": {**sent["parts"], "work": {"salt": "00" * 16, "text": "x"}}}
    extra = {**sent["parts"], "more": {"salt": "00" * 16, "text": "x"}}
    lacking_one = {name: one for name, one in sent["parts"].items() if name != "work"}
    return [
        ("fact.too_large", {**signed(device, BIG), "signature": "00"}),
        ("fact.forged", {**signed(device, "hello"), "signature": "00"}),
        ("fact.not_json", signed(device, "hello", extra)),
        ("fact.malformed", changed(device, broken, without("seq"))),
        ("part.missing", changed(device, {**sent, "parts": lacking_one}, without("data", "cites"))),
        ("part.mismatch", changed(device, broken, without("data", "cites"))),
        ("part.unnamed", changed(device, {**sent, "parts": extra}, without("data", "cites"))),
    ]


def test_what_is_wrong_twice_gets_the_code_that_comes_first(world: World, device: Device) -> None:
    cases = first_wrong(world, device)
    receipts = send(device, *(sent for _, sent in cases))
    assert [receipt["code"] for receipt in receipts] == [code for code, _ in cases]


def test_a_good_resend_after_a_refusal_is_stored(world: World, device: Device) -> None:
    sent = good(world, device)
    spoilt = {**sent, "fact": sent["fact"].replace("seq", "sea")}
    assert send(device, spoilt)[0]["code"] == "fact.forged"
    assert send(device, sent)[0] == {
        "receipt": "stored",
        "id": json.loads(sent["fact"])["id"],
        "seq": 1,
    }


def test_a_device_sends_again_what_was_spoilt_on_the_way(world: World, device: Device) -> None:
    fact_id = device.state("visit.arrived", ("visit", world["visit"]))
    whole = device.exchange

    def spoiling(request: Json) -> Json:
        facts = [{**one, "signature": "00" * 64} for one in request["facts"]]
        return whole({**request, "facts": facts})

    device.exchange = spoiling
    device.once()
    assert device.receipts == {}
    device.exchange = whole
    device.sync()
    assert device.receipts[fact_id]["receipt"] == "stored"
    assert [one.code for one in world.rows(Finding)] == ["device.forged"]


def test_a_refused_fact_counts_as_received_and_claims_no_id(world: World, device: Device) -> None:
    bad = changing("data", "reason", to="Not a code", kind="visit.declined")(world, device)
    answer = device.exchange(device.request([bad]))
    assert answer["received"] == {"through": 1, "missing": [], "safe_through": None}
    mended = changed(device, bad, setting("data", "reason", to="ill"))
    assert send(device, mended)[0]["receipt"] == "stored"


def test_two_facts_with_one_id_in_one_batch_are_one_fact_and_one_refusal(
    world: World, device: Device
) -> None:
    one = good(world, device)
    other = changed(device, one, setting("seq", to=2))
    receipts = send(device, one, other)
    assert [receipt["receipt"] for receipt in receipts] == ["stored", "refused"]
    assert send(device, other, one) == receipts[::-1]
    assert len(world.rows(Fact)) == 1


def test_two_facts_with_one_number_are_both_stored_with_a_finding(
    world: World, device: Device
) -> None:
    one, other = good(world, device), good(world, device)
    twin = changed(device, other, setting("seq", to=1))
    assert [receipt["receipt"] for receipt in send(device, one, twin)] == ["stored"] * 2
    assert [(one.code, one.evidence["seq"]) for one in world.rows(Finding)] == [
        ("device.seq_twice", 1)
    ]


@pytest.mark.parametrize(
    "change",
    [
        setting("data", "more", to="\x00 and \\ud800"),
        setting("future", to={"deep": [None, 1.5, True]}),
        setting("data", "parts_of_tomorrow", to=[]),
    ],
)
def test_unknown_fields_stay_whatever_is_in_them(
    world: World, device: Device, change: Callable[[Json], object]
) -> None:
    sent = changed(device, good(world, device), change)
    assert send(device, sent)[0]["receipt"] == "stored"
    assert world.rows(Fact)[0].text == sent["fact"].encode()


def test_an_escaped_surrogate_in_an_unknown_field_stays(world: World, device: Device) -> None:
    sent = good(world, device)
    escaped = sent["fact"][:-1] + ', "more": "\\ud800"}'
    assert send(device, signed(device, escaped, sent["parts"]))[0]["receipt"] == "stored"


def test_what_was_kept_stays_kept_when_a_later_release_would_refuse_it(
    world: World, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = changed(device, good(world, device), setting("kind", to="note.sung"))
    receipt = send(device, early)
    from sync.facts.registry import KINDS

    monkeypatch.setitem(KINDS, "note.sung", KINDS["visit.declined"])
    assert send(device, early) == receipt


def test_what_was_refused_stays_refused_when_a_later_release_would_take_it(
    world: World, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = changing("data", "reason", to="Not a code", kind="visit.declined")(world, device)
    receipt = send(device, bad)
    from sync.facts.registry import KINDS

    monkeypatch.setitem(KINDS, "visit.declined", KINDS["note.added"])
    assert send(device, bad) == receipt


def envelope(**changed: object) -> Json:
    fields: Json = {"protocol": 1, "cursor": None, "have": None, "facts": [], "sent_at": None}
    return {**fields, **changed}


FACT = {"fact": "", "signature": "", "parts": {}}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("facts", [FACT] * (limits.facts_per_exchange_max + 1)),
        ("facts", [{**FACT, "fact": {}}]),
        ("facts", [{**FACT, "parts": {"a": {"salt": 1, "text": ""}}}]),
        ("facts", {}),
        ("protocol", 0),
        ("protocol", 1.5),
        ("cursor", 1),
        ("cursor", "a" * 1001),
        ("limit", 0),
        ("limit", limits.documents_per_answer_max + 1),
        ("have", {"count": 1}),
        ("have", {"count": -1, "sum": 0}),
        ("have", {"count": 1.0, "sum": 0}),
        ("sent_at", "soon"),
        ("unsent", {"facts": 2**63, "bytes": 0, "since": None}),
    ],
)
def test_a_malformed_envelope_is_refused_whole(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        EnvelopeSchema().load(envelope(**{field: value}))
    assert list(refused.value.messages_dict) == [field]


def test_a_full_envelope_is_taken() -> None:
    full = envelope(facts=[FACT] * limits.facts_per_exchange_max, tomorrow={"new": 1})
    assert len(EnvelopeSchema().load(full).facts) == limits.facts_per_exchange_max

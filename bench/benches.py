"""The benches: what is compared with what. Each answers its comparisons for one database."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from statistics import median
from typing import Any

from bench import pictures
from bench.books import grown_books
from bench.fieldwork import FACTS_PER_VISIT, Steps, finish_the_day, state_a_day
from bench.measure import Comparison, Measured, alternate, compare, repeated, seconds
from bench.promises import promised
from bench.rates import facts_per_second
from bench.size import Size
from bench.station import Ground, Phone, Station
from bench.storm import evening
from models.feed import user_channel
from sync import limits

SYNC = "/api/v1/sync"


Bench = Callable[[Ground, Size], Iterator[Measured]]


def nothing_new(ground: Ground, size: Size) -> Iterator[Comparison]:
    """An exchange with nothing new, with few and with many documents of other people."""
    with ExitStack() as stack:
        few, many = (stack.enter_context(ground.station()) for _ in size.crowds)
        few.crowd(size.crowds[0])
        many.crowd(size.crowds[1])
        idle = [_idle(station, size) for station in (few, many)]
        for (exchange, bare, sent), crowd in zip(idle, size.crowds, strict=True):
            taken = alternate(size.pairs, exchange, bare)
            remark = f"{crowd:,} documents of others; {sent} bytes; floor: a bare view"
            yield compare(f"nothing new, {crowd:,}", ground.database, taken, remark)
        taken = alternate(size.pairs, idle[1][0], idle[0][0])
        remark = f"floor: the exchange beside {size.crowds[0]:,} documents"
        yield compare("nothing new, growth", ground.database, taken, remark)


def _idle(station: Station, size: Size) -> tuple[Callable[[], float], Callable[[], float], int]:
    phone = station.phone()
    body = phone.body([])
    answer = phone.client.post(SYNC, body)
    assert json.loads(answer)["documents"] == []
    bare = f"/bench/bytes/{len(answer)}"

    def timed(path: str) -> Callable[[], float]:
        many = repeated(size.exchanges, lambda: phone.client.post(path, body))

        def measured() -> float:
            phone.client.reconnect()
            return many()

        return measured

    return timed(SYNC), timed(bare), len(answer)


def a_days_facts(ground: Ground, size: Size) -> Iterator[Comparison]:
    """Small signed facts in one exchange: verified, stored, judged and published."""
    with ground.station() as station:
        phone = station.phone()
        count = size.visits * FACTS_PER_VISIT
        body = b""

        def exchange() -> float:
            nonlocal body
            facts = state_a_day(station, phone, size.visits)
            body = phone.body(facts)
            phone.client.reconnect()
            answers: list[bytes] = []
            taken = seconds(lambda: answers.append(phone.client.post(SYNC, body)))
            finish_the_day(station, phone, facts, json.loads(answers[0]))
            return taken

        def bare() -> float:
            phone.client.reconnect()
            return seconds(lambda: phone.client.post("/bench/insert", body))

        taken = alternate(size.pairs, exchange, bare)
        remark = f"{size.visits} visits, {len(body)} bytes; floor: one INSERT over HTTP"
        yield compare(f"{count} facts", ground.database, taken, _rate(count, taken) + remark)
        yield from _step_by_step(station, phone, size)


def _step_by_step(station: Station, phone: Phone, size: Size) -> Iterator[Comparison]:
    steps = Steps(station, phone, size.visits)
    for _ in range(size.pairs + 1):
        steps.take()
    count = size.visits * FACTS_PER_VISIT
    for step, taken in steps.taken.items():
        remark = f"{_rate(count, taken[1:])}no HTTP; floor: one INSERT"
        yield compare(f"{count} facts: {step}", station.database, taken[1:], remark)


def _rate(facts: int, taken: list[tuple[float, float]]) -> str:
    return f"{facts / median(ours for ours, _ in taken):,.0f} facts/s; "


def first_sync(ground: Ground, size: Size) -> Iterator[Comparison]:
    """A first sync, against a bare SELECT of the same documents in as many answers."""
    with ground.station() as station:
        phone = station.phone("eve")
        held = len(phone.device.replica.documents)
        channel = user_channel(phone.user)
        station.publish(channel, size.documents - held, size.document_bytes)
        pages = -(-size.documents // limits.documents_per_answer)

        def sync() -> float:
            phone.client.reconnect()
            return seconds(lambda: _sync_anew(phone, pages))

        def bare() -> float:
            phone.client.reconnect()
            return seconds(lambda: _select_all(phone, channel, pages))

        taken = alternate(size.pairs, sync, bare)
        whole = median(ours for ours, _ in taken)
        remark = f"{whole:.2f} s; {pages} pages of {limits.documents_per_answer:,}; "
        remark += "floor: bare SELECTs"
        yield compare(f"first sync, {size.documents:,}", ground.database, taken, remark)


def _sync_anew(phone: Phone, pages: int) -> None:
    """Read every page. Only what stands before the documents is parsed, as in the floor."""
    request: dict[str, Any] = {"protocol": 1, "cursor": None, "facts": []}
    for page in range(1, pages + 1):
        answer = phone.client.post(SYNC, json.dumps(request).encode())
        head = json.loads(answer[: answer.index(b',"documents":[')] + b"}")
        request["cursor"] = head["cursor"]
        assert head["more"] == (page < pages)


def _select_all(phone: Phone, channel: str, pages: int) -> None:
    most = limits.documents_per_answer
    for page in range(pages):
        phone.client.post(f"/bench/documents/{channel}/{page * most}/{most}", b"{}")


def photo(ground: Ground, size: Size) -> Iterator[Comparison]:
    """What the worker makes of a photo. No database is asked, so one kind is enough."""
    if ground.database == "sqlite":
        yield from pictures.develop(size.photo_side, size.pairs, "-")


def uploads(ground: Ground, size: Size) -> Iterator[Comparison]:
    """Bringing photos."""
    yield from pictures.bring(ground, size.uploads, size.pairs)


BENCHES: dict[str, Bench] = {
    "photo": photo,
    "uploads": uploads,
    "nothing": nothing_new,
    "facts": a_days_facts,
    "first": first_sync,
    "rates": facts_per_second,
    "storm": evening,
    "promises": promised,
    "books": grown_books,
}

"""Real races, which only PostgreSQL can have: SQLite has one writer."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from random import Random
from threading import Event
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.derived import Source
from models.facts import Fact
from models.feed import mark, user_channel
from models.loaners.rows import Custody, Loaner, Reservation
from models.refusals import Refused
from models.stock import ledger
from models.stock.demand import Claim, RequisitionLine, StockLevel
from models.stock.rows import StockStatement, virtual_place
from sync import feed
from sync.decide import decide
from sync.facts.registry import KINDS
from sync.invariants import violations
from sync.lending import reserve_any
from sync.publishing import publish_all
from sync.restocking import open_suggestion
from tests.contracts.agreed import agree
from tests.statements import state
from tests.world import World, seeded

THREADS = 16


@pytest.fixture
def world(postgresql_url: str, tmp_path: Path) -> Iterator[World]:
    opened = World.open(postgresql_url, tmp_path)
    yield opened
    opened.close()


def at_once(number: int, work: Any) -> list[Any]:
    """What `work(0) … work(n-1)` answer, run in as many threads. Raises what any of them raises."""
    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(work, range(number)))


def test_one_outbox_pushed_by_many_at_once_is_stored_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.new("transfer")
    visits = [world.open_visit(name) for name in "abc"]
    device = world.device()
    for number in range(3 * len(KINDS)):
        kinds = list(KINDS)
        state(device, world, kinds[number % len(kinds)], visits[number % 3])
    facts = list(device.outbox)

    def push(number: int) -> dict[str, set[str]]:
        order = Random(number).sample(facts, len(facts))
        size = 1 + Random(number).randrange(len(facts))
        told: dict[str, set[str]] = {}
        for start in range(0, len(order), size):
            batch = order[start : start + size]
            answer = device.exchange(device.request(batch))
            for sent, receipt in zip(batch, answer["receipts"], strict=True):
                told.setdefault(sent["fact"], set()).add(json.dumps(receipt))
        return told

    told = at_once(THREADS, push)
    assert caplog.records == []  # nor was an error kept from the client
    assert all(one == told[0] for one in told)
    assert all(len(receipts) == 1 for receipts in told[0].values())
    assert len(world.rows(Fact)) == len(facts)
    world.drain()
    device.outbox.clear()
    device.sync()
    assert device.last_answer["received"]["through"] == len(facts)
    assert device.replica.digest() == device.last_answer["digest"]
    assert world.house.database.read(violations) == {}


def test_a_reader_by_cursor_misses_nothing_while_many_publish(world: World) -> None:
    visits = [world.open_visit(f"visit {number}") for number in range(8)]
    device = world.device()
    done = Event()

    def read(_: int) -> int:
        pages = 0
        while not done.is_set():
            device.sync(limit=3)
            assert device.replica.digest() == device.last_answer["digest"]
            pages += 1
        return pages

    def write(number: int) -> None:
        visit = visits[number % len(visits)]
        for helpers in ([], [{"user": world["bob"], "role": "helper"}]) * 3:
            crew = [{"user": world["ann"], "role": "lead"}, *helpers]
            decide(world.house.database, world.ids, world.named["dora"], "visit.assigned",
                   {"visit": visit, "crew": crew, "overlap": True})  # fmt: skip
            publish_all(world.house)

    with ThreadPoolExecutor(1) as readers:
        reading = readers.submit(read, 0)
        try:
            at_once(8, write)
        finally:
            done.set()
        assert reading.result() > 0
    publish_all(world.house)
    resets = {device.last_answer["reset"]}
    device.sync()
    assert resets == {None}
    assert set(device.documents("visit")) == set(visits)
    assert {one["basis"] for one in device.documents("visit").values()} == {"e7p1t0"}
    world.drain()
    assert world.house.database.read(violations) == {}


def test_the_last_pieces_are_shipped_as_often_as_there_are_pieces(world: World) -> None:
    world.stock_van("main", "5", "S-1", "S-2", "S-3")
    both = [
        {"part": world["roller"], "quantity": "1", "serial": None},
        {"part": world["head"], "quantity": "1", "serial": "S-1"},
    ]

    def ship(number: int) -> str:
        # Half of them name their lines the other way round: locks are taken in one order anyway.
        lines = both[:1] if number % 4 else both if number % 8 else both[::-1]
        try:
            decide(
                world.house.database, world.ids, world.named["wang"], "stock.shipped",
                {"place": world["main"], "to": world["van-a"],
                 "transfer": str(world.ids.new(world.clock.now())), "lines": lines},
            )  # fmt: skip
        except Refused as refused:
            return refused.kind.code
        return "shipped " + str(len(lines))

    answers = at_once(THREADS, ship)
    assert len([one for one in answers if one.startswith("shipped")]) == 5
    assert answers.count("shipped 2") <= 1
    assert set(answers) <= {"shipped 1", "shipped 2", "not_enough"}
    left = world.house.database.read(
        lambda session: ledger.balance(session, world.named["main"], world.named["roller"])
    )
    assert left == Decimal(0)
    world.drain()
    assert world.house.database.read(violations) == {}


RESERVING = 200
PIECES = 10


def test_of_two_hundred_reservations_of_the_last_ten_pieces_ten_succeed(world: World) -> None:
    world.stock_van("main", str(PIECES))
    lines = [{"part": world["roller"], "quantity": "1", "serial": None}]
    requisitions = [str(world.new(f"requisition {number}")) for number in range(RESERVING)]
    for requisition in requisitions:
        world.decide("requisition.opened", requisition=requisition, place=world["van-a"],
                     lines=lines, requester=None, visit=None,
                     needed=None, urgent=False)  # fmt: skip

    def reserve(number: int) -> str:
        data = {"requisition": requisitions[number], "place": world["main"], "lines": lines}
        try:
            decide(world.house.database, world.ids, world.named["wang"],
                   "requisition.reserved", data)  # fmt: skip
        except Refused as refused:
            return refused.kind.code
        return "reserved"

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(reserve, range(RESERVING)))
    assert answers.count("reserved") == PIECES
    assert answers.count("not_enough") == RESERVING - PIECES
    assert len(world.rows(Claim)) == PIECES
    world.drain()
    assert world.house.database.read(violations) == {}


def test_nothing_is_shipped_by_a_gate_that_is_taken_back_meanwhile(world: World) -> None:
    world.stock_van("main", "10")
    agree(world, "ebike-dealer", parameters={"report_day": 5})
    lines = [{"part": world["roller"], "quantity": "1", "serial": None}]

    def desk(step: tuple[str, str, dict[str, Any]]) -> str:
        who, kind, data = step
        try:
            decide(world.house.database, world.ids, world.named[who], kind, data)
        except Refused as refused:
            return refused.kind.code
        return kind

    for number in range(8):
        order = str(world.new(f"order {number}"))
        world.decide("requisition.opened", requisition=order, contract=world["contract"],
                     kind="sold", place=None, lines=lines, requester=None, visit=None,
                     needed=None, urgent=False)  # fmt: skip
        gate = {"requisition": order, "gate": "paid"}
        said: dict[str, Any] = {**gate, "number": "1", "answer": None, "note": ""}
        world.decide("requisition.gate_passed", **said)
        sent = {"place": world["main"], "to": str(virtual_place("customer")), "lines": lines,
                "transfer": str(world.ids.new(world.clock.now())), "requisition": order,
                "waybill": "SF"}  # fmt: skip
        steps: list[tuple[str, str, dict[str, Any]]] = [
            ("wang", "stock.shipped", sent),
            ("dora", "requisition.gate_reopened", {**gate, "reason": "x"}),
        ]
        steps = steps if number % 2 else steps[::-1]
        answers = set(at_once(2, lambda one, steps=steps: desk(steps[one])))
        assert answers in (
            {"stock.shipped", "requisition_ended"}, {"requisition.gate_reopened", "gate_open"},
        )  # fmt: skip
    world.drain()
    assert world.house.database.read(violations) == {}


def test_two_desks_that_reserve_one_loaner_for_overlapping_days_get_it_once(world: World) -> None:
    world.decide("loaner.placed", "wang", loaner=world["loaner"], place=world["van-a"])

    def reserve(number: int) -> str:
        days = {"starts": f"2026-12-{1 + number % 8:02}", "until": "2026-12-09"}
        data = {"loaner": world["loaner"], "site": world["site"], "work_order": None, "note": ""}
        try:
            decide(world.house.database, world.ids, world.named["dora"], "loaner.reserved",
                   {**data, **days})  # fmt: skip
        except Refused as refused:
            return refused.kind.code
        return "reserved"

    answers = at_once(THREADS, reserve)
    assert sorted(answers) == ["loaner_taken"] * (THREADS - 1) + ["reserved"]
    assert len(world.rows(Reservation)) == 1
    assert world.house.database.read(violations) == {}


def test_of_many_who_want_any_loaner_of_a_model_each_gets_another_until_none_is_left(
    world: World,
) -> None:
    more = [Loaner(id=world.new(f"L-{n}"), model="BP-100", serial=f"L-{n}") for n in range(2, 6)]
    world.add(more, set())
    data = {
        "site": world["site"], "work_order": None, "note": "",
        "starts": "2026-12-01", "until": "2026-12-09",
    }  # fmt: skip

    def reserve(_: int) -> str:
        try:
            reserve_any(world.house, world.named["dora"], "BP-100", data)
        except Refused as refused:
            return refused.kind.code
        return "reserved"

    answers = at_once(THREADS, reserve)
    assert sorted(answers) == ["none_free"] * (THREADS - 5) + ["reserved"] * 5
    assert len({one.loaner_id for one in world.rows(Reservation)}) == 5


def test_what_was_used_and_not_replayed_yet_cannot_be_shipped(world: World) -> None:
    world.stock_van("van-a", "2", "S-1")
    visit = world.open_visit()
    device = world.device()
    state(device, world, "record.sealed", visit)
    device.sync()
    assert len(world.rows(StockStatement)) == 4
    lines = [{"part": world["roller"], "quantity": "1", "serial": None}]
    with pytest.raises(Refused) as refused:
        world.decide("stock.shipped", "wang", place=world["van-a"], to=world["main"],
                     transfer=str(world.new("transfer")), lines=lines)  # fmt: skip
    assert refused.value.kind.code == "not_enough"


def test_facts_and_decisions_about_one_visit_do_not_deadlock(world: World) -> None:
    visits = [world.open_visit(name) for name in "ab"]
    devices = [world.device(name) for name in ("ann", "bob")]
    world.new("transfer")

    def act(number: int) -> None:
        visit = visits[number % 2]
        if number % 4 == 3:
            crew = [{"user": world["ann"], "role": "lead"}]
            with suppress(Refused):  # The visit may have ended by then.
                decide(world.house.database, world.ids, world.named["dora"], "visit.assigned",
                       {"visit": visit, "crew": crew})  # fmt: skip
        elif number % 4 == 2:
            world.drain()
        else:
            facts = [fact for fact in devices[number % 2].outbox]
            devices[number % 2].exchange(devices[number % 2].request(facts))

    for device in devices:
        for kind in KINDS:
            state(device, world, kind, visits[0])
            state(device, world, kind, visits[1])
    at_once(THREADS, act)
    world.clock.advance(31)
    world.drain()
    assert len(world.rows(Fact)) == 4 * len(KINDS)
    assert world.house.database.read(violations) == {}


def test_what_changed_hands_while_it_was_being_published_is_taken_away(world: World) -> None:
    world.decide("loaner.placed", "wang", loaner=world["loaner"], place=world["van-a"])
    database, channel = world.house.database, user_channel(world.named["ann"])
    loaner = {Source("loaner", world["loaner"])}
    database.transact(lambda session, now: feed.spread(session) and None)

    def change(session: Session, now: Any) -> None:
        for custody in session.scalars(select(Custody)):
            custody.holder_id = world.named["van-b"]
        mark(session, loaner)

    def publish(session: Session, now: Any) -> None:
        feed.publish(session, now, channel, 100)
        # Not committed yet, when on other connections:
        database.transact(change)
        database.transact(lambda session, now: feed.spread(session) and None)

    database.transact(publish)
    publish_all(world.house)
    ann, bob = world.device("ann"), world.device("bob")
    for device in (ann, bob):
        device.sync()
    world.drain()
    ann.sync()
    assert ann.documents("loaner") == {}
    broken = world.house.database.read(violations).keys()
    assert broken <= {"custody_is_one_chain", "devices_equal_replay"}


def test_of_many_who_ask_at_once_for_what_a_place_lacks_one_does(world: World) -> None:
    level = StockLevel(
        id=world.new("level"), place_id=world.named["van-a"], part_id=world.named["roller"],
        shelf="", least=2, most=4,
    )  # fmt: skip
    world.add([level], set())
    database, place = world.house.database, world.named["van-a"]

    def ask(number: int) -> bool:
        with suppress(Refused):
            database.transact(
                lambda session, now: open_suggestion(
                    session, now, seeded(number), world.named["wang"], place
                )
            )
            return True
        return False

    assert sum(at_once(THREADS, ask)) == 1
    (line,) = world.rows(RequisitionLine)
    assert line.wanted == 4

"""Work is done at least once and its effect once, whatever raises or dies meanwhile."""

from typing import Any
from uuid import UUID

import pytest

from models import outbox
from models.derived import Job, Subject
from models.findings import Finding
from models.house import House
from models.outbox import Outbox
from models.stock.rows import Move
from sync.dying import note_dead
from sync.working import Watch, Work, drain, perform
from tests.statements import state
from tests.world import World
from worker.drain import WorkFailed, shift
from worker.kinds import KINDS


class Died(BaseException):
    """The process is gone; nothing in it catches this."""


@pytest.fixture
def busy(world: World) -> World:
    """A world in which books wait to be reconciled."""
    world.stock_van("van-a", "5", "S-1")
    visit, ann = world.open_visit(), world.device("ann")
    state(ann, world, "visit.arrived", visit)
    state(ann, world, "record.sealed", visit)
    ann.sync()
    assert len(books(world)) > 1
    return world


def books(world: World) -> list[Any]:
    """The rows of the outbox that wait for a replay."""
    return world.rows(Outbox, Outbox.kind == "reconcile")


def only(work: Work) -> dict[str, Work]:
    return {**KINDS, "reconcile": work}


def fail(house: House, subject: Subject) -> None:
    raise RuntimeError("the disk is full")


def test_work_that_raises_keeps_its_row_and_is_offered_again_after_thirty_seconds(
    busy: World,
) -> None:
    rows = len(books(busy))
    assert drain(busy.house, only(fail)) >= 0
    kept = books(busy)
    assert len(kept) == rows
    assert {row.error for row in kept} == {"RuntimeError: the disk is full"}
    assert {row.attempts for row in kept} == {1}
    busy.clock.advance(29)
    drain(busy.house, KINDS)
    assert len(books(busy)) == rows
    busy.clock.advance(1)
    drain(busy.house, KINDS)
    assert busy.rows(Outbox) == []


def test_work_that_fails_again_is_offered_later_and_later_and_is_dead_in_the_end(
    busy: World,
) -> None:
    """The pauses double from 30 s to an hour; after twelve attempts a person has to look."""
    pauses = []
    while not all(row.dead for row in books(busy)):
        drain(busy.house, only(fail))
        waits = {row.leased for row in books(busy)}
        pause = (min(waits) - busy.clock.now()).total_seconds()
        pauses.append(pause)
        busy.clock.advance(pause)
    assert pauses == [30, 60, 120, 240, 480, 960, 1920, *[3600] * 5]
    dead = {row.subject_id for row in books(busy)}
    busy.clock.advance(3600)
    drain(busy.house, KINDS)
    assert {row.subject_id for row in books(busy)} == dead
    told = open_findings(busy)
    assert {one["subject"] for one in told} == {f"book:{id_}" for id_ in dead}
    assert {one["error"] for one in told} == {"RuntimeError: the disk is full"}
    assert {one["attempts"] for one in told} == {12}


def test_dead_work_that_is_run_again_is_done_and_its_finding_is_gone(busy: World) -> None:
    kill(busy)
    ids = [row.id for row in books(busy)]
    assert len(open_findings(busy)) == len(ids)
    retried = busy.house.database.transact(
        lambda session, now: outbox.retry(session, [*ids, 10**9])
    )
    assert retried == len(ids)
    note_dead(busy.house)
    assert open_findings(busy) == []
    drain(busy.house, KINDS)
    assert busy.rows(Outbox) == []
    assert len(busy.rows(Move)) == 4
    assert {one.state for one in busy.rows(Finding, Finding.code == "job.dead")} == {"gone"}


def test_new_work_about_the_same_does_what_was_dead_too(busy: World) -> None:
    kill(busy)
    jobs = [Job("reconcile", row.subject) for row in books(busy)]
    busy.house.database.transact(lambda session, now: outbox.put(session, now, jobs))
    drain(busy.house, KINDS)
    assert busy.rows(Outbox) == []
    assert open_findings(busy) == []


def open_findings(world: World) -> list[Any]:
    """What the open findings about dead work say."""
    where = Finding.state == "open", Finding.code == "job.dead"
    return [one.evidence for one in world.rows(Finding, *where)]


def kill(world: World) -> None:
    """Have the books' work fail until it is dead."""
    while not all(row.dead for row in books(world)):
        drain(world.house, only(fail))
        world.clock.advance(3600)


def test_work_whose_worker_always_dies_is_dead_too(busy: World) -> None:
    def die(house: House, subject: Subject) -> None:
        raise Died

    row = min(books(busy), key=lambda row: row.id)
    for _ in range(outbox.ATTEMPTS_MAX):
        with pytest.raises(Died):
            perform(busy.house, only(die), row.id)
        busy.clock.advance(30)
    assert not perform(busy.house, only(die), row.id)
    assert [one.id for one in books(busy) if one.dead] == [row.id]
    note_dead(busy.house)
    (one,) = open_findings(busy)
    assert one["error"] == "whoever worked on it died"


def test_a_shift_ends_when_it_is_over_and_leaves_the_rest_free(busy: World) -> None:
    over = Watch(until=busy.clock.now())
    before = len(books(busy))
    drain(busy.house, KINDS, over)
    assert len(books(busy)) == before
    assert {row.leased for row in books(busy)} == {None}


def test_a_shift_says_in_the_end_what_failed(busy: World) -> None:
    done: list[str] = []
    busy.house.database.transact(lambda session, now: outbox.put(session, now, [NONSENSE]))
    with pytest.raises(WorkFailed, match=r"photo .*RuntimeError"):
        shift(busy.house, Watch(before=done.append))
    assert len(done) > 2
    assert books(busy) == []


NONSENSE = Job("photo", Subject("photo", UUID(int=1)))


@pytest.fixture(autouse=True)
def broken_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    """No photo can be looked at here."""

    def look_at(house: House, subject: Subject) -> None:
        raise RuntimeError("no light")

    monkeypatch.setitem(KINDS, "photo", look_at)


def test_what_raises_does_not_stop_the_rest(busy: World) -> None:
    """One book cannot be replayed; every other is."""
    first = min(books(busy), key=lambda row: row.id)
    poisoned = first.subject_id

    def sometimes(house: House, subject: Subject) -> None:
        if subject.id == poisoned:
            raise RuntimeError("only this one")
        KINDS["reconcile"](house, subject)

    drain(busy.house, only(sometimes))
    left = books(busy)
    assert {row.subject_id for row in left} == {poisoned}


@pytest.mark.parametrize("after", [False, True], ids=["before the effect", "after the effect"])
def test_a_worker_that_dies_is_made_up_for_and_its_effect_is_one(busy: World, after: bool) -> None:
    def die(house: House, subject: Subject) -> None:
        if after:
            KINDS["reconcile"](house, subject)
        raise Died

    with pytest.raises(Died):
        drain(busy.house, only(die))
    busy.drain()  # what the dead worker had not leased
    busy.clock.advance(30)
    busy.drain()
    assert busy.rows(Outbox) == []
    moves = len(busy.rows(Move))
    for subject in [Subject("book", one.book_id) for one in busy.rows(Move)]:
        KINDS["reconcile"](busy.house, subject)
    assert len(busy.rows(Move)) == moves == 4  # two openings, two parts used


def test_one_row_is_worked_on_by_one_worker(busy: World) -> None:
    row = books(busy)[0]
    seen = []

    def meanwhile(house: House, subject: Subject) -> None:
        seen.append(perform(house, KINDS, row.id))
        KINDS["reconcile"](house, subject)

    assert perform(busy.house, only(meanwhile), row.id)
    assert seen == [False]
    assert not perform(busy.house, KINDS, row.id)


def test_draining_twice_is_draining_once(busy: World) -> None:
    assert drain(busy.house, KINDS) > 0
    before = [row.values() for row in busy.rows(Move)]
    assert drain(busy.house, KINDS) == 0
    assert [row.values() for row in busy.rows(Move)] == before

"""Work is done at least once and its effect once, whatever raises or dies meanwhile."""

from typing import Any

import pytest

from models.derived import Subject
from models.house import House
from models.outbox import Outbox
from models.stock.rows import Move
from sync.working import Work, drain, perform
from tests.statements import state
from tests.world import World
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

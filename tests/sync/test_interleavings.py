"""Law 4 between two transactions: what a race would have to be lucky to meet is made on purpose.

Only PostgreSQL can have two writers at once. Each interleaving is played with the program as it is,
and with the bug that only this order of things brings out.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Event, current_thread, main_thread

import pytest
from sqlalchemy.orm import Session

from models.customers import Site
from models.edits import Editor
from models.feed import DocumentMark, Head, user_channel
from models.kept import KEPT
from models.queries import delete_in, locked_one
from sync import feed, limits
from sync.invariants import violations
from sync.publishing import publish_all
from tests.simulation.bugs import documents_are_marked_instead_of_sources
from tests.world import World

SECONDS = 30  # longer than anything here takes

Interleaving = Callable[[World, pytest.MonkeyPatch], None]
Bug = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture
def world(postgresql_url: str, tmp_path: Path) -> Iterator[World]:
    opened = World.open(postgresql_url, tmp_path)
    yield opened
    opened.close()


# A publisher is overtaken by another one before it has the lock.


def a_publisher_is_overtaken(world: World, patch: pytest.MonkeyPatch) -> None:
    database, channel = world.house.database, user_channel(world.named["ann"])
    at_the_lock, overtaken, lock = Event(), Event(), feed.lock_head

    def lock_head(session: Session, channel: str) -> Head:
        if current_thread() is not main_thread():
            at_the_lock.set()
            assert overtaken.wait(SECONDS)
        return lock(session, channel)

    patch.setattr(feed, "lock_head", lock_head)
    rename(world, "before")
    database.transact(lambda session, now: feed.spread(session) and None)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(database.transact, publisher(channel))
        try:
            assert at_the_lock.wait(SECONDS)
            rename(world, "after")
            publish_all(world.house)
        finally:
            overtaken.set()
        slow.result()


def publisher(channel: str) -> Callable[[Session, datetime], int]:
    return lambda session, now: feed.publish(session, now, channel, limits.marks_per_publish)


def rename(world: World, name: str) -> None:
    world.house.database.transact(lambda session, now: _rename(world, session, now, name))


def _rename(world: World, session: Session, now: datetime, name: str) -> None:
    site = locked_one(session, Site, world.named["site"])
    Editor(session, now, world.ids, world.named["dora"]).change(KEPT["sites"], site, {"name": name})


def documents_are_derived_before_the_lock(patch: pytest.MonkeyPatch) -> None:
    """What is published was derived before the channel's head was locked, and written after."""

    def publish(session: Session, now: datetime, channel: str, most: int) -> int:
        marks = session.execute(feed.MARKS, {"channel": channel, "most": most}).all()
        keys = sorted({(type_, document) for _, type_, document in marks})
        fresh = feed.derive(session, channel, keys)
        feed._write(session, now, feed.lock_head(session, channel), keys, fresh)
        delete_in(session, DocumentMark.id, [id_ for id_, *_ in marks])
        return len(marks)

    patch.setattr(feed, "publish", publish)


# A visit gets a helper and is published while the new name of its site is not committed yet.


def something_new_depends_on_what_is_being_changed(world: World, patch: pytest.MonkeyPatch) -> None:
    def change(session: Session, now: datetime) -> None:
        _rename(world, session, now, "after")
        world.assign(world["visit"], "ann", "bob")
        publish_all(world.house)

    world.house.database.transact(change)


INTERLEAVINGS: list[tuple[Interleaving, Bug]] = [
    (a_publisher_is_overtaken, documents_are_derived_before_the_lock),
    (something_new_depends_on_what_is_being_changed, documents_are_marked_instead_of_sources),
]


def broken_by(world: World, interleaving: Interleaving, bug: Bug | None) -> set[str]:
    """What does not hold after the interleaving, when everything that was marked is published."""
    world.open_visit()
    world.drain()
    with pytest.MonkeyPatch.context() as patch:
        if bug is not None:
            bug(patch)
        interleaving(world, patch)
    publish_all(world.house)
    return set(world.house.database.read(violations))


def named(one: Callable[..., None]) -> str:
    return one.__name__


@pytest.mark.parametrize("interleaving", [one for one, _ in INTERLEAVINGS], ids=named)
def test_law_4_nothing_is_missed_however_two_transactions_meet(
    world: World, interleaving: Interleaving
) -> None:
    assert broken_by(world, interleaving, None) == set()


@pytest.mark.parametrize(("interleaving", "bug"), INTERLEAVINGS, ids=named)
def test_law_4_the_interleaving_finds_the_bug_that_it_is_there_for(
    world: World, interleaving: Interleaving, bug: Bug
) -> None:
    assert broken_by(world, interleaving, bug) == {"published_equals_derived"}

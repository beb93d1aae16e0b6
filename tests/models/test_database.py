"""The one place that commits: what it runs again, what it tells, and when it nudges."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, text, update
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from models.database import ATTEMPTS_MAX, Database, Violation, announce
from models.derived import Job, Source, Subject, replace
from models.dialect import insert_missing, insert_or_update
from models.facts import SubjectRow
from models.feed import Head, Published, SourceMark, Window, mark
from models.loaners.rows import CustodyStatement
from models.outbox import LEASE, Outbox, done, failed, lease, offered, put, waiting
from models.stock.rows import Balance, Part
from tests.world import World


class Locked(Exception):
    """What SQLite's driver says of a database that somebody else writes."""

    def __str__(self) -> str:
        return "database is locked"


def test_a_locked_database_is_tried_again_with_a_new_session_and_not_for_ever(world: World) -> None:
    sessions: list[Session] = []

    def body(session: Session, now: datetime) -> str:
        sessions.append(session)
        session.add(Window(name=f"try {len(sessions)}", at=now))
        session.flush()
        if len(sessions) < 3:
            raise OperationalError("", None, Locked())
        return "done"

    before = world.clock.now()
    assert world.house.database.transact(body) == "done"
    assert len(set(map(id, sessions))) == len(sessions) == 3
    assert world.clock.now() > before
    assert {row.name for row in world.rows(Window)} == {"visits", "try 3"}

    def always(session: Session, now: datetime) -> None:
        sessions.append(session)
        raise OperationalError("", None, Locked())

    with pytest.raises(OperationalError):
        world.house.database.transact(always)
    assert len(sessions) == 3 + ATTEMPTS_MAX


def test_an_error_that_will_not_go_away_is_not_tried_again(world: World) -> None:
    tries = []

    def body(session: Session, now: datetime) -> None:
        tries.append(now)
        session.execute(text("SELECT nothing FROM nowhere"))

    with pytest.raises(DBAPIError):
        world.house.database.transact(body)
    assert len(tries) == 1


def part(**changed: Any) -> Any:
    values = {"id": UUID(int=1), "code": "X", "name": "x", "unit": "只", "tracking": "none"}
    return insert(Part).values(**{**values, **changed})


VIOLATIONS: dict[str, Callable[[World], Any]] = {
    "uq_part_code": lambda world: part(code="R-1"),
    "pk_part": lambda world: part(id=world.named["roller"]),
    "ck_part_tracking": lambda world: part(tracking="never"),
    "ck_balance_not_negative": lambda world: update(Balance).values(quantity=-1),
    "ix_published_channel_position": lambda world: update(Published).values(position=1),
}


@pytest.mark.parametrize("name", VIOLATIONS)
def test_a_violated_constraint_is_named_on_every_database(world: World, name: str) -> None:
    world.stock_van()
    world.drain()
    world.device()
    with pytest.raises(Violation) as violated:
        world.house.database.transact(
            lambda session, now: session.execute(VIOLATIONS[name](world)).close()
        )
    assert violated.value.constraint == name


def test_work_is_announced_after_the_commit_and_only_then(world: World) -> None:
    told: list[list[str]] = []
    database = Database(world.house.database.engine, world.clock, told.append)

    def body(session: Session, now: datetime) -> None:
        announce(session, "judge 1")
        assert told == []

    def fails(session: Session, now: datetime) -> None:
        announce(session, "judge 2")
        raise KeyError

    database.transact(body)
    with pytest.raises(KeyError):
        database.transact(fails)
    assert told == [["judge 1"]]


def test_what_a_read_changes_is_not_kept(world: World) -> None:
    world.house.database.read(
        lambda session: session.execute(update(Part).values(name="x")).close()
    )
    assert "x" not in {row.name for row in world.rows(Part)}


def test_rows_are_inserted_once_or_overwritten(world: World) -> None:
    def body(session: Session, now: datetime) -> None:
        for total in (1, 2):
            head = {"channel": "a", "position": total, "count": 0, "total": 0, "purged": 0}
            insert_missing(session, Head, [head])
            insert_or_update(session, Head, [{**head, "channel": "b"}])
        insert_or_update(session, Head, [])
        insert_missing(session, SubjectRow, [])

    world.house.database.transact(body)
    assert {row.channel: row.position for row in world.rows(Head)} == {"a": 1, "b": 2}


# Derived rows

OWNER = Subject("fact", UUID(int=5))


def statement(world: World, number: int, **changed: Any) -> CustodyStatement:
    values = {
        "id": UUID(int=number), "loaner_id": world.named["loaner"], "cause_id": UUID(int=5),
        "holder_type": "site", "holder_id": world.named["site"], "user_id": None, "due": None,
        "condition": None, "accessories": None, "photos": None, "instead_of": None,
        "happened": world.clock.now(),
    }  # fmt: skip
    return CustodyStatement(**{"seq": 0, **values, **changed})


def put_rows(world: World, *rows: CustodyStatement, owner: Subject = OWNER) -> set[Job]:
    def body(session: Session, now: datetime) -> set[Job]:
        return replace(session, owner, (CustodyStatement,), rows).jobs

    return world.house.database.transact(body)


def test_replacing_makes_the_table_say_what_ought_to_be_there_and_tells_only_changes(
    world: World,
) -> None:
    work = {Job("reconcile", Subject("unit", world.named["loaner"]))}
    one = {"happened": world.clock.now()}
    assert put_rows(world, statement(world, 1), statement(world, 2)) == work
    assert put_rows(world, statement(world, 1, **one), statement(world, 2)) == set()
    other = world.new("other loaner")
    moved = put_rows(world, statement(world, 1, loaner_id=other), statement(world, 2))
    assert moved == work | {Job("reconcile", Subject("unit", other))}
    assert put_rows(world, statement(world, 9), owner=Subject("fact", UUID(int=6))) == work
    assert put_rows(world, statement(world, 2)) == {Job("reconcile", Subject("unit", other))}
    assert {row.id.int for row in world.rows(CustodyStatement)} == {2, 9}


# The outbox


def test_work_is_leased_offered_again_and_gone_when_done(world: World) -> None:
    database, subject = world.house.database, Subject("visit", UUID(int=7))
    jobs = [Job("judge", subject)] * 2
    database.transact(lambda session, now: put(session, now, jobs))
    row = world.rows(Outbox)[0]
    word = f"judge {row.id}"

    def ready(session: Session, now: datetime) -> list[str]:
        assert offered(session, now, {"photo"}) == []
        return offered(session, now, {"judge", "photo"})

    def take(session: Session, now: datetime) -> bool:
        return lease(session, now, row.id) is not None

    assert database.transact(ready) == [word]
    assert database.transact(take)
    assert not database.transact(take)
    assert database.transact(ready) == []
    database.transact(lambda session, now: failed(session, now, row.id, 1, "x" * 5000))
    world.clock.advance(LEASE.total_seconds())
    assert database.transact(ready) == [word]
    assert database.transact(take)
    kept = world.rows(Outbox)[0]
    assert (kept.attempts, len(kept.error)) == (2, 2000)
    database.transact(lambda session, now: done(session, waiting(session, "judge", subject)))
    assert not database.transact(take)
    assert world.rows(Outbox) == []
    database.transact(lambda session, now: failed(session, now, row.id, 2, "too late"))


def test_two_workers_do_not_lease_the_same_work(postgresql_url: str, tmp_path: Any) -> None:
    world = World.open(postgresql_url, tmp_path)
    jobs = [Job("judge", Subject("visit", UUID(int=7)))]
    world.house.database.transact(lambda session, now: put(session, now, jobs))
    row = world.rows(Outbox)[0]
    with Session(world.house.database.engine) as first:
        assert lease(first, world.clock.now(), row.id) is not None
        second = world.house.database.transact(
            lambda session, now: lease(session, now, row.id) is None
        )
        assert second
    world.close()


def test_sources_are_marked_once_each(world: World) -> None:
    before = len(world.rows(SourceMark))
    world.house.database.transact(lambda session, now: mark(session, {Source("a", "1")}))
    world.house.database.transact(lambda session, now: mark(session, set()))
    assert len(world.rows(SourceMark)) == before + 1

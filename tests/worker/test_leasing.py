"""Work that takes longer than a lease is done once all the same; who has got stuck has lost it."""

from collections.abc import Callable, Iterator
from datetime import datetime
from threading import enumerate as enumerate_threads
from uuid import UUID

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from models import outbox
from models.clock import SystemClock
from models.derived import Job, Subject
from models.house import House
from models.outbox import LEASE, Outbox
from sync import leasing
from sync.working import drain, perform
from tests.world import World

SUBJECT = Subject("photo", UUID(int=5))
SOON = 1000  # looks, of 10 ms each


@pytest.fixture
def other(world: World) -> Iterator[House]:
    """The house as another worker sees it."""
    house = House.open(world.house.settings, clock=world.clock, ids=world.ids)
    yield house
    house.close()


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases are renewed as soon as may be: the clock of the world stands still meanwhile."""
    monkeypatch.setattr(leasing, "RENEW_SECONDS", 0.01)
    monkeypatch.setattr(leasing, "RENEWED_MAX", 10**6)


@pytest.fixture
def row_id(world: World) -> int:
    """The only work there is."""
    world.drain()
    job = Job("photo", SUBJECT)
    world.house.database.transact(lambda session, now: outbox.put(session, now, [job]))
    return int(row(world).id)


def row(world: World) -> Outbox:
    (one,) = world.rows(Outbox)
    assert isinstance(one, Outbox)
    return one


def wait_for(true: Callable[[], bool]) -> None:
    for _ in range(SOON):
        if true():
            return
        SystemClock().sleep(0.01)
    raise AssertionError("it did not come true in time")


def finish(house: House, subject: Subject) -> None:
    """The effect of the work: its row goes."""

    def body(session: Session, now: datetime) -> None:
        outbox.done(session, outbox.waiting(session, "photo", subject))

    house.database.transact(body)


def is_renewed(world: World) -> bool:
    return row(world).leased == world.clock.now() + LEASE


def test_work_that_takes_minutes_is_done_by_one_of_two_workers(
    world: World, other: House, row_id: int
) -> None:
    done = []

    def do_slowly(house: House, subject: Subject) -> None:
        for _ in range(6):
            world.clock.advance(20)
            wait_for(lambda: is_renewed(world))
            assert drain(other, {"photo": do_at_once}) == 0
            assert not perform(other, {"photo": do_at_once}, row_id)
        done.append("slowly")
        finish(house, subject)

    def do_at_once(house: House, subject: Subject) -> None:
        done.append("at once")

    assert perform(world.house, {"photo": do_slowly}, row_id)
    assert done == ["slowly"]
    assert world.rows(Outbox) == []
    assert not perform(other, {"photo": do_at_once}, row_id)


def test_who_stands_still_longer_than_a_lease_has_lost_the_work_and_spoils_nothing(
    world: World, other: House, row_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that slept: its worker finds that another has taken over, and fails in vain."""
    monkeypatch.setattr(leasing, "RENEWED_MAX", 0)

    def sleep(house: House, subject: Subject) -> None:
        world.clock.advance(LEASE.total_seconds())
        with monkeypatch.context() as awake:
            awake.setattr(leasing, "RENEWED_MAX", 10**6)
            assert perform(other, {"photo": take_over}, row_id)
        raise RuntimeError("the connection is gone")

    def take_over(house: House, subject: Subject) -> None:
        assert not house.database.transact(
            lambda session, now: outbox.renew(session, now, row_id, attempt=1)
        )
        house.database.transact(
            lambda session, now: outbox.failed(session, now, row_id, 1, "too late")
        )
        assert (row(world).attempts, row(world).error) == (2, None)
        finish(house, subject)

    with pytest.raises(RuntimeError, match="the connection is gone"):
        perform(world.house, {"photo": sleep}, row_id)
    assert world.rows(Outbox) == []


def test_who_has_got_stuck_renews_no_more_and_another_does_it(
    world: World, other: House, row_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leasing, "RENEWED_MAX", 3)

    def hang(house: House, subject: Subject) -> None:
        wait_for(lambda: "lease" not in {thread.name for thread in enumerate_threads()})
        world.clock.advance(LEASE.total_seconds())
        assert perform(other, {"photo": finish}, row_id)

    assert perform(world.house, {"photo": hang}, row_id)
    assert world.rows(Outbox) == []


def test_a_database_that_does_not_answer_once_is_asked_again(
    world: World, row_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    renew, answers = outbox.renew, iter([False, False])

    def falter(*order: object) -> bool:
        if next(answers, True):
            return renew(*order)  # type: ignore[arg-type]
        raise OperationalError("UPDATE", {}, Exception("the server closed the connection"))

    monkeypatch.setattr(outbox, "renew", falter)

    def do_slowly(house: House, subject: Subject) -> None:
        world.clock.advance(20)
        wait_for(lambda: is_renewed(world))
        finish(house, subject)

    assert perform(world.house, {"photo": do_slowly}, row_id)
    assert world.rows(Outbox) == []

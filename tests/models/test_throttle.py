"""Guessing is slowed down, and nobody can use that to lock somebody else out."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from models import throttle
from models.throttle import Attempt, Throttle, Throttled
from tests.world import World

OWN, STRANGE = "192.0.2.1", "198.51.100.1"


def attempt(account: str = "dora", address: str = OWN) -> Attempt:
    return Attempt("password", address, account)


def guess(world: World, one: Attempt) -> int:
    """A wrong attempt; answers how long to wait, or 0 if it was looked at."""
    try:
        world.house.database.transact(lambda session, now: throttle.admit(session, now, one))
    except Throttled as refused:
        return refused.seconds
    return 0


def succeed(world: World, one: Attempt) -> None:
    def body(session: Session, now: object) -> None:
        at = world.clock.now()
        throttle.admit(session, at, one)
        throttle.succeeded(session, at, one)
        throttle.entered(session, at, one)

    world.house.database.transact(body)


def guess_for(world: World, one: Attempt, period: timedelta) -> int:
    """Guess as often as possible for so long; answers how often that was."""
    until = world.clock.now() + period
    count = 0
    while world.clock.now() < until:
        wait = guess(world, one)
        count += wait == 0
        world.clock.advance(wait)
    return count


def test_the_wait_doubles_and_never_exceeds_a_quarter_of_an_hour(world: World) -> None:
    waits: list[int] = []
    while len(waits) < 20:
        wait = guess(world, attempt())
        if wait:
            waits.append(wait)
            world.clock.advance(wait)
    assert waits[:6] == [1, 2, 4, 8, 16, 32]
    assert max(waits) == 15 * 60


def test_guessing_goes_on_at_four_an_hour(world: World) -> None:
    guess_for(world, attempt(), timedelta(hours=2))
    assert guess_for(world, attempt(), timedelta(hours=10)) <= 45


def test_whoever_waits_without_trying_is_as_good_as_new(world: World) -> None:
    guess_for(world, attempt(), timedelta(minutes=10))
    world.clock.advance(6 * 3600)
    assert [guess(world, attempt()) for _ in range(5)] == [0] * 5


def test_a_right_attempt_forgets_the_wrong_ones_of_its_account_and_address(world: World) -> None:
    for _ in range(4):
        guess(world, attempt())
    succeed(world, attempt())
    assert [guess(world, attempt()) for _ in range(5)] == [0] * 5
    assert guess(world, attempt()) == 1


def test_a_stranger_does_not_lock_out_who_was_here_lately(world: World) -> None:
    succeed(world, attempt())
    for number in range(500):
        guess(world, attempt(address=f"198.51.100.{number % 250}"))
    assert guess(world, attempt()) == 0


def test_an_account_is_not_guessed_from_many_addresses(world: World) -> None:
    looked_at = sum(
        guess(world, attempt(address=f"198.51.{number}.1")) == 0 for number in range(200)
    )
    assert looked_at == 10


def test_many_accounts_are_not_guessed_from_one_address(world: World) -> None:
    looked_at = sum(guess(world, attempt(account=f"user {number}")) == 0 for number in range(200))
    assert looked_at == 50
    assert guess(world, attempt(address=STRANGE)) == 0


def test_an_office_that_logs_in_rightly_is_never_slowed_down(world: World) -> None:
    for number in range(200):
        succeed(world, attempt(account=f"user {number % 60}"))
    assert guess(world, attempt()) == 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("", ""),
        ("no address", "no address"),
    ],
)
def test_who_has_one_address_of_a_network_has_them_all(address: str, network: str) -> None:
    assert Attempt("password", address, "dora").network == network


def test_what_is_kept_names_nobody_and_is_swept_away(world: World) -> None:
    guess(world, attempt())
    rows = world.rows(Throttle)
    assert len(rows) == 3
    assert not any(word in str(row.values()) for row in rows for word in ("dora", OWN))
    world.clock.advance(15 * 60)
    world.house.database.transact(throttle.sweep)
    assert world.rows(Throttle) == []

"""Guessing is slowed down: by account and address together, by address, and by account.

Each is a bucket into which an attempt puts a drop before it is looked at, and which drains with
time; a right attempt takes its drop back. A bucket that holds many makes the next attempt wait, for
twice as long with each drop, and never for longer than a quarter of an hour.

Nobody can lock somebody else out: where the account was entered lately, only the bucket of that
account and that address counts, which nobody elsewhere fills.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from typing import NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.dialect import insert_missing
from models.ids import secret_hash
from models.refusals import Refused

WAIT_MAX = timedelta(minutes=15)
KNOWN_FOR = timedelta(days=30)
NETWORK_BITS = 64  # of an IPv6 address: who has one has all that begin alike


class Rule(NamedTuple):
    """How many drops a bucket holds before anybody waits, and how long one takes to drain."""

    free: int
    drain: timedelta


PAIR = Rule(5, timedelta(minutes=15))
ADDRESS = Rule(50, timedelta(minutes=1))  # a whole office may share one
ACCOUNT = Rule(10, timedelta(minutes=15))


class Throttle(Base):
    """A bucket, under a hash of what it is about: when it was last filled, and when it is empty."""

    __tablename__ = "throttle"
    key: Mapped[str] = mapped_column(primary_key=True)
    filled: Mapped[datetime]
    empty: Mapped[datetime] = mapped_column(index=True)


class Throttled(Refused):
    """There were too many attempts; another one is looked at after so many seconds."""

    def __init__(self, field: str, seconds: int) -> None:
        super().__init__("throttled", field, f"wait {seconds} s")
        self.seconds = seconds


class Attempt(NamedTuple):
    """Somebody at an address tries a password, a code (`what`) for an account, or for none."""

    what: str
    address: str
    account: str | None = None

    @property
    def network(self) -> str:
        """The address, or for IPv6 the network in which it can be changed at will."""
        try:
            address = ip_address(self.address)
        except ValueError:
            return self.address
        if not isinstance(address, IPv6Address):
            return str(address)
        mapped = address.ipv4_mapped
        return str(mapped or ip_network((address, NETWORK_BITS), strict=False))

    def buckets(self, known: bool) -> dict[str, Rule]:
        """The buckets that it fills, by key."""
        found = {_key(self.what, "address", self.network): ADDRESS}
        if self.account is not None:
            found[self.pair] = PAIR
            if not known:
                found[_key(self.what, "account", self.account)] = ACCOUNT
        return found

    @property
    def pair(self) -> str:
        """The key of the bucket of account and address."""
        return _key(self.what, "pair", f"{self.account}\n{self.network}")

    @property
    def entered(self) -> str:
        """The key under which it stands that the account was entered from here."""
        return _key("entered", "pair", f"{self.account}\n{self.network}")


def _key(*words: str) -> str:
    return secret_hash("\n".join(words))


def admit(session: Session, now: datetime, attempt: Attempt) -> None:
    """Count the attempt as a wrong one, before it is looked at. Raises Throttled.

    Many who try at once are counted one after the other, as the buckets are locked.
    """
    rules = attempt.buckets(_is_known(session, now, attempt))
    rows = _locked(session, now, list(rules))
    free_at = max(row.filled + _wait(row, rules[row.key]) for row in rows)
    if free_at > now:
        raise Throttled(attempt.what, ceil((free_at - now).total_seconds()))
    for row in rows:
        row.empty = max(row.empty, now) + rules[row.key].drain
        row.filled = now
    session.flush()


def succeeded(session: Session, now: datetime, attempt: Attempt) -> None:
    """The attempt, which was admitted, was right: it counts no more, nor do those before it from
    the same account and address."""
    rules = attempt.buckets(_is_known(session, now, attempt))
    for row in _locked(session, now, list(rules)):
        if rules[row.key] is PAIR:
            row.empty = now
        else:
            row.empty -= rules[row.key].drain
    session.flush()


def entered(session: Session, now: datetime, attempt: Attempt) -> None:
    """The account was entered from this address, which is known for it from now on."""
    (row,) = _locked(session, now, [attempt.entered])
    row.filled, row.empty = now, now + KNOWN_FOR
    session.flush()


def sweep(session: Session, now: datetime) -> None:
    """Forget the buckets that are empty."""
    session.execute(delete(Throttle).where(Throttle.empty <= now))


def _is_known(session: Session, now: datetime, attempt: Attempt) -> bool:
    query = select(Throttle.key).where(Throttle.key == attempt.entered, Throttle.empty > now)
    return attempt.account is not None and session.scalar(query) is not None


def _locked(session: Session, now: datetime, keys: Sequence[str]) -> list[Throttle]:
    """The buckets, made where missing, locked in the order of their keys."""
    insert_missing(session, Throttle, [{"key": key, "filled": now, "empty": now} for key in keys])
    query = select(Throttle).where(Throttle.key.in_(keys)).order_by(Throttle.key)
    locked = query.with_for_update().execution_options(populate_existing=True)
    return list(session.scalars(locked))


def _wait(row: Throttle, rule: Rule) -> timedelta:
    """How long nobody is admitted after the bucket was last filled."""
    surplus = (row.empty - row.filled) / rule.drain - rule.free
    return timedelta(0) if surplus < 0 else min(WAIT_MAX, timedelta(seconds=2 ** min(surplus, 20)))

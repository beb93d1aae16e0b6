"""Whether this process can do its work: database, Redis, room for photos, and the backlog."""

import logging
from collections.abc import Callable, Collection
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cached_property

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy.orm import Session

from api.patience import Patience
from models import revision, vitals
from models.house import House

log = logging.getLogger(__name__)

REDIS_SECONDS = 1.5
NO_BLOB = "0" * 64
BYTE = b"1"


class NotWell(Exception):
    """A check says no, and why, in words that hold no secret."""


@dataclass(frozen=True)
class Outcome:
    """What a check came to."""

    check: str
    ok: bool
    why: str


class Readiness:
    """Makes the checks of one house, each within bounded time."""

    def __init__(self, house: House, patience: Patience | None = None) -> None:
        self.house = house
        self.patience = patience or Patience()
        self.checks: dict[str, Callable[[], str]] = {
            "database": self._database,
            "redis": self._redis,
            "blobs": self._blobs,
            "backlog": self._backlog,
        }

    def outcomes(self, but: Collection[str] = ()) -> list[Outcome]:
        """What each check comes to; those that are left out are not made."""
        made = {name: check for name, check in self.checks.items() if name not in but}
        return [self._outcome(*answer) for answer in self.patience.ask(made).items()]

    def _outcome(self, name: str, answer: Future[str] | None) -> Outcome:
        if answer is None:
            return Outcome(name, False, f"no answer within {self.patience.seconds:g} s")
        error = answer.exception()
        if error is None:
            return Outcome(name, True, answer.result())
        if isinstance(error, NotWell):
            return Outcome(name, False, str(error))
        # Its own words may hold a host or a user's name: they are for the log.
        log.warning("%s cannot be checked: %s", name, error)
        return Outcome(name, False, type(error).__name__)

    def _database(self) -> str:
        found = self.house.database.read(revision.found)
        wanted = revision.expected()
        if found != wanted:
            raise NotWell(f"revision {found}, this code needs {wanted}: run `onsite release`")
        return f"revision {found}"

    @cached_property
    def redis(self) -> Redis | None:
        """A connection for checks and figures, if there is a Redis; it waits for nothing long."""
        url = self.house.settings.redis_url
        if url is None:
            return None
        return Redis.from_url(
            url,
            socket_timeout=REDIS_SECONDS,
            socket_connect_timeout=REDIS_SECONDS,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )

    def _redis(self) -> str:
        if self.redis is None:
            return "none"
        self.redis.ping()
        return "answers"

    def _blobs(self) -> str:
        """A byte can be written and read, and there is room for more."""
        now = self.house.clock.now()
        file = self.house.uploads / f"ready-{self.house.ids.new(now)}"
        try:
            file.write_bytes(BYTE)
            whole = file.read_bytes() == BYTE
        finally:
            file.unlink(missing_ok=True)
        if not whole or NO_BLOB in self.house.blobs:
            raise NotWell("what was written is not what is read")
        free, least = vitals.free_bytes(self.house) // 10**6, self.house.settings.free_mb
        if free < least:
            raise NotWell(f"{free} MB free, {least} MB are wanted")
        return f"{free} MB free"

    def _backlog(self) -> str:
        def body(session: Session) -> tuple[vitals.Waiting, vitals.Waiting]:
            works, marks = vitals.work(session), vitals.marks(session)
            return vitals.together(works.values()), vitals.together(marks.values())

        works, marks = self.house.database.read(body)
        now = self.house.clock.now()
        words = ", ".join(
            f"{one.count} {name}" + (f" (oldest {one.seconds(now):.0f} s)" if one.count else "")
            for name, one in (("jobs", works), ("marks", marks))
        )
        oldest = max(works.seconds(now), marks.seconds(now))
        if oldest > self.house.settings.backlog_seconds:
            raise NotWell(f"{words}; is a worker running?")
        return words

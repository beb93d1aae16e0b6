"""The only place that commits."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from models import dialect
from models.clock import Clock

T = TypeVar("T")
Nudge = Callable[[list[str]], None]

ATTEMPTS_MAX = 6
FIRST_WAIT_SECONDS = 0.01


class Violation(Exception):
    """A named constraint of the database said no. `constraint` is None where it cannot be told."""

    def __init__(self, constraint: str | None) -> None:
        super().__init__(constraint or "foreign key")
        self.constraint = constraint


class Database:
    """Runs functions as transactions, on SQLite and PostgreSQL alike."""

    def __init__(self, engine: Engine, clock: Clock, nudge: Nudge = lambda jobs: None) -> None:
        self.engine = engine
        self.clock = clock
        self.nudge = nudge
        self._writer = dialect.for_writing(engine)
        self._reader = dialect.for_snapshot(engine)

    def transact(self, body: Callable[[Session, datetime], T]) -> T:
        """Run body(session, now) as one transaction and commit it.

        The body is run again, from its beginning and with a new session, on a serialization
        failure, a deadlock or a locked database, at most 6 times in all; so it keeps no state
        outside its session. What it announced (`announce`) is nudged after the commit. Raises
        Violation for a violated constraint, and whatever the body raises; nothing is then kept.
        """
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                return self._run(body)
            except IntegrityError as error:
                raise Violation(dialect.violated_constraint(error)) from error
            except DBAPIError as error:
                if attempt == ATTEMPTS_MAX or not dialect.is_retryable(error):
                    raise
                self.clock.sleep(FIRST_WAIT_SECONDS * 2**attempt)
        raise AssertionError("unreachable")

    def _run(self, body: Callable[[Session, datetime], T]) -> T:
        with Session(self._writer, expire_on_commit=False) as session:
            now = session.info["now"] = self.clock.now()
            result = body(session, now)
            session.commit()
            announced = session.info.get("announced", [])
        if announced:
            self.nudge(announced)
        return result

    def read(self, body: Callable[[Session], T]) -> T:
        """Run body(session) on one snapshot of the database. What it changes is not kept."""
        with Session(self._reader, expire_on_commit=False) as session:
            return body(session)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def instant_of(session: Session) -> datetime:
    """The instant that the transaction was given, for what is written in its course."""
    now: datetime = session.info["now"]
    return now


def announce(session: Session, job: str) -> None:
    """Have the queue told of waiting work after the commit; the relay makes up for lost nudges."""
    session.info.setdefault("announced", []).append(job)

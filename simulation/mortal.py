"""A server that may die at any commit, and is started again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import get_ident
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from models.blobs import open_blobs
from models.clock import Clock
from models.database import Database, Nudge
from models.house import House
from models.ids import Ids
from models.settings import Settings

T = TypeVar("T")


class Died(BaseException):
    """The process is gone. No handler of the program may stop it, as none could."""


@dataclass
class Fuse:
    """After how many transactions the process dies, and whether that one is still committed.

    Only those count of the thread that lit it: on a slow machine another renews the lease of work.
    """

    left: int
    committed: bool
    thread: int = field(default_factory=get_ident)


class MortalDatabase(Database):
    """A database whose process dies when its fuse has burnt down."""

    fuse: Fuse | None = None

    def _run(self, body: Callable[[Session, datetime], T]) -> T:
        if self.fuse is None or self.fuse.thread != get_ident():
            return super()._run(body)
        self.fuse.left -= 1
        if self.fuse.left > 0:
            return super()._run(body)
        if self.fuse.committed:
            self.nudge = _die  # nobody hears that work waits
            super()._run(body)
            raise Died

        def doomed(session: Session, now: datetime) -> T:
            body(session, now)
            raise Died

        return super()._run(doomed)


def _die(jobs: list[str]) -> None:
    raise Died


def start(settings: Settings, engine: Engine, clock: Clock, ids: Ids, nudge: Nudge) -> House:
    """The house, opened by a process that may die. The engine is that of the process before, which
    remembers nothing but how statements are compiled."""
    engine.dispose()
    blobs = open_blobs(settings.blob_url, settings.home)
    return House(settings, clock, ids, MortalDatabase(engine, clock, nudge), blobs)


def light(house: House, fuse: Fuse) -> None:
    """Have the process die."""
    assert isinstance(house.database, MortalDatabase)
    house.database.fuse = fuse


def burnt(house: House) -> Fuse | None:
    """The fuse with which the process died or is going to."""
    assert isinstance(house.database, MortalDatabase)
    return house.database.fuse

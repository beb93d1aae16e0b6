"""The house: database, clock, ids and blobs, opened once a process and handed down."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.blobs import Blobs, open_blobs
from models.clock import Clock, SystemClock
from models.company import make_company
from models.database import Database, Nudge
from models.dialect import open_engine
from models.feed import Life, Window
from models.ids import Ids
from models.keys import kept_key
from models.settings import Settings
from models.stock.desk import make_virtual_places

COMPANY_NAME = "Onsite"
COMPANY_ZONE = "Asia/Shanghai"
KEY_FILE = "second-factor-key"


@dataclass(frozen=True)
class House:
    """Everything that stands below the doors."""

    settings: Settings
    clock: Clock
    ids: Ids
    database: Database
    blobs: Blobs

    @classmethod
    def open(
        cls,
        settings: Settings,
        nudge: Nudge = lambda jobs: None,
        clock: Clock | None = None,
        ids: Ids | None = None,
    ) -> "House":
        """Open what the settings name. `nudge` tells the queue of work after a commit."""
        clock = clock or SystemClock()
        return cls(
            settings=settings,
            clock=clock,
            ids=ids or Ids(),
            database=Database(open_engine(settings.database_url), clock, nudge),
            blobs=open_blobs(settings.blob_url, settings.home),
        )

    @property
    def uploads(self) -> Path:
        """Where unfinished uploads lie."""
        return self.blobs.arriving

    def key(self) -> bytes:
        """The key of what is encrypted in the database: the one that was set, or the home's own."""
        if self.settings.key is not None:
            return bytes.fromhex(self.settings.key)
        return kept_key(self.settings.home / KEY_FILE, self.ids)

    def furnish(self) -> None:
        """Make the rows without which nothing works: life, window, company, virtual places."""

        def body(session: Session, now: datetime) -> None:
            if session.scalar(select(Life.id)) is None:
                session.add(Life(id=1, number=self.ids.new(now), began=now))
            if session.get(Window, "visits") is None:
                session.add(Window(name="visits", at=now))
            make_company(session, COMPANY_NAME, COMPANY_ZONE)
            make_virtual_places(session, COMPANY_ZONE)

        self.database.transact(body)

    def close(self) -> None:
        """Give the connections back."""
        self.database.close()

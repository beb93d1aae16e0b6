"""The house: database, clock, ids and blobs, opened once a process and handed down."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.blobs import FileBlobs
from models.clock import Clock, SystemClock
from models.database import Database, Nudge
from models.dialect import open_engine
from models.feed import Life, Window
from models.ids import Ids
from models.settings import Settings
from models.stock.desk import make_virtual_places

COMPANY_ZONE = "Asia/Shanghai"


@dataclass(frozen=True)
class House:
    """Everything that stands below the doors."""

    settings: Settings
    clock: Clock
    ids: Ids
    database: Database
    blobs: FileBlobs

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
            blobs=FileBlobs(Path(settings.blob_url.removeprefix("file://"))),
        )

    @property
    def uploads(self) -> Path:
        """Where unfinished uploads lie, on the disk of the blobs."""
        folder = self.blobs.root / "uploads"
        folder.mkdir(exist_ok=True)
        return folder

    def furnish(self) -> None:
        """Make the rows without which nothing works: life, window, virtual places."""

        def body(session: Session, now: datetime) -> None:
            if session.scalar(select(Life.id)) is None:
                session.add(Life(id=1, number=self.ids.new(now), began=now))
            if session.get(Window, "visits") is None:
                session.add(Window(name="visits", at=now))
            make_virtual_places(session, COMPANY_ZONE)

        self.database.transact(body)

    def close(self) -> None:
        """Give the connections back."""
        self.database.close()

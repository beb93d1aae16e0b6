"""Bytes on their way: a file that grows as they come, and a blob once it is whole.

How far an upload has come is the length of its file, nothing else. The file goes only after the
commit that calls the upload finished, so whatever dies in between, the next who asks finishes it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from sqlalchemy.orm import Session

from models import outbox
from models.derived import Source
from models.dialect import insert_missing
from models.feed import mark
from models.house import House
from models.photos import PhotoBytes, Upload, photo_bytes_id, photo_job


class Busy(Exception):
    """Another connection is writing."""


@dataclass(frozen=True)
class Arriving:
    """The bytes of one upload."""

    house: House
    id: UUID
    sha256: str
    size: int

    @classmethod
    def of(cls, house: House, upload: Upload) -> "Arriving":
        """The bytes of that upload."""
        return cls(house, upload.id, upload.sha256, upload.size)

    @property
    def file(self) -> Path:
        """Where they lie until they are whole."""
        return self.house.uploads / str(self.id)

    def is_finished(self) -> bool:
        """Whether they were taken in and are still there."""
        upload = self.house.database.read(lambda session: session.get_one(Upload, self.id))
        return upload.finished is not None and self.sha256 in self.house.blobs

    def offset(self) -> int:
        """How many are here. Waits for nobody."""
        try:
            here = self.file.stat().st_size
        except FileNotFoundError:
            here = 0
        # Asked last: the file goes after the commit that calls the upload finished.
        return self.size if here < self.size and self.is_finished() else here

    @contextmanager
    def writing(self) -> Iterator[BinaryIO]:
        """The file at its end, for one writer at a time; the lock goes with its connection.

        Raises Busy. Whoever finished it meanwhile has left nothing to be written.
        """
        with self.file.open("ab", buffering=0) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy from None
            yield file

    def finish(self, file: BinaryIO) -> bool:
        """Take the whole file in under its hash, once; False, and it starts anew, if it is another.

        Only while the file is locked.
        """
        if not self.is_finished():
            if not self.house.blobs.adopt(self.file, self.sha256):
                os.ftruncate(file.fileno(), 0)
                return False
            self.house.database.transact(self._say_so)
        self.file.unlink(missing_ok=True)
        return True

    def _say_so(self, session: Session, now: datetime) -> None:
        session.get_one(Upload, self.id).finished = now
        row = {"id": photo_bytes_id(self.sha256), "sha256": self.sha256, "size": self.size}
        row |= {"type": None, "state": "arrived", "arrived": now}
        insert_missing(session, PhotoBytes, [row])
        outbox.put(session, now, [photo_job(self.sha256)])
        mark(session, {Source("photo", self.sha256)})

"""Bytes on their way: a file that grows as they come, and a blob once it is whole.

How far an upload has come is the length of its file, nothing else. The file goes only after the
commit that calls the upload finished, so whatever dies in between, the next who asks finishes it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from models.house import House
from models.photos import Upload, finish_upload


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
            self.house.database.transact(lambda session, now: finish_upload(session, now, self.id))
        self.file.unlink(missing_ok=True)
        return True

"""Bytes on their way: a file that grows as they come, and a blob once it is whole.

How far an upload has come is the length of its file, nothing else. The file goes only after the
commit that calls the upload finished, so whatever dies in between, the next who asks finishes it.

Nobody holds a lock while waiting for bytes: the newest connection has the turn, and an older one,
whose phone may be long gone, learns of it with the next piece that it wants to write.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import select

from models.house import House
from models.uploads import Upload, drop_upload, expired_uploads, finish_upload

TURN_BYTES = 16
TURN = ".turn"
LEFT_LIFE = timedelta(days=1)  # of a file that nobody knows; those being written are seconds old


class Busy(Exception):
    """Another connection is taking the whole file in."""


class Overtaken(Exception):
    """A newer connection goes on with this upload."""


@dataclass(frozen=True)
class Writer:
    """One connection's turn: it writes until a newer one comes."""

    file: BinaryIO
    turn: int
    mine: bytes

    @property
    def offset(self) -> int:
        """How many bytes are here."""
        return os.fstat(self.file.fileno()).st_size

    def write(self, piece: bytes) -> None:
        """Append what came, if anything did. Raises Overtaken, and then nothing is written."""
        if not piece:
            return
        with self._having_the_turn():
            while piece:  # A disk that is nearly full takes less than it is given.
                piece = piece[self.file.write(piece) :]

    def take_back(self, offset: int) -> None:
        """Forget what came after that offset."""
        with self._having_the_turn():
            os.ftruncate(self.file.fileno(), offset)

    @contextmanager
    def _having_the_turn(self) -> Iterator[None]:
        with _locked(self.file.fileno()):
            if os.pread(self.turn, TURN_BYTES, 0) != self.mine:
                raise Overtaken
            yield


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

    @property
    def turn(self) -> Path:
        """Whose turn it is to write."""
        return self.house.uploads / f"{self.id}{TURN}"

    def is_finished(self) -> bool:
        """Whether they were taken in and are still there."""
        upload = self.house.database.read(lambda session: session.get(Upload, self.id))
        finished = upload is not None and upload.finished is not None
        return finished and self.sha256 in self.house.blobs

    def offset(self) -> int:
        """How many are here. Waits for nobody."""
        try:
            here = self.file.stat().st_size
        except FileNotFoundError:
            here = 0
        # Asked last: the file goes after the commit that calls the upload finished.
        return self.size if here < self.size and self.is_finished() else here

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """The turn to write at the file's end, taken from whoever has it."""
        mine = self.house.ids.entropy(TURN_BYTES)
        with self.file.open("ab", buffering=0) as file:
            turn = os.open(self.turn, os.O_RDWR | os.O_CREAT, mode=0o600)
            try:
                with _locked(file.fileno()):
                    os.pwrite(turn, mine, 0)
                yield Writer(file, turn, mine)
            finally:
                os.close(turn)

    def finish(self) -> bool:
        """Take the whole file in under its hash, once; False, and it starts anew, if it is another.

        Raises Busy while somebody else does.
        """
        with self.turn.open("ab") as turn:
            try:
                fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy from None
            if not self.is_finished() and not self._take_in():
                return False
            self.file.unlink(missing_ok=True)
            self.turn.unlink(missing_ok=True)
            return True

    def _take_in(self) -> bool:
        if not self.house.blobs.adopt(self.file, self.sha256):
            self._empty()
            return False
        self.house.database.transact(lambda session, now: finish_upload(session, now, self.id))
        return True

    def _empty(self) -> None:
        """Throw away what is whole and wrong, unless somebody has, and it has begun anew."""
        with self.file.open("ab") as file, _locked(file.fileno()):
            if os.fstat(file.fileno()).st_size == self.size:
                os.ftruncate(file.fileno(), 0)

    def expire(self) -> bool:
        """Forget the upload, or finish it if all of it is here; answers whether it is gone."""
        if self.offset() == self.size:
            return self.finish()
        with self.writing() as writer, _locked(writer.file.fileno()):
            transact = self.house.database.transact
            if transact(lambda session, now: drop_upload(session, now, self.id)):
                self.file.unlink(missing_ok=True)
                self.turn.unlink(missing_ok=True)
                return True
        return False


def expire_uploads(house: House) -> int:
    """Forget the uploads that were not finished in time, and files that belong to none; answers
    how many went."""
    now = house.clock.now()
    expired = house.database.read(lambda session: expired_uploads(session, now))
    gone = sum(Arriving.of(house, upload).expire() for upload in expired)
    return gone + _sweep(house, before=(now - LEFT_LIFE).timestamp())


def _sweep(house: House, before: float) -> int:
    """Remove what a process that was killed has left behind."""
    under_way = select(Upload.id).where(Upload.finished.is_(None))
    known = house.database.read(lambda session: set(map(str, session.scalars(under_way))))
    left = [file for file in house.uploads.iterdir() if file.name.removesuffix(TURN) not in known]
    old = [file for file in left if file.stat().st_mtime < before]
    for file in old:
        file.unlink(missing_ok=True)
    return len(old)


@contextmanager
def _locked(descriptor: int) -> Iterator[None]:
    """The file's lock, which is only ever held for as long as a piece takes to be written."""
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)

"""Taking the bytes of a request into an upload, a piece at a time."""

from dataclasses import dataclass, field
from typing import Any

from flask import abort, request
from werkzeug.exceptions import ClientDisconnected

from api.auth import house
from api.tus import Checksum, checksum
from sync.arriving import Arriving, Writer

READ_BYTES = 16 * 1024  # A connection that is reset loses at most this much of what arrived.


class Spoilt(Exception):
    """The bytes are not those that were promised, or, of a piece, that its checksum says: then
    what was here before it stays."""

    def __init__(self, piece: bool = False) -> None:
        super().__init__()
        self.piece = piece


def receive(arriving: Arriving, wanted: int | None) -> int:
    """Append the request's body, and take the whole in; answers how many bytes are here now.

    `wanted` is the offset at which the body begins; None for the beginning, what is here already
    being passed over. Raises Spoilt, Busy and Overtaken; answers 409 at another offset.
    """
    check = checksum()
    with arriving.writing() as writer:
        if arriving.is_finished():
            arriving.finish()
            _check_offset(arriving.size, wanted)
            return arriving.size
        start = writer.offset
        _check_offset(start, wanted)
        request.max_content_length = arriving.size
        body = _Body(0 if wanted is not None else start, check)
        body.pour_into(writer, arriving.size)
        if body.is_spoilt():
            writer.take_back(start)
            raise Spoilt(piece=True)
        body.pour_rest_into(writer)
        offset = writer.offset
    if offset == arriving.size and not arriving.finish():
        raise Spoilt
    return offset


def _check_offset(here: int, wanted: int | None) -> None:
    if wanted is not None and wanted != here:
        abort(409, f"the upload stands at {here}")


@dataclass
class _Body:
    """The body of the request. What came before a break counts; a stalled sender is one."""

    skip: int
    check: Checksum | None
    count: int = 0
    held: bytes = b""
    hash: Any = field(init=False)

    def __post_init__(self) -> None:
        self.hash = self.check.begin() if self.check else None
        connection = request.environ.get("gunicorn.socket")
        if connection is not None:
            connection.settimeout(house().settings.stall_seconds)

    def pour_into(self, writer: Writer, size: int) -> None:
        """Write what comes, up to the promised size; the last of it is held where there is a
        checksum, as whoever finds all bytes here takes them in, or throws them away."""
        at = writer.offset - self.skip
        while at < size:
            piece = self._read(min(READ_BYTES, size - at))
            if not piece:
                return
            at += len(piece)
            new, self.skip = piece[self.skip :], max(0, self.skip - len(piece))
            if at == size and self.check is not None:
                self.held = new
            else:
                writer.write(new)

    def pour_rest_into(self, writer: Writer) -> None:
        """Write what was held, as the checksum is right."""
        writer.write(self.held)

    def _read(self, most: int) -> bytes:
        try:
            piece: bytes = request.stream.read(most)
        except (OSError, ClientDisconnected):
            return b""
        self.count += len(piece)
        if self.hash is not None:
            self.hash.update(piece)
        return piece

    def is_spoilt(self) -> bool:
        """Whether all of it came and it is not what its checksum says."""
        whole = request.content_length is None or self.count == request.content_length
        return self.check is not None and whole and self.hash.digest() != self.check.digest

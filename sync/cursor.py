"""Cursors: opaque to devices, and where the server keeps what it must know of their last sync."""

import base64
import binascii
import json
from dataclasses import dataclass, field
from uuid import UUID

from sync.feed import Digest


@dataclass
class Cursor:
    """Where a device stands in its channels.

    `began` are the positions at which its first sync began: what was gone before is of no interest.
    `digest` is what it should hold, on a last page; None in the middle of a sync.
    """

    life: UUID
    after: list[int] = field(default_factory=lambda: [0, 0, 0])
    began: list[int] = field(default_factory=lambda: [0, 0, 0])
    digest: Digest | None = None

    def text(self) -> str:
        """The cursor as it is sent."""
        digest = None if self.digest is None else [self.digest.count, self.digest.sum]
        value = [self.life.hex, self.after, self.began, digest]
        packed = json.dumps(value, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")


class Unreadable(Exception):
    """The text is no cursor of this server."""


def read(text: str) -> Cursor:
    """The cursor that the text is. Raises Unreadable."""
    try:
        padded = text + "=" * (-len(text) % 4)
        life, after, began, digest = json.loads(base64.urlsafe_b64decode(padded))
        cursor = Cursor(UUID(life), _positions(after), _positions(began))
        if digest is not None:
            cursor.digest = Digest(*_numbers(digest, 2))
        return cursor
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError) as error:
        raise Unreadable from error


def _positions(value: object) -> list[int]:
    return _numbers(value, 3)


def _numbers(value: object, length: int) -> list[int]:
    if not isinstance(value, list) or len(value) != length:
        raise ValueError("a list of positions is needed")
    if any(type(one) is not int or not 0 <= one < 2**63 for one in value):
        raise ValueError("a position is a number")
    return value

"""What a store of blobs can do, wherever it keeps them.

A blob is named by the SHA-256 of what is in it. What is derived from it (a preview) lies beside it,
named by the same hash, a dot and a suffix; it can be made again, and goes with its blob.
"""

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Protocol


class Unreachable(OSError):
    """The store did not do what it was asked, and may do it later."""


class Blobs(Protocol):
    """Blobs by name. What is not there raises FileNotFoundError."""

    @property
    def arriving(self) -> Path:
        """The folder in which bytes lie that are not whole yet."""

    def __contains__(self, name: str) -> bool:
        """Whether it is there, whole."""

    def adopt(self, file: Path, sha256: str) -> bool:
        """Take a finished file in under its hash, safe on the disk before this returns.

        Answers False if its content has another hash. Either way the file itself stays.
        """

    def put(self, name: str, data: bytes) -> None:
        """Keep derived bytes under a name; what had it is replaced."""

    def open(self, name: str) -> BinaryIO:
        """The blob for reading, from anywhere in it."""

    def local(self, name: str) -> AbstractContextManager[Path]:
        """The blob as a file of this machine, for as long as the block lasts."""

    def remove(self, sha256: str) -> None:
        """Forget the blob and all that is derived from it. What is not there is forgotten."""

    def names(self) -> Iterator[str]:
        """Everything that is kept."""


def has_hash(file: Path, sha256: str) -> bool:
    """Whether the file's content has that hash."""
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest() == sha256

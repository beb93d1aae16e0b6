"""Bytes by content: a blob's name is the SHA-256 of what is in it."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


class FileBlobs:
    """Blobs in a folder. A file stands under its name only when it is whole and on the disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.root.mkdir(parents=True, exist_ok=True)

    def path(self, sha256: str) -> Path:
        """Where the blob of that hash is or would be."""
        return self.root / sha256[:2] / sha256[2:4] / sha256

    def __contains__(self, sha256: str) -> bool:
        return self.path(sha256).is_file()

    def adopt(self, file: Path, sha256: str) -> bool:
        """Take a finished file, on the same disk, in under its hash, flushed to the disk first.

        Answers False if its content has another hash. Either way the file itself stays.
        """
        with file.open("rb") as source:
            if hashlib.file_digest(source, "sha256").hexdigest() != sha256:
                return False
            os.fsync(source.fileno())
        target = self.path(sha256)
        target.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.link(file, target)
        return True

    @contextmanager
    def open(self, sha256: str) -> Iterator[BinaryIO]:
        """The blob for reading. Raises FileNotFoundError."""
        with self.path(sha256).open("rb") as file:
            yield file

    def hashes(self) -> Iterator[str]:
        """Every blob's hash, as its name says."""
        return (path.name for path in self.root.glob("??/??/*"))

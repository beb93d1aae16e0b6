"""Blobs in a folder: a file stands under its name only when it is whole and on the disk."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from models.blobs.store import has_hash


class FileBlobs:
    """Blobs in a folder, which several machines may share."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def arriving(self) -> Path:
        """On the same disk, so that taking a file in is a link. Made when first asked for."""
        folder = self.root / "uploads"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def path(self, name: str) -> Path:
        """Where the blob of that name is or would be."""
        return self.root / name[:2] / name[2:4] / name

    def __contains__(self, name: str) -> bool:
        return self.path(name).is_file()

    def adopt(self, file: Path, sha256: str) -> bool:
        if not has_hash(file, sha256):
            return False
        _flush(file)
        target = self._place(sha256)
        with suppress(FileExistsError):
            os.link(file, target)
        _flush(target.parent)
        return True

    def put(self, name: str, data: bytes) -> None:
        target = self._place(name)
        with tempfile.NamedTemporaryFile(dir=self.arriving, delete=False) as file:
            file.write(data)
        _flush(Path(file.name))
        Path(file.name).replace(target)
        _flush(target.parent)

    def _place(self, name: str) -> Path:
        target = self.path(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def open(self, name: str) -> BinaryIO:
        return self.path(name).open("rb")

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        path = self.path(name)
        if not path.is_file():
            raise FileNotFoundError(name)
        yield path

    def remove(self, sha256: str) -> None:
        for path in self.path(sha256).parent.glob(f"{sha256}*"):
            path.unlink(missing_ok=True)

    def names(self) -> Iterator[str]:
        return (path.name for path in self.root.glob("??/??/*"))


def _flush(path: Path) -> None:
    """Have what was written to a file, or what a folder lists, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

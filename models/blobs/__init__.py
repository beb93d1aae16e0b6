"""Bytes by content: in a folder, or in any S3-compatible service, told apart by the URL."""

from pathlib import Path

from models.blobs.files import FileBlobs
from models.blobs.store import Blobs

__all__ = ["Blobs", "open_blobs"]


def open_blobs(url: str, home: Path) -> Blobs:
    """The store that the URL names; what the service cannot hold for us lies in the home."""
    if url.startswith("file://"):
        return FileBlobs(Path(url.removeprefix("file://")))
    from models.blobs.s3 import S3Blobs  # takes a while to load, and a folder needs none of it

    return S3Blobs.at(url, home / "uploads")

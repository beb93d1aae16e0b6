"""Blobs in a bucket of an S3-compatible service."""

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from models.blobs.address import read_url
from models.blobs.store import Unreachable, has_hash

ABSENT = {"404", "NoSuchKey", "NotFound"}
BUFFER_BYTES = 256 * 1024
SECONDS = 20


@contextmanager
def _asking(name: str) -> Iterator[None]:
    """Errors of the service as those that a folder would give."""
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in ABSENT:
            raise FileNotFoundError(name) from None
        raise Unreachable(f"the blob service refused {name}: {error}") from error
    except BotoCoreError as error:
        raise Unreachable(f"the blob service does not answer: {error}") from error


class S3Blobs:
    """Blobs as objects of one bucket. An object is there whole or not at all."""

    def __init__(self, client: Any, bucket: str, prefix: str, arriving: Path) -> None:
        self.client, self.bucket, self.prefix = client, bucket, prefix
        self._arriving = arriving

    @classmethod
    def at(cls, url: str, arriving: Path) -> "S3Blobs":
        """The bucket that the URL names. Asks nothing yet."""
        bucket, prefix, options = read_url(url)
        config = Config(
            connect_timeout=SECONDS,
            read_timeout=SECONDS,
            retries={"mode": "standard", "total_max_attempts": 3},
            # What older services do not know is asked for nowhere but where it is needed.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        return cls(boto3.client("s3", config=config, **options), bucket, prefix, arriving)

    @cached_property
    def arriving(self) -> Path:
        self._arriving.mkdir(parents=True, exist_ok=True)
        return self._arriving

    def _key(self, name: str) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": f"{self.prefix}{name}"}

    def __contains__(self, name: str) -> bool:
        try:
            self._size(name)
        except FileNotFoundError:
            return False
        return True

    def _size(self, name: str) -> int:
        with _asking(name):
            return int(self.client.head_object(**self._key(name))["ContentLength"])

    def adopt(self, file: Path, sha256: str) -> bool:
        if not has_hash(file, sha256):
            return False
        with file.open("rb") as source, _asking(sha256):
            self.client.put_object(**self._key(sha256), Body=source)
        return True

    def put(self, name: str, data: bytes) -> None:
        with _asking(name):
            self.client.put_object(**self._key(name), Body=data)

    def open(self, name: str) -> BinaryIO:
        whole = _Object(self, name, self._size(name))
        return io.BufferedReader(whole, BUFFER_BYTES)

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        with tempfile.NamedTemporaryFile(dir=self.arriving, prefix="read-") as file:
            with _asking(name):
                self.client.download_fileobj(self.bucket, self._key(name)["Key"], file)
            file.flush()
            yield Path(file.name)

    def remove(self, sha256: str) -> None:
        for name in list(self._names(sha256)):
            with _asking(name):
                self.client.delete_object(**self._key(name))

    def names(self) -> Iterator[str]:
        return self._names("")

    def _names(self, beginning: str) -> Iterator[str]:
        pages = self.client.get_paginator("list_objects_v2")
        with _asking(beginning):
            for page in pages.paginate(Bucket=self.bucket, Prefix=f"{self.prefix}{beginning}"):
                for one in page.get("Contents", []):
                    yield one["Key"].removeprefix(self.prefix)


class _Object(io.RawIOBase):
    """One object as a file: what is read in order comes over one connection."""

    def __init__(self, blobs: S3Blobs, name: str, size: int) -> None:
        self._blobs, self._name, self._size = blobs, name, size
        self._at = 0
        self._body: Any = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if begin + offset != self._at:
            self._hang_up()
            self._at = begin + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._size:
            return 0
        with _asking(self._name):
            if self._body is None:
                key = self._blobs._key(self._name)
                answer = self._blobs.client.get_object(**key, Range=f"bytes={self._at}-")
                self._body = answer["Body"]
            data: bytes = self._body.read(len(buffer))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _hang_up(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None

    def close(self) -> None:
        self._hang_up()
        super().close()

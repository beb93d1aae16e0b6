"""What tus 1.0 says in headers: read here, and answered with 400, 412 or 413 where it is wrong."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Any

from flask import abort, request

from models.records.sealing import HASH_FORM
from sync import limits

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration"
ALGORITHMS = ("sha256", "sha1")  # tus wants sha1 of every server that knows checksums
MEDIA = "application/offset+octet-stream"
DIGITS_MAX = 18


@dataclass(frozen=True)
class Checksum:
    """What the bytes of one request are said to hash to."""

    algorithm: str
    digest: bytes

    def begin(self) -> Any:
        """A hash to be fed with them."""
        return hashlib.new(self.algorithm, usedforsecurity=False)


def check_version() -> None:
    """Refuse other versions of the protocol."""
    if request.headers.get("Tus-Resumable") != VERSION:
        abort(412, f"send Tus-Resumable: {VERSION}")


def upload_length() -> int:
    """The size of the whole upload."""
    size = _number("Upload-Length")
    if size is None:
        abort(400, "Upload-Length is needed, in bytes")
    if size > limits.photo_bytes_max:
        abort(413, f"a photo has at most {limits.photo_bytes_max} bytes")
    return size


def upload_offset() -> int:
    """Where the body begins; what is no number stands nowhere."""
    offset = _number("Upload-Offset")
    return -1 if offset is None else offset


def _number(header: str) -> int | None:
    text = request.headers.get(header, "")
    fits = text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX
    return int(text) if fits else None


def promised_hash() -> str:
    """`sha256` of Upload-Metadata: hexadecimal, in base64 as tus wants it."""
    pairs = [pair.split() for pair in request.headers.get("Upload-Metadata", "").split(",")]
    found = {pair[0]: pair[1] for pair in pairs if len(pair) == 2}
    sha256 = (_decoded(found.get("sha256", "")) or b"").decode("ascii", "replace")
    if not HASH_FORM.fullmatch(sha256):
        abort(400, "Upload-Metadata needs sha256, the hash in hexadecimal, encoded as base64")
    return sha256


def metadata(sha256: str) -> str:
    """Upload-Metadata as it was understood."""
    return f"sha256 {base64.b64encode(sha256.encode()).decode()}"


def checksum() -> Checksum | None:
    """Upload-Checksum, where there is one."""
    text = request.headers.get("Upload-Checksum")
    if text is None:
        return None
    algorithm, _, encoded = text.strip().partition(" ")
    if algorithm not in ALGORITHMS:
        abort(400, f"Upload-Checksum may be by {' or '.join(ALGORITHMS)}")
    digest = _decoded(encoded.strip())
    if digest is None or len(digest) != hashlib.new(algorithm).digest_size:
        abort(400, "Upload-Checksum is the algorithm, a blank, and the hash encoded as base64")
    return Checksum(algorithm, digest)


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None

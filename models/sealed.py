"""A sealed stream: anybody may write it with the server's public key, and only the server reads it.

    magic | ephemeral X25519 public key (32 bytes) | pieces
    piece: head (4 bytes) | AES-256-GCM of at most 1 MiB

The head is the length of what follows it, big-endian, with its first bit set on the last piece; it
is the piece's associated data, and the number of the piece (from 0, 12 bytes, big-endian) is its
nonce. The key is HKDF-SHA256 over the X25519 agreement, the salt being the ephemeral key and the
server's. So whoever cuts, swaps or repeats pieces is found out, and nobody needs much memory.
"""

from collections.abc import Iterable, Iterator
from io import BufferedReader, RawIOBase
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from models.ids import Ids
from models.keys import Unreadable, subkey

MAGIC = b"onsite-outbox-1\n"
PURPOSE = "onsite.outbox"
KEY_BYTES, HEAD_BYTES, NONCE_BYTES, TAG_BYTES = 32, 4, 12, 16
PIECE_BYTES = 1 << 20
LAST = 1 << 31


def public_key(key: bytes) -> str:
    """The public half of what the house's key opens, hexadecimal."""
    return _private(key).public_key().public_bytes_raw().hex()


def _private(key: bytes) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(subkey(key, PURPOSE))


def _cipher(agreed: bytes, ephemeral: bytes, server: bytes) -> AESGCM:
    derive = HKDF(SHA256(), length=32, salt=ephemeral + server, info=PURPOSE.encode())
    return AESGCM(derive.derive(agreed))


def _nonce(number: int) -> bytes:
    return number.to_bytes(NONCE_BYTES, "big")


def seal(server: str, ids: Ids, plain: Iterable[bytes]) -> Iterator[bytes]:
    """The sealed stream of what the pieces are together; `server` is its public key."""
    ephemeral = X25519PrivateKey.from_private_bytes(ids.entropy(KEY_BYTES))
    known, own = bytes.fromhex(server), ephemeral.public_key().public_bytes_raw()
    cipher = _cipher(ephemeral.exchange(X25519PublicKey.from_public_bytes(known)), own, known)
    yield MAGIC + own
    whole = b"".join(plain)
    starts = range(0, max(len(whole), 1), PIECE_BYTES)
    for number, start in enumerate(starts):
        piece = whole[start : start + PIECE_BYTES]
        last = LAST if start == starts[-1] else 0
        head = (len(piece) + TAG_BYTES | last).to_bytes(HEAD_BYTES, "big")
        yield head + cipher.encrypt(_nonce(number), piece, head)


def opened(key: bytes, source: IO[bytes]) -> BufferedReader:
    """What was sealed, as a stream. Reading it raises Unreadable where it is another's or cut."""
    return BufferedReader(_Opened(key, source))


class _Opened(RawIOBase):
    """Opens one piece after the other, as they are asked for."""

    def __init__(self, key: bytes, source: IO[bytes]) -> None:
        self.source, self.rest = source, b""
        self.number, self.ended = 0, False
        private = _private(key)
        if self._exactly(len(MAGIC)) != MAGIC:
            raise Unreadable("it does not begin like an exported outbox")
        ephemeral = self._exactly(KEY_BYTES)
        try:
            agreed = private.exchange(X25519PublicKey.from_public_bytes(ephemeral))
        except ValueError as error:  # a point of small order
            raise Unreadable("its key is none") from error
        self.cipher = _cipher(agreed, ephemeral, private.public_key().public_bytes_raw())

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.rest and not self.ended:
            self.rest = self._piece()
        count = min(len(buffer), len(self.rest))
        buffer[:count], self.rest = self.rest[:count], self.rest[count:]
        return count

    def _piece(self) -> bytes:
        head = self._exactly(HEAD_BYTES)
        length = int.from_bytes(head, "big")
        self.ended = bool(length & LAST)
        length &= ~LAST
        if not TAG_BYTES <= length <= PIECE_BYTES + TAG_BYTES:
            raise Unreadable("a piece is longer than a piece may be")
        try:
            plain = self.cipher.decrypt(_nonce(self.number), self._exactly(length), head)
        except InvalidTag as error:
            raise Unreadable("it was sealed for another key, or spoilt on its way") from error
        self.number += 1
        return plain

    def _exactly(self, count: int) -> bytes:
        read = b""
        while len(read) < count:
            more = self.source.read(count - len(read))
            if not more:
                raise Unreadable("it ends too early")
            read += more
        return read

"""The key that is kept outside the database, and what is encrypted with it.

Whoever gets hold of a copy of the database alone can read nothing of it.
"""

import os
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from models.ids import Ids

NONCE_BYTES = 12


class Unreadable(Exception):
    """It was encrypted with another key, for somebody else, or not at all."""


def kept_key(file: Path, ids: Ids) -> bytes:
    """The 256 bits in the file, which is made when first needed and its owner's alone."""
    try:
        return bytes.fromhex(file.read_text())
    except FileNotFoundError:
        _make(file, ids)
        return bytes.fromhex(file.read_text())


def _make(file: Path, ids: Ids) -> None:
    """Make the file whole, or leave the one that another process made meanwhile."""
    draft = file.with_name(f"{file.name}.{os.getpid()}.{ids.secret()[:8]}")
    draft.touch(mode=0o600)
    draft.write_text(f"{ids.secret()}\n")
    try:
        file.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def subkey(key: bytes, purpose: str) -> bytes:
    """The 256 bits that serve one purpose, and tell nothing of the key or of another purpose."""
    return HKDF(SHA256(), length=32, salt=None, info=purpose.encode()).derive(key)


def encrypt(key: bytes, ids: Ids, owner: UUID, secret: str) -> str:
    """The secret as only the key reads it, and only for its owner (AES-256-GCM)."""
    nonce = bytes.fromhex(ids.secret())[:NONCE_BYTES]
    return (nonce + AESGCM(key).encrypt(nonce, secret.encode(), owner.bytes)).hex()


def decrypt(key: bytes, owner: UUID, kept: str) -> str:
    """The secret. Raises Unreadable."""
    data = bytes.fromhex(kept)
    try:
        plain = AESGCM(key).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], owner.bytes)
    except InvalidTag as error:
        raise Unreadable from error
    return plain.decode()

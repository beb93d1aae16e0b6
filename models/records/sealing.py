"""Sealing: salted parts, the content code that the signer sees, and the root that is signed.

A part's hash is SHA-256 over its 16 bytes of salt and the UTF-8 of its text. The content code is
SHA-256 over the lines `name SP hash LF` of all parts but signatures, sorted by name. The root is
SHA-256 over the sealing fact's bytes. Everything is written as lower-case hexadecimal.
"""

import hashlib
import re
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from models.records.points import is_usable

SALT_BYTES = 16
SIGNATURE_PREFIX = "signature."
SHORT_CODE_DIGITS = 10  # the first 40 bits, shown before the pen touches the screen
HASH_FORM = re.compile(r"[0-9a-f]{64}")
NAME_FORM = re.compile(r"[a-z][a-z0-9_.]{0,63}")


def sha256(data: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def part_hash(salt: str, text: str) -> str:
    """The hash of a part. Raises ValueError if the salt is not 16 bytes of hexadecimal."""
    salt_bytes = bytes.fromhex(salt)
    if len(salt) != 2 * SALT_BYTES or len(salt_bytes) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    return sha256(salt_bytes + text.encode())


def content_code(hashes: Mapping[str, str]) -> str:
    """What the signer signs for: one code over all parts except signatures."""
    names = sorted(name for name in hashes if not name.startswith(SIGNATURE_PREFIX))
    return sha256("".join(f"{name} {hashes[name]}\n" for name in names).encode())


def short_code(code: str) -> str:
    """The first 40 bits of a content code, in two groups that a person can compare."""
    return f"{code[:5]}-{code[5:SHORT_CODE_DIGITS]}".upper()


def signature_fits(public_key: str, signature: str, text: bytes) -> bool:
    """Whether the Ed25519 signature (RFC 8032) over exactly these bytes is by that key.

    None is by a key that is not usable: anybody could have made it.
    """
    try:
        key = bytes.fromhex(public_key)
        if not is_usable(key):
            return False
        Ed25519PublicKey.from_public_bytes(key).verify(bytes.fromhex(signature), text)
    except (InvalidSignature, ValueError):
        return False
    return True

"""The only place that draws randomness, and how ids of derived rows follow from their causes."""

import hashlib
import os
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from models.clock import EARLIEST

Entropy = Callable[[int], bytes]

CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # nothing that is misread aloud: 0 O 1 I


class Ids:
    """Makes ids and secrets from a source of random bytes, which a test may fix."""

    def __init__(self, entropy: Entropy = os.urandom) -> None:
        self.entropy = entropy

    def new(self, now: datetime) -> UUID:
        """A UUIDv7 (RFC 9562, section 5.7) of the given moment."""
        milliseconds = (now - EARLIEST) // timedelta(milliseconds=1)
        value = (milliseconds << 80) | int.from_bytes(self.entropy(10), "big")
        return _stamped(value, version=7)

    def secret(self) -> str:
        """A token of 256 bits, hexadecimal."""
        return self.entropy(32).hex()

    def code(self, groups: int = 2) -> str:
        """A one-time code that a person can type, of 25 bits a group: XXXXX-XXXXX."""
        letters = "".join(CODE_ALPHABET[byte % 32] for byte in self.entropy(5 * groups))
        return "-".join(letters[start : start + 5] for start in range(0, len(letters), 5))


def seeded(seed: int | str) -> Entropy:
    """Bytes that follow from a seed, for what is to be the same every time. Nothing secret."""
    return random.Random(seed).randbytes


class SeededIds(Ids):
    """Ids, keys and salts that follow from a seed. Secrets are drawn as ever."""

    def __init__(self, seed: int | str) -> None:
        super().__init__(seeded(seed))
        self._unseeded = Ids()

    def secret(self) -> str:
        return self._unseeded.secret()

    def code(self, groups: int = 2) -> str:
        return self._unseeded.code(groups)


def _stamped(value: int, version: int) -> UUID:
    """The 128 bits with version and variant set as RFC 9562, section 4 says."""
    value = value & ~(0xF << 76) | version << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def derived(kind: str, *causes: object) -> UUID:
    """The id of a derived row: a UUIDv8 over its causes, equal whatever order they came in."""
    text = "\n".join([kind, *map(str, causes)])
    return _stamped(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big"), version=8)


def secret_hash(secret: str) -> str:
    """What is kept of a token or code: SHA-256, hexadecimal. Enough, as these are random."""
    return hashlib.sha256(secret.encode()).hexdigest()


def code_hash(typed: str) -> str:
    """Of a code it counts which letters and digits were typed, not how they were set."""
    return secret_hash("".join(filter(str.isalnum, typed)).upper())

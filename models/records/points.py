"""Whether 32 bytes are an Ed25519 public key by which a signature proves anything.

RFC 8032 leaves it to whoever takes a key to refuse the points of small order: under one of them
whoever likes makes signatures that fit, without a private key.
"""

from functools import lru_cache

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)  # of -1
DOUBLINGS = 3  # eight times any point of small order is the neutral one
KEYS_REMEMBERED = 4096


@lru_cache(KEYS_REMEMBERED)
def is_usable(public_key: bytes) -> bool:
    """Whether it is the one encoding of a point (RFC 8032, 5.1.3) that is of no small order."""
    word = int.from_bytes(public_key, "little")
    y, odd = word & (2**255 - 1), word >> 255
    x = _x(y)
    if len(public_key) != 32 or y >= P or x is None or (x == 0 and odd):
        return False
    z = 1
    for _ in range(DOUBLINGS):
        x, y, z = _doubled(x, y, z)
    return (x, y) != (0, z)


def _x(y: int) -> int | None:
    """One of the two x of the points with that y, or None where the curve has none."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    for root in (x, x * ROOT % P):
        if root * root % P == square:
            return root
    return None


def _doubled(x: int, y: int, z: int) -> tuple[int, int, int]:
    """Twice the point (x/z, y/z)."""
    a, b = x * x % P, y * y % P
    both, apart = a + b, a - b
    e, f = both - (x + y) ** 2, 2 * z * z + apart
    return e * f % P, apart * both % P, f * apart % P

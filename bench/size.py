"""How much a bench does."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """How much is done: pairs, and what each of them holds."""

    pairs: int
    exchanges: int
    crowds: tuple[int, int]
    visits: int
    documents: int
    photo_side: int
    uploads: int
    clocks: int
    rounds: int
    senders: int
    storms: tuple[int, int]
    books: tuple[tuple[int, int], tuple[int, int]]  # vans and parts: few, and many
    document_bytes: int = 1000


FULL = Size(
    pairs=9, exchanges=40, crowds=(1_000, 1_000_000), visits=20, documents=10_000,
    photo_side=4000, uploads=10, clocks=100_000, rounds=3, senders=16, storms=(125, 500),
    books=((10, 50), (100, 500)),
)  # fmt: skip
QUICK = Size(
    pairs=2, exchanges=5, crowds=(10, 1_000), visits=3, documents=200,
    photo_side=1000, uploads=2, clocks=500, rounds=1, senders=2, storms=(2, 4),
    books=((1, 5), (2, 10)),
)  # fmt: skip

"""Choices that follow from a seed, so that what is made of them is the same every time."""

from collections.abc import Sequence
from typing import TypeVar

from models.ids import seeded

T = TypeVar("T")


class Dice:
    """Picks by bytes of one seed; another seed is another stream, whatever is picked here."""

    def __init__(self, seed: int | str) -> None:
        self._entropy = seeded(seed)

    def between(self, low: int, high: int) -> int:
        """An integer from low to high, both possible."""
        return low + int.from_bytes(self._entropy(4), "big") % (high - low + 1)

    def chance(self, percent: int) -> bool:
        """True so often."""
        return self.between(1, 100) <= percent

    def pick(self, choices: Sequence[T]) -> T:
        """One of them."""
        return choices[self.between(0, len(choices) - 1)]

    def weighted(self, choices: Sequence[tuple[T, int]]) -> T:
        """One of them, by weights."""
        left = self.between(1, sum(weight for _, weight in choices))
        for choice, weight in choices:
            left -= weight
            if left <= 0:
                return choice
        raise AssertionError("unreachable")

    def shuffled(self, choices: Sequence[T]) -> list[T]:
        """All of them in another order."""
        left, mixed = list(choices), []
        while left:
            mixed.append(left.pop(self.between(0, len(left) - 1)))
        return mixed

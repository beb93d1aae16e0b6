"""What happens to a company in one seed, as data: drawn first, played afterwards.

So one that fails can be shrunk by leaving steps out. What a step draws while it is played follows
from the seed and the step's own number, and not from what was left out before it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from simulation.dice import Dice

PAUSES = (((1, 120), 60), ((120, 900), 30), ((900, 7200), 10))  # seconds, and how often


@dataclass(frozen=True)
class Step:
    """One thing that happens: its kind, to whom (a number that is counted around), and how many
    seconds after the one before."""

    number: int
    kind: str
    who: int
    seconds: int


@dataclass(frozen=True)
class History:
    """A seed, how many phones there are, and the steps."""

    seed: int
    devices: int
    steps: tuple[Step, ...]

    @classmethod
    def draw(
        cls, seed: int, devices: int, length: int, kinds: Sequence[tuple[str, int]]
    ) -> "History":
        """The history of a seed. `kinds` are those of the steps, with their weights."""
        dice = Dice(f"history {seed}")
        steps = tuple(
            Step(number, dice.weighted(kinds), dice.between(0, 9999), _pause(dice))
            for number in range(1, length + 1)
        )
        return cls(seed, devices, steps)

    def stream(self, step: Step, purpose: str) -> str:
        """The seed of what the step draws for a purpose."""
        return f"{purpose} {self.seed}/{step.number}"

    def only(self, numbers: Collection[int]) -> "History":
        """The same history with these steps alone."""
        return replace(self, steps=tuple(one for one in self.steps if one.number in numbers))


def _pause(dice: Dice) -> int:
    low, high = dice.weighted(PAUSES)
    return dice.between(low, high)

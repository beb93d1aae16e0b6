"""On which state of things a packet rests: a short text that the phone repeats in its facts."""

import re
from typing import NamedTuple, Self

FORM = re.compile(r"e(\d{1,9})p(\d{1,9})t(\d{1,9})")


class Basis(NamedTuple):
    """How often the visit was assigned and planned, and the terms of its work orders changed."""

    epoch: int
    plans: int
    changes: int

    def __str__(self) -> str:
        return f"e{self.epoch}p{self.plans}t{self.changes}"

    @classmethod
    def read(cls, text: str | None) -> Self | None:
        """The basis that a fact repeats; None where it is of another form."""
        match = None if text is None else FORM.fullmatch(text)
        return None if match is None else cls(*map(int, match.groups()))

    def older_than(self, other: "Basis") -> bool:
        """Whether plan or terms were changed since. Who is assigned is looked at elsewhere."""
        return (self.plans, self.changes) < (other.plans, other.changes)

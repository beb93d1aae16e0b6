"""The shortest history that still fails alike: steps are left out as long as it does."""

from collections.abc import Callable

from simulation.history import History

Fails = Callable[[History], bool]


def shrunk(history: History, fails: Fails, tries: int) -> History:
    """Leave out halves, quarters and so on of the steps, down to single ones, until no step can go
    any more, or it was tried so often. One step is left at least."""
    steps, size = list(history.steps), max(1, len(history.steps) // 2)
    while True:
        before = len(steps)
        start = 0
        while start < len(steps) and tries > 0:
            tries -= 1
            rest = steps[:start] + steps[start + size :]
            if rest and fails(history.only({step.number for step in rest})):
                steps = rest
            else:
                start += size
        if tries == 0 or (size == 1 and len(steps) == before):
            return history.only({step.number for step in steps})
        size = max(1, size // 2)


def until(history: History, last: int) -> History:
    """The history up to the step that was under way when it failed."""
    return history.only({step.number for step in history.steps if step.number <= last})

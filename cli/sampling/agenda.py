"""What is to happen, in order: everybody acts, and says until when they wait then.

Somebody's doings are a generator. What it yields is an instant or how long it waits; in between the
others have their turn, and the clock stands where each of them acts.
"""

import heapq
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from models.clock import ManualClock

Steps = Generator[datetime | timedelta, None, None]
Progress = Callable[[datetime], None]


@dataclass
class Agenda:
    """Moves the clock from one step to the next."""

    clock: ManualClock
    _waiting: list[tuple[datetime, int, Steps]] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)

    def start(self, steps: Steps, at: datetime | None = None) -> None:
        """Have the steps begin then, or now."""
        begins = self.clock.now() if at is None else at
        heapq.heappush(self._waiting, (begins, next(self._numbers), steps))

    def run(self, until: datetime, progress: Progress = lambda instant: None) -> None:
        """Let happen what happens up to that instant; what would come later stays undone."""
        while self._waiting and self._waiting[0][0] <= until:
            at, _, steps = heapq.heappop(self._waiting)
            self.clock.instant = max(self.clock.instant, at)
            progress(self.clock.instant)
            wait = next(steps, None)
            if wait is not None:
                self.start(steps, wait if isinstance(wait, datetime) else self.clock.now() + wait)


def minutes(number: int) -> timedelta:
    """How long somebody waits."""
    return timedelta(minutes=number)

"""The only place that reads a clock; everything else is handed an instant."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
CLOCK_DOUBT = timedelta(minutes=5)  # a device's clocks that are further apart are looked at


class Clock(Protocol):
    """What tells the time and waits."""

    def now(self) -> datetime:
        """The present instant in UTC, to the millisecond."""

    def sleep(self, seconds: float) -> None:
        """Wait."""

    def seconds(self) -> float:
        """Seconds since some moment, never set back: only for how long something took."""


def to_millisecond(instant: datetime) -> datetime:
    """The instant without what the protocol cannot carry, so that stored and sent are equal."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return to_millisecond(datetime.now(UTC))

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def seconds(self) -> float:
        return time.monotonic()


@dataclass
class ManualClock:
    """A clock that a test or the simulator moves."""

    instant: datetime = field(default_factory=lambda: datetime(2026, 11, 22, 8, tzinfo=UTC))

    def now(self) -> datetime:
        return self.instant

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def seconds(self) -> float:
        return (self.instant - EARLIEST).total_seconds()

    def advance(self, seconds: float) -> datetime:
        """Move on, and tell the new time."""
        self.instant += timedelta(seconds=seconds)
        return self.instant


def instant_from(text: str) -> datetime:
    """An RFC 3339 time as UTC, to the millisecond. Raises ValueError if it is none."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("a time needs a zone, for instance 2026-11-22T08:00:00.000Z")
    return to_millisecond(instant.astimezone(UTC))


def instant_text(instant: datetime) -> str:
    """The instant as the protocol writes it: UTC, milliseconds, Z."""
    return (
        instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.")
        + f"{instant.microsecond // 1000:03}Z"
    )


def bounded(instant: datetime, offset: timedelta) -> datetime:
    """instant + offset, held between 1970 and 2200: no clock, however wrong, may break a rule."""
    try:
        return min(max(instant + offset, EARLIEST), LATEST)
    except OverflowError:
        return LATEST if offset > timedelta(0) else EARLIEST

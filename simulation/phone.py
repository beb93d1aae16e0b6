"""A phone in a history: the reference device in hands that drop it, with a clock that is wrong."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from models.clock import ManualClock, bounded
from sync.device import Device, Replica

REMEMBERED = ("seq", "anchor", "outbox", "sent", "receipts", "replica", "building", "kept")


@dataclass
class PhoneClock:
    """What the phone shows: the true time and so much. Its forward clock counts since the boot."""

    true: ManualClock
    booted: datetime
    off: timedelta = timedelta(0)

    def now(self) -> datetime:
        return bounded(self.true.now(), self.off)

    def sleep(self, seconds: float) -> None:
        self.true.advance(seconds)

    def seconds(self) -> float:
        return (self.true.now() - self.booted).total_seconds()


@dataclass
class Phone:
    """A device and what has become of it.

    `damaged` says that its replica was changed by no answer, so that it may be built anew;
    `moved` that its place in the feed was lost. `photos` are the bytes that it has not brought.
    """

    user: str
    device: Device
    clock: PhoneClock
    away: datetime | None = None
    lost: bool = False
    revoked: datetime | None = None
    damaged: bool = False
    moved: bool = False
    photos: list[bytes] = field(default_factory=list)
    begun: dict[str, int] = field(default_factory=dict)  # how far it has come with each visit
    backup: dict[str, Any] | None = None
    hurt: bool = False  # whether it was damaged when it was backed up

    @property
    def name(self) -> str:
        """How a sentence calls it."""
        return f"{self.user}'s phone {str(self.device.id)[-4:]}"

    @property
    def troubles(self) -> set[str]:
        """For what it may be built anew."""
        return {name for name in ("damaged", "moved") if getattr(self, name)}

    def visits(self) -> list[str]:
        """The visits that it shows, those that it keeps though they are gone too."""
        both = {**self.device.kept, **self.device.replica.documents}
        return [id_ for type_, id_ in both if type_ == "visit"]

    def back_up(self) -> None:
        """Remember everything as it is now."""
        self.backup = {name: _copied(getattr(self.device, name)) for name in REMEMBERED}
        self.hurt = self.damaged

    def restore(self) -> list[dict[str, Any]]:
        """Be as the backup says; answers the facts without receipt that are nowhere any more."""
        assert self.backup is not None
        before = self.device.outbox
        for name, value in self.backup.items():
            setattr(self.device, name, _copied(value))
        self.damaged = self.hurt
        known = [*self.device.outbox, *self.device.sent]
        return [one for one in before if one not in known]


def _copied(value: Any) -> Any:
    if isinstance(value, Replica):
        return Replica(dict(value.documents), value.cursor)
    return value.copy() if isinstance(value, dict | list) else value

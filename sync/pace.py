"""How much one device may ask for: a pace, which costs a device that keeps it nothing.

Every exchange costs its device a second, and so do each 50 facts and each 32 KiB of them; a device
may run an hour ahead. So an evening's storm goes through at once, and whoever sends without end is
held to one exchange a second. It stands in the device's row, which storing locks and writes anyway;
to turn a device away takes no more than having read that row.

Whatever else a device asks for, about photos, costs it a tenth of a second. Most of that writes
nothing and waits for nobody; so each process tallies it, and writes it down now and then.
"""

from datetime import datetime, timedelta
from threading import Lock
from uuid import UUID

from sqlalchemy.orm import Session

from models.database import Database
from models.people import Device
from models.queries import locked_one
from models.throttle import Throttled
from sync import limits

SECOND = timedelta(seconds=1)
AHEAD_MAX = limits.ahead_seconds_max * SECOND
TALLY_MAX = limits.tally_seconds * SECOND


def check(now: datetime, device: Device) -> None:
    """Raise Throttled where the device, as it was read, has run too far ahead."""
    if device.busy_until is not None and device.busy_until - now >= AHEAD_MAX:
        raise Throttled("device", (device.busy_until - now - AHEAD_MAX) // SECOND + 1)


def count(now: datetime, device: Device, facts: int, size: int) -> None:
    """Count an exchange with so many facts and bytes of them. The device's row is locked."""
    seconds = facts / limits.facts_per_second + size / limits.facts_bytes_per_second
    _add(now, device, (limits.exchange_seconds + seconds) * SECOND)


def count_refused(session: Session, now: datetime, device_id: UUID, size: int) -> None:
    """Count a request that was refused whole: to find that out, it was read to its end."""
    count(now, locked_one(session, Device, device_id), 0, size)


class Tally:
    """What the small requests that came to one process have cost, as far as it is not written down.

    That is less than ten seconds a device, which are forgotten when the process ends.
    """

    def __init__(self) -> None:
        self._costs: dict[UUID, timedelta] = {}
        self._lock = Lock()

    def count(self, database: Database, device_id: UUID, size: int) -> None:
        """Count a request with so many bytes to be read, before anything is done for it."""
        seconds = 1 / limits.requests_per_second + size / limits.facts_bytes_per_second
        with self._lock:
            cost = self._costs.pop(device_id, timedelta(0)) + seconds * SECOND
            if cost < TALLY_MAX:
                self._costs[device_id] = cost
                return

        def body(session: Session, now: datetime) -> None:
            _add(now, locked_one(session, Device, device_id), cost)

        database.transact(body)


def _add(now: datetime, device: Device, cost: timedelta) -> None:
    device.busy_until = max(device.busy_until or now, now) + cost

"""The days of the sample: three weeks before now, two after, in the company's own time zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from models.house import COMPANY_ZONE

SATURDAY = 5
ZONE = ZoneInfo(COMPANY_ZONE)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """That local time of that day, in UTC."""
    return datetime.combine(day, time(hour, minute), ZONE).astimezone(UTC)


def local_day(instant: datetime) -> date:
    """The local day of the instant."""
    return instant.astimezone(ZONE).date()


def later(day: date, workdays: int) -> date:
    """So many workdays after the day, or before it."""
    step = timedelta(days=1 if workdays > 0 else -1)
    for _ in range(abs(workdays)):
        day += step
        while day.weekday() >= SATURDAY:
            day += step
    return day


@dataclass(frozen=True)
class Workdays:
    """The workdays with visits, seen from now."""

    now: datetime
    days_past: int
    days_ahead: int

    @property
    def founded(self) -> datetime:
        """When the books are opened: two workdays before the first visit."""
        return at(later(self.past[0], -2), 7)

    @property
    def past(self) -> list[date]:
        """The workdays before today, oldest first."""
        return self._between(-self.days_past, -1)

    @property
    def ahead(self) -> list[date]:
        """Today and the workdays to come."""
        return self._between(0, self.days_ahead)

    def _between(self, first: int, last: int) -> list[date]:
        today = local_day(self.now)
        days = (today + timedelta(days=number) for number in range(first, last + 1))
        return [day for day in days if day.weekday() < SATURDAY]

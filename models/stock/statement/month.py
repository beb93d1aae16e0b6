"""A month of the company's, for which a statement is made."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from models.company import COMPANY_ID, Company
from models.refusals import Refused

MONTH = re.compile(r"(19[789]|20\d|21[0-8])\d-(0[1-9]|1[0-2])")


class Month(NamedTuple):
    """A month of the company's zone, as `2026-11`, and from when until when it is."""

    name: str
    zone: ZoneInfo
    since: datetime
    until: datetime

    def earlier(self, happened: datetime) -> str | None:
        """The period before this one in which it happened, if it did."""
        if happened >= self.since:
            return None
        return happened.astimezone(self.zone).strftime("%Y-%m")


def month_of(session: Session, name: str) -> Month:
    """The month of that name. Raises Refused."""
    if not MONTH.fullmatch(name):
        raise Refused("wrong_value", "month", "as in 2026-11")
    first = date.fromisoformat(f"{name}-01")
    zone = ZoneInfo(session.get_one(Company, COMPANY_ID).zone)
    following = (first + timedelta(days=31)).replace(day=1)
    ends = [datetime.combine(day, time(), zone).astimezone(UTC) for day in (first, following)]
    return Month(name, zone, *ends)

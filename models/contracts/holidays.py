"""China's public holidays and make-up workdays, as officially published year by year."""

from datetime import date
from functools import cache

from chinese_calendar import constants

from models.contracts.calendar import Days
from models.tables.kinds import Words

CHINESE = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "抗战胜利纪念日",
}


def _named(name: str) -> Words:
    return Words(name, CHINESE.get(name, name))


@cache
def china() -> Days:
    """What has been published so far."""
    off = {day: _named(name) for day, name in constants.holidays.items()}
    work = {day: _named(name) for day, name in constants.workdays.items()}
    return Days(off, work, date(max(day.year for day in constants.holidays), 12, 31))

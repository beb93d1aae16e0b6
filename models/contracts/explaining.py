"""The timeline of every promise, in words that a customer can read."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from models.contracts.clock import Promise, Request, in_force, promises
from models.contracts.counting import Segment
from models.contracts.plan import Plan
from models.contracts.telling import segments
from models.contracts.vocabulary import ASKED, EVENTS, KINDS, STATES, WHY
from models.tables.kinds import Words

LANGUAGES = ("en", "zh", "both")
WEEKDAYS = Words("Mon Tue Wed Thu Fri Sat Sun", "周一 周二 周三 周四 周五 周六 周日")
SEGMENTS_MAX = 60
NIGHTS_TOLD_MAX = 12  # where there are more stretches, nights and breaks go without saying

REPORTED = Words("Reported", "报修")
DUE = Words("due", "到期")
FIRST = Words("this one holds, as it is due first", "同类中最早，以此为准")
PROVISIONAL = Words(
    "provisional: no holidays were published yet for some of these days",
    "暂定：其间部分日期的节假日安排尚未公布",
)
NO_FIGURE = Words("no figure is promised", "未承诺具体时限")
HOUSE = Words("the company's own figure", "公司内部时限")
WAITS = Words("begins when", "起算于")
TOLD = Words("due when the time that the customer was told is over", "以告知客户的时限为准")
NOTHING = Words("Nothing is promised with a time.", "没有时限承诺。")
MORE = Words("and so on", "以此类推")


class Teller:
    """Says things in one language, or in both."""

    def __init__(self, lang: str, zone: ZoneInfo) -> None:
        self.lang = lang
        self.zone = zone

    def say(self, words: Words, between: str = " ") -> str:
        """The words in the language, or in both beside each other."""
        if self.lang != "both" or words.en == words.zh:
            return words.of(self.lang)
        return f"{words.en}{between}{words.zh}"

    def moment(self, at: datetime, ends_day: bool = False) -> str:
        """A local time; the end of a day is 24:00 of that day."""
        local = at.astimezone(self.zone)
        clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
        if ends_day and clock == "00:00":
            local, clock = local - timedelta(minutes=1), "24:00"
        return f"{self.day(local)} {clock}"

    def day(self, local: datetime) -> str:
        """A date with its weekday."""
        names = Words(*(one.split()[local.weekday()] for one in WEEKDAYS))
        return f"{local:%Y-%m-%d} {names.zh if self.lang == 'zh' else names.en}"


def explain(plan: Plan, request: Request, now: datetime | None = None, lang: str = "both") -> str:
    """Everything that the plan promises for the request; with `now`, how it stands."""
    teller = Teller(lang, request.ground.zone)
    found = promises(plan, request)
    lines = [*_head(teller, plan, request)]
    first = _first_of_several(found)
    for one in found:
        lines += ["", *_promise(teller, one, request, one in first, now)]
    if not found:
        lines += ["", teller.say(NOTHING)]
    return "\n".join(lines) + "\n"


def _head(teller: Teller, plan: Plan, request: Request) -> Iterator[str]:
    yield f"{plan.name} {plan.version} · {teller.say(plan.title, ' · ')}"
    zone = request.ground.zone.key
    yield f"{teller.say(REPORTED)}: {teller.moment(request.reported)} ({zone})"
    for name, value in plan.case_of(request.given).items():
        yield f"{teller.say(ASKED[name])}: {teller.say(plan.asks[name][value])}"


def _first_of_several(found: list[Promise]) -> list[Promise]:
    """Those that hold before others of their kind."""
    counted = Counter(one.target.kind for one in found)
    return [one for kind, one in in_force(found).items() if counted[kind] > 1]


def _promise(
    teller: Teller, one: Promise, request: Request, first: bool, now: datetime | None
) -> Iterator[str]:
    yield f"{teller.say(KINDS[one.target.kind])} ({one.target.clause})"
    yield from _sentences(teller, one.target.says)
    yield f"  {_due(teller, one)}"
    if first:
        yield f"  {teller.say(FIRST, ' / ')}"
    if one.due.provisional:
        yield f"  {teller.say(PROVISIONAL, ' / ')}"
    if now is not None:
        yield f"  → {teller.say(STATES[one.state_at(now)])}"
    yield from _timeline(teller, one, request)


def _sentences(teller: Teller, words: Words) -> Iterator[str]:
    for lang in ("en", "zh") if teller.lang == "both" else (teller.lang,):
        yield f"  {words.of(lang)}"


def _due(teller: Teller, one: Promise) -> str:
    if one.started is None:
        awaited = [one.target.once] if one.target.once else []
        names = [teller.say(EVENTS[kind]) for kind in (*one.target.start, *awaited)]
        return f"{teller.say(WAITS)}: {'; '.join(dict.fromkeys(names))}"
    if one.due.at is None:
        return teller.say(TOLD if one.target.promised else NO_FIGURE, " / ")
    due = f"{teller.say(DUE)}: {teller.moment(one.due.at, ends_day=not one.inclusive)}"
    return f"{due} ({teller.say(HOUSE)})" if one.target.soon else due


def _timeline(teller: Teller, one: Promise, request: Request) -> Iterator[str]:
    figure, due, started = one.target.figure, one.due.at, one.started
    if figure is None or due is None or started is None:
        return
    hours = request.ground.hours(one.plan.week(one.target.counts))
    found = segments(figure, hours, started, due, one.pauses)
    if len(found) > NIGHTS_TOLD_MAX:
        found = [segment for segment in found if segment.why != "closed"]
    for segment in found[:SEGMENTS_MAX]:
        yield f"    {_segment(teller, segment)}"
    if len(found) > SEGMENTS_MAX:
        yield f"    … {teller.say(MORE)}"


def _segment(teller: Teller, segment: Segment) -> str:
    mark = "+" if segment.counted else " "
    since, until = teller.moment(segment.since), teller.moment(segment.until, ends_day=True)
    name = f": {teller.say(segment.name)}" if segment.name else ""
    return f"{mark} {since} – {until}  {_length(segment)}  {teller.say(WHY[segment.why])}{name}"


def _length(segment: Segment) -> str:
    minutes = (segment.until - segment.since) // timedelta(minutes=1)
    return f"{minutes // 60:3} h {minutes % 60:02} min"

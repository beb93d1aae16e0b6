"""The worked examples: what somebody read in the agreements who knew neither code nor plans."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from models.clock import LATEST
from models.contracts.calendar import Ground
from models.contracts.clock import Event, Promise, Request, promises
from models.contracts.counting import Figure, due_of
from models.contracts.holidays import china
from models.contracts.making import make
from models.contracts.plan import Plan
from models.contracts.reading import read_plan_file
from models.contracts.vocabulary import ASKED, EVENTS
from tests.contracts import translation as words

HERE = Path(__file__).parent
PLANS = Path(__file__).parents[2] / "plans"
GROUND = Ground(ZoneInfo("Asia/Shanghai"), china())
SHANGHAI = GROUND.zone
Json = dict[str, Any]


@dataclass(frozen=True)
class Example:
    """One example as it was written."""

    plan: str
    number: int
    raw: Json

    def __str__(self) -> str:
        return f"{self.plan}-{self.number}: {self.raw['what']}"

    @property
    def kind(self) -> str:
        """What kind of target it is about."""
        target: str = self.raw["target"]
        for key in ((self.clause, target), (self.plan, target)):
            if key in words.KINDS_HERE:
                return words.KINDS_HERE[key]
        return words.KINDS.get(target, target)

    @property
    def clause(self) -> str:
        return str(self.raw["clause"])

    @property
    def given(self) -> Json:
        return dict(self.raw["given"])

    @property
    def expected(self) -> Json:
        return dict(self.raw["expected"])

    @property
    def is_of_term(self) -> bool:
        """Whether it is about how long something lasts."""
        return str(self.raw["target"]).endswith(("_end", "_window", "_after_repairs"))

    @property
    def is_of_calendar(self) -> bool:
        """Whether it is about when service is given."""
        return str(self.raw["target"]) == "other:service_time"

    def values(self, plan: Json) -> Json:
        """What the contract fills in, as far as the plan asks for it."""
        filled: Json = {}
        for name, value in (self.given.get("parameters") or {}).items():
            filled |= words.parameter(self.plan, name, value)
        needed = {name: one for name, one in plan.get("parameters", {}).items() if name in filled}
        return {name: value for name, value in filled.items() if name in needed}

    def case(self) -> dict[str, str]:
        """The case in the plan's words."""
        found: dict[str, str] = {}
        for name in ASKED:
            value = self.given.get(name)
            if value is None:
                continue
            translated = words.CASES.get(name, {}).get(value, (name, value))
            if translated is not None:
                found.setdefault(*translated)
        if (self.given.get("parameters") or {}).get("visit_needed"):
            found["channel"] = "on_site"
        if self.clause in words.ABOUT:
            found.setdefault(*words.ABOUT[self.clause])
        return found

    def request(self) -> Request:
        """What happened, in the plan's words."""
        opened = instant(self.given["opened"])
        events, dates = [], {}
        for one in self.given.get("events") or []:
            if isinstance(one["at"], datetime):
                events.append(self._event(one))
                continue
            key = (self.plan, one["kind"])
            name = words.DATES_HERE.get(key, words.DATES.get(one["kind"], one["kind"]))
            dates[name] = one["at"]
            kind = words.EVENTS.get(one["kind"], one["kind"])
            if kind in EVENTS:
                events.append(Event(kind, midnight(one["at"])))
        events += self._implied(opened)
        if not any(event.kind == "reported" for event in events):
            events.append(Event("reported", opened))
        return Request(GROUND, events, self.case(), dates)

    def _event(self, one: Json) -> Event:
        kind = str(words.EVENTS.get(one["kind"], one["kind"]))
        kind = words.EVENTS_HERE.get((self.clause, kind), kind)
        time = instant(one["note"]) if kind == "promised" else None
        return Event(kind, instant(one["at"]), words.REASONS.get(one["kind"], ""), time)

    def _implied(self, opened: datetime) -> Iterator[Event]:
        """What the reader took for granted."""
        given = self.given.get("parameters") or {}
        stated = {one["kind"] for one in self.given.get("events") or []}
        kind = words.OPENED.get(self.clause)
        if kind is not None and kind not in stated and self.given.get("class") != "phone_only":
            yield Event(kind, opened)
        if given.get("user_requires_visit"):
            yield Event("visit_requested", opened)
        if "limit_hours" in given:
            at = self.request_dispatched()
            if at is not None:
                yield Event("promised", at, time=at + timedelta(hours=given["limit_hours"]))

    def request_dispatched(self) -> datetime | None:
        events = self.given.get("events") or []
        return next((instant(one["at"]) for one in events if one["kind"] == "dispatched"), None)


def instant(value: Any) -> datetime:
    """The time as UTC; the reader's are in Shanghai unless they say."""
    at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return (at if at.tzinfo else at.replace(tzinfo=SHANGHAI)).astimezone(UTC)


def midnight(day: date) -> datetime:
    """The first moment of the day."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).astimezone(UTC)


def read_examples(folder: Path) -> list[Example]:
    """Every example of the folder."""
    found = []
    for path in sorted(folder.glob("*.yaml")):
        written = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)
        found += [
            Example(written["plan"], number, raw)
            for number, raw in enumerate(written["examples"], start=1)
        ]
    return found


SAMPLE_VALUES: Json = {
    "minutes": 60, "hours": 999, "days": 999, "months": 99, "day": 28, "weekday": "none",
}  # fmt: skip


@cache
def raw_plan(name: str, folder: Path = PLANS) -> Json:
    """The values of a plan's file."""
    return read_plan_file((folder / f"{name}.yaml").read_text())


def filled_plan(raw: Json, values: Json) -> Plan:
    """The plan; blanks that an example says nothing of hold anything."""
    anything = {
        name: SAMPLE_VALUES[one["unit"]]
        for name, one in raw.get("parameters", {}).items()
        if "default" not in one and not one.get("optional")
    }
    return make(raw, {**anything, **values})


def promised(example: Example, raw: Json) -> list[Promise]:
    """What the plan promises of the example's kind."""
    plan = filled_plan(raw, example.values(raw))
    request = example.request()
    found = promises(plan, request)
    given = example.given.get("parameters") or {}
    if "maker_arrival_hours" in given:
        found += promises(_maker(given["maker_arrival_hours"]), request)
    return [one for one in found if one.target.kind == example.kind]


def _maker(hours: int) -> Plan:
    """The plan of a maker who is on site within so many hours."""
    target = {"target": "arrival", "clause": "maker.1", "en": "There.", "zh": "到场。",
              "within": f"{hours} hours", "until": "arrived"}  # fmt: skip
    return make({"plan": "maker", "version": 1, "en": "M", "zh": "M", "targets": [target]}, {})


def best(found: list[Promise]) -> Promise | None:
    """Of several the one that is due first."""
    due = [one for one in found if one.due.at is not None]
    return min(due, key=lambda one: one.due.at or LATEST, default=None)


def disagreement(example: Example, raw: Json) -> str:
    """What differs between the example and the plan; nothing where they agree."""
    if "house_response_service_hours" in (example.given.get("parameters") or {}):
        return _of_house_figure(example, raw)
    if example.is_of_calendar:
        return _of_calendar(example, raw)
    if example.is_of_term:
        return _of_term(example, raw)
    return _of_target(example, raw)


def _of_target(example: Example, raw: Json) -> str:
    expected, found = example.expected, promised(example, raw)
    if expected.get("qualitative") or expected.get("alone"):
        found = [one for one in found if one.target.clause == example.clause]
    one = best(found)
    if expected.get("none"):
        if one is not None and not (one.stopped and one.in_time(one.stopped)):
            return f"nothing was to be promised, and {one.target.clause} is due {one.due.at}"
    elif expected.get("qualitative"):
        if one is not None or not any(promise.target.soon for promise in found):
            return f"only words were to be promised by {example.clause}"
    elif "due" in expected:
        if one is None:
            return "nothing is due"
        if one.due.at != instant(expected["due"]):
            there = None if one.due.at is None else one.due.at.astimezone(SHANGHAI)
            return f"due {there}, expected {expected['due']}"
        if one.inclusive != expected["inclusive"]:
            return f"inclusive is {one.inclusive}"
    return _of_states(example, one or next(iter(found), None))


STATES = {"not_started": "waiting"}


def _of_states(example: Example, one: Promise | None) -> str:
    for state in example.expected.get("states", []):
        if one is None:
            return "there is no promise that could stand somehow"
        wanted = STATES.get(state["state"], state["state"])
        stands = one.state_at(instant(state["at"]))
        if stands != wanted:
            return f"at {state['at']} it is {stands}, expected {wanted}"
    return ""


def _of_house_figure(example: Example, raw: Json) -> str:
    """How service hours count where the house sets a figure of its own."""
    hours = (example.given.get("parameters") or {})["house_response_service_hours"]
    week = filled_plan(raw, {}).week(words.CALENDARS[example.plan])
    opened = instant(example.given["opened"])
    due = due_of(Figure(hours, "hours"), GROUND.hours(week), opened).at
    return "" if due == instant(example.expected["due"]) else f"due {due}"


def _of_calendar(example: Example, raw: Json) -> str:
    plan = filled_plan(raw, example.values(raw))
    hours = GROUND.hours(plan.week(words.CALENDARS[example.plan]))
    for state in example.expected["states"]:
        if hours.is_open(instant(state["at"])) != (state["state"] == "open"):
            return f"at {state['at']} it is not {state['state']}"
    return ""


def _of_term(example: Example, raw: Json) -> str:
    plan = filled_plan(raw, example.values(raw))
    term = plan.terms.get(words.TERMS.get(example.clause, ""))
    if term is None:
        return f"{example.clause} is no term of the plan"
    request = example.request()
    days = plan.days_of(term.name, request.dates, GROUND)
    if days is None:
        return f"{term.start} is not given"
    first, last = days
    expected = example.expected
    if expected.get("none"):
        day = GROUND.date_of(request.reported)
        return f"{first} to {last} holds {day}" if first <= day <= last else ""
    if "due" in expected and midnight(last + timedelta(days=1)) != instant(expected["due"]):
        return f"ends with {last}, expected {expected['due']}"
    for state in expected.get("states", []):
        day = GROUND.date_of(instant(state["at"]))
        if (first <= day <= last) != (state["state"] in {"open", "running"}):
            return f"at {state['at']} it is not {state['state']}"
    return ""

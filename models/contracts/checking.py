"""What no schema can say of a plan file: names are known, clauses its own, figures possible."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from models.contracts.blanks import DAY_MAX, RUNNING_NAME, Raw, calendars_of, fits, wanted
from models.contracts.making import (
    PROMISED,
    SAME_DAY,
    SECTIONS,
    as_list,
    shift_from,
    split_figure,
    weekdays,
)

At = tuple[str | int, ...]


ORDERS = ("any", "sold", "guarantee")
BLANKS = {"counts": "calendar", "ends": "ending", "from": "event", "first_day": "first day"}


class Fault(NamedTuple):
    """What is wrong at which place of the file, and the remedy."""

    at: At
    message: str
    remedy: str


def faults_in(raw: Raw) -> Iterator[Fault]:
    """Everything that makes no sense in a file whose form is right."""
    yield from _parameters(raw)
    yield from _calendars(raw)
    for number, target in enumerate(raw.get("targets", [])):
        yield from _target(raw, ("targets", number), target)
    for number, term in enumerate(raw.get("terms", [])):
        yield from _term(raw, ("terms", number), term)
    for number, rule in enumerate(raw.get("returns", [])):
        yield from _names_term(raw, ("returns", number, "within"), rule.get("within"))
    for number, pause in enumerate(raw.get("pauses", [])):
        yield from _named(raw, ("pauses", number, "if"), pause.get("if", "yes"), "yes or no")
    for number, gate in enumerate(raw.get("gates", [])):
        yield from _gate(raw, ("gates", number, "orders"), gate.get("orders", "any"))
    if raw.get("duty", RUNNING_NAME) not in calendars_of(raw):
        yield Fault(("duty",), f"there is no calendar {raw['duty']!r}",
                    f"use one of {_list(calendars_of(raw))}, or add it")  # fmt: skip
    yield from _clauses(raw)
    yield from _twice(raw)


def _parameters(raw: Raw) -> Iterator[Fault]:
    used = set(_blanks(raw))
    for name, one in raw.get("parameters", {}).items():
        at = ("parameters", name)
        if name not in used and one["unit"] not in {"weekday", "text"} and "clause" not in one:
            yield Fault(at, f"${name} is used nowhere", "use it, name its clause, or leave it out")
        if "default" in one and one.get("optional"):
            yield Fault(at, "what has a default is not optional", "leave one of the two out")
        if "choices" in one and one["unit"] != "text":
            yield Fault((*at, "choices"), f"what a {one['unit']} may be is known",
                        "list choices for a text, or leave them out")  # fmt: skip
        if "default" in one and not fits(raw, one, one["default"]):
            yield Fault((*at, "default"), f"{one['default']!r} is no {one['unit']}",
                        f"write {wanted(raw, one)}")  # fmt: skip


def _blanks(value: Any) -> Iterator[str]:
    """Every `$name` that occurs."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _blanks(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _blanks(inner)
    elif isinstance(value, str):
        yield from (word[1:] for word in value.split() if word.startswith("$"))


def _calendars(raw: Raw) -> Iterator[Fault]:
    for name, calendar in raw.get("calendars", {}).items():
        at: At = ("calendars", name, "week")
        taken: list[int] = []
        for number, entry in enumerate(calendar["week"]):
            days = weekdays(entry["days"])
            if not days or set(days) & set(taken) or len(set(days)) < len(days):
                yield Fault((*at, number, "days"), "a weekday stands here twice, or none does",
                            "name each weekday once, and the earlier one first")  # fmt: skip
            taken += days
            yield from _shifts(raw, (*at, number, "hours"), entry["hours"])
        makeup = calendar.get("makeup_days", "open")
        yield from _named(raw, ("calendars", name, "makeup_days"), makeup, "makeup")


def _shifts(raw: Raw, at: At, hours: list[str]) -> Iterator[Fault]:
    ended = -1
    for number, text in enumerate(hours):
        yield from _named(raw, (*at, number), text, "shift")
        if text.startswith("$"):
            continue
        opens, closes = shift_from(text)
        if closes <= opens:
            yield Fault((*at, number), f"{text} ends before it begins",
                        "write the night as two shifts, until 24:00 and from 00:00")  # fmt: skip
        if opens <= ended:
            yield Fault((*at, number), f"{text} begins before the shift before it has ended",
                        "put the shifts in order, with a break between them")  # fmt: skip
        ended = closes


def _target(raw: Raw, at: At, target: Raw) -> Iterator[Fault]:
    for name, values in target.get("when", {}).items():
        choices = raw.get("asks", {}).get(name, {})
        for value in as_list(values):
            if value not in choices:
                remedy = f"list it under asks: {name}:, or use one of {_list(choices)}"
                yield Fault((*at, "when", name), f"{value!r} is no {name} of this plan", remedy)
    for field in ("within", "house"):
        if field in target:
            yield from _figure(raw, (*at, field), target[field])
    within = target.get("within", target.get("house", ""))
    yield from _needs_calendar(at, target.get("counts"), within)
    for field, unit in BLANKS.items():
        for value in as_list(target.get(field, [])):
            yield from _named(raw, (*at, field), value, unit)
    yield from _names_term(raw, (*at, "during"), target.get("during"))


def _names_term(raw: Raw, at: At, name: str | None) -> Iterator[Fault]:
    terms = [term["term"] for term in raw.get("terms", [])]
    if name is not None and name not in terms:
        yield Fault(at, f"there is no term {name!r}", f"use one of {_list(terms)}")


def _term(raw: Raw, at: At, term: Raw) -> Iterator[Fault]:
    yield from _figure(raw, (*at, "lasts"), term["lasts"])
    yield from _needs_calendar(at, term.get("counts"), term["lasts"])
    for field, unit in (("counts", "calendar"), ("first_day", "first day"), ("from", "text")):
        if field in term:
            yield from _named(raw, (*at, field), term[field], unit)
    blank = raw.get("parameters", {}).get(term["from"].removeprefix("$"), {})
    ended = [one["term"] for one in raw["terms"][int(at[-1]) :]]
    for start in blank.get("choices", [term["from"]]):
        if start in ended:
            yield Fault((*at, "from"), f"the term {start} stands further down, or is this",
                        "put the term that ends first above it")  # fmt: skip


def _gate(raw: Raw, at: At, orders: str) -> Iterator[Fault]:
    """A blank that says before which orders it stands leaves no other choice than those."""
    yield from _named(raw, at, orders, "text")
    blank = raw.get("parameters", {}).get(orders.removeprefix("$"), {})
    if orders.startswith("$") and not set(blank.get("choices", [""])) <= set(ORDERS):
        yield Fault(at, f"{orders} may hold something else", f"give it choices of {_list(ORDERS)}")


def _needs_calendar(at: At, calendar: str | None, figure: str) -> Iterator[Fault]:
    if "working day" in figure and "before" in figure:
        yield Fault(at, "days before something are counted on the calendar", "write days")
    if "working day" in figure and calendar in {None, RUNNING_NAME}:
        yield Fault(at, "working days are counted on a calendar",
                    "name under `counts` the calendar whose days are meant")  # fmt: skip


def _figure(raw: Raw, at: At, text: str) -> Iterator[Fault]:
    if text in {SAME_DAY, PROMISED}:
        return
    amount, unit, _ = split_figure(text)
    if amount.startswith("$"):
        yield from _named(raw, at, amount, "day" if unit.startswith("day of") else unit)
    elif int(amount) == 0:
        yield Fault(at, "nothing is promised within 0", "use `soon` where there is no figure")
    elif unit.startswith("day of") and int(amount) > DAY_MAX:
        yield Fault(at, f"no month has a day {amount}", f"name one of 1 to {DAY_MAX}")


def _named(raw: Raw, at: At, value: str, unit: str) -> Iterator[Fault]:
    """A blank exists and has that unit; a calendar is one of the plan's."""
    if not value.startswith("$"):
        if unit == "calendar" and value not in calendars_of(raw):
            yield Fault(at, f"there is no calendar {value!r}",
                        f"use one of {_list(calendars_of(raw))}, or add it")  # fmt: skip
        return
    parameter = raw.get("parameters", {}).get(value[1:])
    if parameter is None:
        yield Fault(at, f"there is no parameter {value}", f"add {value[1:]} under `parameters`")
    elif parameter["unit"] != unit:
        yield Fault(at, f"{value} is in {parameter['unit']}, needed is {unit}",
                    f"write unit: {unit} under `parameters`, or use another one")  # fmt: skip


def _clauses(raw: Raw) -> Iterator[Fault]:
    for at, clause in _found(raw, "clause", ()):
        if clause.partition(".")[0] != raw["plan"]:
            yield Fault(at, f"{clause} is a clause of another agreement",
                        f"a clause of this plan is written {raw['plan']}.1")  # fmt: skip


def _found(value: Any, name: str, at: At) -> Iterator[tuple[At, str]]:
    items: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, Mapping):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        if key == name and isinstance(inner, str):
            yield (*at, key), inner
        yield from _found(inner, name, (*at, key))


def _twice(raw: Raw) -> Iterator[Fault]:
    named = (("pauses", "pause"), ("terms", "term"), ("gates", "gate"))
    for section, name in (*named, *((one, "rule") for one in SECTIONS)):
        seen: set[str] = set()
        for number, one in enumerate(raw.get(section, [])):
            if one[name] in seen:
                yield Fault((section, number, name), f"{one[name]} stands here twice",
                            "give each its own name")  # fmt: skip
            seen.add(one[name])


def _list(names: Any) -> str:
    return ", ".join(names) or "none, as there is none yet"

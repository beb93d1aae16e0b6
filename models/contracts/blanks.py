"""The blanks of an agreement: what may fill each of them in, and what did."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from models.contracts.vocabulary import EVENTS

Raw = Mapping[str, Any]
Values = Mapping[str, Any]

RUNNING_NAME = "running"  # the calendar that every plan has: hours run day and night
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AMOUNT_MAX = 99_999
DAY_MAX = 31
AMOUNTS = frozenset({"minutes", "hours", "days", "working days", "weeks", "months", "day"})
CHOICES = {
    "ending": ("day", "hour", "close"),
    "weekday": (*WEEKDAYS, "none"),
    "makeup": ("open", "closed"),
    "first day": ("counted", "not counted"),
    "yes or no": ("yes", "no"),
}
TIME = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)"
FORMS = {"ending": re.compile(TIME), "shift": re.compile(f"({TIME})-({TIME})")}
FORMS_TOLD = {"ending": "a time such as 18:00", "shift": "times such as 09:00-18:00"}


class ParameterWrong(Exception):
    """A blank that the contract leaves open, or fills with what does not fit."""

    def __init__(self, name: str, remedy: str) -> None:
        super().__init__(f"{name}: {remedy}")
        self.name = name
        self.remedy = remedy


def fill(raw: Raw, values: Values) -> dict[str, Any]:
    """What each parameter of the plan holds; optional ones may be None. Raises ParameterWrong."""
    parameters: Raw = raw.get("parameters", {})
    for name in values:
        if name not in parameters:
            known = ", ".join(sorted(parameters)) or "none"
            raise ParameterWrong(name, f"this plan has no such blank; it has {known}")
    return {name: _value(raw, name, one, values.get(name)) for name, one in parameters.items()}


def _value(raw: Raw, name: str, blank: Raw, given: Any) -> Any:
    value = blank.get("default") if given is None else given
    if value is None:
        if blank.get("optional"):
            return None
        raise ParameterWrong(name, f"is missing; it is {wanted(raw, blank)}: {blank['en']}")
    if not fits(raw, blank, value):
        raise ParameterWrong(name, f"has to be {wanted(raw, blank)}")
    return value


def fits(raw: Raw, blank: Raw, value: Any) -> bool:
    """Whether the blank may hold the value."""
    unit = blank["unit"]
    if unit in AMOUNTS:
        whole = isinstance(value, int) and not isinstance(value, bool)
        return whole and 0 < value <= (DAY_MAX if unit == "day" else AMOUNT_MAX)
    if not isinstance(value, str):
        return False
    choices = choices_of(raw, blank)
    return value in choices or _has_form(unit, value) or not (choices or unit in FORMS)


def _has_form(unit: str, value: str) -> bool:
    found = FORMS[unit].fullmatch(value) if unit in FORMS else None
    # Times are written alike, so that the later one is the greater text.
    return found is not None and (unit != "shift" or found[1] < found[2])


def wanted(raw: Raw, blank: Raw) -> str:
    """What the blank holds, in words."""
    unit = blank["unit"]
    if unit == "day":
        return f"a day of the month, 1 to {DAY_MAX}"
    if unit in AMOUNTS:
        return f"a whole number of {unit}"
    told = [*choices_of(raw, blank), *([FORMS_TOLD[unit]] if unit in FORMS else [])]
    return f"one of {', '.join(told)}" if len(told) > 1 else "".join(told) or "a text"


def choices_of(raw: Raw, blank: Raw) -> Sequence[str]:
    """What may be chosen for the blank; empty where anything may."""
    named: dict[str, Sequence[str]] = {
        "calendar": calendars_of(raw),
        "event": tuple(EVENTS),
        "text": blank.get("choices", ()),
    }
    return {**CHOICES, **named}.get(blank["unit"], ())


def calendars_of(raw: Raw) -> list[str]:
    """The names of the plan's calendars."""
    return [RUNNING_NAME, *raw.get("calendars", {})]

"""A plan from a plan file's values and what a contract fills in.

Blanks of an agreement are parameters; a file names one by `$name`, where a figure, a calendar, an
event or a way of ending stands otherwise.
"""

import re
from collections.abc import Mapping
from typing import Any

from models.contracts.blanks import WEEKDAYS, Raw, Values, fill
from models.contracts.calendar import WHOLE_DAY, Shift, Week
from models.contracts.counting import Figure, minute_from
from models.contracts.plan import Freight, Gate, Plan, Reason, Rule, Target, Term
from models.tables.kinds import Words

SECTIONS = ("channels", "consents", "closing", "warranty", "coverage", "charges", "quotas",
            "duties", "papers", "staffing", "returns")  # fmt: skip

NUMBER = r"(?P<amount>[0-9]{1,5}|\$[a-z][a-z0-9_]*)"
AMOUNT = re.compile(NUMBER + r" (?P<unit>minute|hour|day|working day|week|month)s?( before)?")
DAY_OF_MONTH = re.compile(rf"day {NUMBER} of the (?P<next>next )?month")
SAME_DAY = "the same day"
ALL_DAY = "all day"
PROMISED = "the time promised"


def make(raw: Raw, values: Values) -> Plan:
    """The plan with its blanks filled in. The file was checked before. Raises ParameterWrong."""
    filled = fill(raw, values)
    maker = _Maker(filled)
    return Plan(
        name=raw["plan"],
        version=raw["version"],
        title=words(raw),
        duty=raw.get("duty"),
        asks={name: _choices(choices) for name, choices in raw.get("asks", {}).items()},
        calendars={name: maker.week(one) for name, one in raw.get("calendars", {}).items()},
        targets=tuple(maker.target(*one) for one in enumerate(raw.get("targets", []), start=1)),
        reasons={one["pause"]: _reason(one) for one in raw.get("pauses", []) if maker.agreed(one)},
        terms={one["term"]: maker.term(one) for one in raw.get("terms", [])},
        gates=tuple(maker.gate(one) for one in raw.get("gates", [])),
        freight=tuple(map(_freight, raw.get("freight", []))),
        rules=(*_named(raw), *_rules(raw)),
    )


def clauses_of(raw: Any) -> set[str]:
    """Every clause for which the file has a rule."""
    if isinstance(raw, Mapping):
        own = {raw["clause"]} if isinstance(raw.get("clause"), str) else set()
        return own.union(*map(clauses_of, raw.values()))
    if isinstance(raw, list):
        return set().union(*map(clauses_of, raw))
    return set()


def words(raw: Raw) -> Words:
    """The English and the Chinese of something."""
    return Words(raw["en"], raw["zh"])


def _choices(choices: Raw) -> dict[str, Words]:
    return {name: words(one) for name, one in choices.items()}


class _Maker:
    def __init__(self, filled: Values) -> None:
        self.filled = filled

    def target(self, number: int, raw: Raw) -> Target:
        within = raw.get("within", raw.get("house"))
        return Target(
            key=f"{raw['target']}-{number}",
            kind=raw["target"],
            clause=raw["clause"],
            says=words(raw),
            when={name: tuple(as_list(value)) for name, value in raw.get("when", {}).items()},
            figure=None if within in {None, PROMISED} else self.figure(within, raw),
            promised=within == PROMISED,
            soon=words(raw["soon"]) if "soon" in raw else None,
            counts=self.named(raw.get("counts", "running")),
            start=tuple(self.named(event) for event in as_list(raw.get("from", "reported"))),
            once=raw.get("once"),
            stop=tuple(as_list(raw["until"])),
            inclusive=raw.get("edge", "inclusive") == "inclusive",
            during=raw.get("during"),
        )

    def week(self, raw: Raw) -> Week:
        """Shifts by weekday."""
        shifts: list[tuple[Shift, ...]] = [()] * len(WEEKDAYS)
        for entry in raw["week"]:
            hours = tuple(shift_from(self.named(text)) for text in entry["hours"])
            for day in weekdays(entry["days"]):
                shifts[day] = hours
        makeup = self.named(raw.get("makeup_days", "open")) == "open"
        return Week(tuple(shifts), raw["holidays"] == "closed", makeup)

    def agreed(self, raw: Raw) -> bool:
        """Whether a rule holds that the contract may leave out."""
        return self.named(raw.get("if", "yes")) == "yes"

    def term(self, raw: Raw) -> Term:
        lasts = self.figure(raw["lasts"], raw)
        assert lasts is not None
        return Term(
            name=raw["term"],
            clause=raw["clause"],
            says=words(raw),
            lasts=lasts,
            counts=self.named(raw.get("counts", "running")),
            start=self.named(raw["from"]),
            after=raw.get("after", 0),
        )

    def gate(self, raw: Raw) -> Gate:
        return Gate(
            name=raw["gate"],
            clause=raw["clause"],
            says=words(raw),
            orders=self.named(raw.get("orders", "any")),
            answers=_choices(raw.get("answers", {})),
        )

    def named(self, text: str) -> str:
        """The text, or what the parameter holds that it names."""
        return str(self.filled[text[1:]]) if text.startswith("$") else text

    def figure(self, text: str, raw: Raw) -> Figure | None:
        """The figure; None where it is a blank that may stay empty."""
        ends = self.named(raw.get("ends", "day"))
        first_day = self.named(raw.get("first_day", "not counted")) == "counted"
        if text == SAME_DAY:
            return Figure(1, "same day", ends)
        amount, unit, before = split_figure(text)
        number = self.filled[amount[1:]] if amount.startswith("$") else int(amount)
        return None if number is None else Figure(number, unit, ends, before, first_day)


def split_figure(text: str) -> tuple[str, str, bool]:
    """Amount (a number or a parameter), unit, and whether it is before. Raises ValueError."""
    if found := AMOUNT.fullmatch(text):
        return found["amount"], f"{found['unit']}s", text.endswith(" before")
    if found := DAY_OF_MONTH.fullmatch(text):
        return found["amount"], f"day of the {found['next'] or ''}month", False
    raise ValueError(f"this is no figure: {text}")


def as_list(value: Any) -> list[Any]:
    """One of something, or a list of it, as a list."""
    return value if isinstance(value, list) else [value]


def weekdays(text: str) -> list[int]:
    """The numbers of `mon-fri`, `sat`, or `mon, wed`."""
    found: list[int] = []
    for piece in text.split(", "):
        first, _, last = piece.partition("-")
        found += range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1)
    return found


def shift_from(text: str) -> Shift:
    """The shift of `08:00-12:00`, or of `all day`."""
    if text == ALL_DAY:
        return WHOLE_DAY
    opens, _, closes = text.partition("-")
    return Shift(minute_from(opens), minute_from(closes))


def _reason(raw: Raw) -> Reason:
    return Reason(raw["pause"], raw["clause"], words(raw), tuple(raw.get("stops", ())))


def _freight(raw: Raw) -> Freight:
    urgent_only = raw.get("orders", "any") == "urgent"
    return Freight(raw["freight"], raw["clause"], words(raw), urgent_only)


def _named(raw: Raw) -> list[Rule]:
    """Calendars, blanks and choices that stand in a clause of their own."""
    sections = {name: raw.get(name, {}) for name in ("parameters", "calendars")}
    return [
        Rule(section, name, one["clause"], words(one), {})
        for section, named in {**sections, **raw.get("asks", {})}.items()
        for name, one in named.items()
        if "clause" in one
    ]


RULE_FIELDS = {"rule", "clause", "en", "zh"}


def _rules(raw: Raw) -> list[Rule]:
    return [
        Rule(section, one["rule"], one["clause"], words(one),
             {name: value for name, value in one.items() if name not in RULE_FIELDS})
        for section in SECTIONS
        for one in raw.get(section, [])
    ]  # fmt: skip

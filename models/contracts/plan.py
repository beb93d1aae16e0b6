"""A service plan: what an agreement promises, as values, all its blanks filled in.

`making.py` makes one from a plan file and what a contract fills in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from models.contracts.blanks import RUNNING_NAME
from models.contracts.calendar import DAY, RUNNING, Ground, Hours, Week
from models.contracts.counting import Figure, due_of
from models.tables.kinds import Words

Dates = Mapping[str, date]  # of a contract: when it was paid, accepted, and so on
Case = Mapping[str, str]  # what is known of a request: level, class, tier, stage, urgency, channel


@dataclass(frozen=True)
class Target:
    """Something promised: what has to happen how soon, from when on, and in which cases.

    It begins with the last of `start`, but only `once` something else has happened, where that is
    said. Exactly one holds of three: a `figure`; `promised`, a time named for each request; or
    `soon`, words without a figure, beside which the house may have set one of its own.
    """

    key: str
    kind: str
    clause: str
    says: Words
    when: Mapping[str, Sequence[str]]
    figure: Figure | None
    promised: bool
    soon: Words | None
    counts: str
    start: tuple[str, ...]
    once: str | None
    stop: tuple[str, ...]
    inclusive: bool
    during: str | None

    def holds(self, case: Case) -> bool:
        """Whether it is promised in this case."""
        return all(case.get(name) in allowed for name, allowed in self.when.items())


@dataclass(frozen=True)
class Reason:
    """Why a clock may stand still, and which kinds of target then do; all where none is named."""

    name: str
    clause: str
    says: Words
    stops: tuple[str, ...]

    def allows(self, kind: str) -> bool:
        """Whether it stops that kind of target."""
        return not self.stops or kind in self.stops


@dataclass(frozen=True)
class Term:
    """How long something is given, after so many days from a date that the contract names, or from
    the end of another term."""

    name: str
    clause: str
    says: Words
    lasts: Figure
    counts: str
    start: str
    after: int

    def days(self, began: date, hours: Hours) -> tuple[date, date]:
        """The first and the last day. The day of the event is not counted unless the plan says so:
        a year then ends with the day of the same date."""
        skipped = self.after + (0 if self.lasts.first_day else 1)
        first = began + skipped * DAY if self.after else began
        due = due_of(self.lasts, hours, hours.end_of(began - DAY)).at
        assert due is not None
        return first, hours.date_of(due) - DAY


@dataclass(frozen=True)
class Rule:
    """A rule of another kind, with its clause and words: a channel, a consent, a gate, a paper."""

    section: str
    name: str
    clause: str
    says: Words
    more: Mapping[str, Any]


@dataclass(frozen=True)
class Gate:
    """What has to be seen before parts are shipped to the customer: of an order of parts that are
    `sold`, of such as were replaced under `guarantee`, or of any. Where there are `answers`,
    whoever passes it gives one of them."""

    name: str
    clause: str
    says: Words
    orders: str
    answers: Mapping[str, Words]

    def stands_before(self, kind: str) -> bool:
        """Whether it stands before an order of that kind."""
        return self.orders in {"any", kind}


@dataclass(frozen=True)
class Freight:
    """Who bears the freight of parts that are shipped to the customer, if only of urgent ones."""

    bearer: str
    clause: str
    says: Words
    urgent_only: bool


@dataclass(frozen=True, eq=False)
class Plan:
    """A whole plan. `asks` are what has to be known of a request: the choices by name, the first
    of which holds where nobody says. `duty` is the calendar on which its people are at work; the
    company's desk hours where it names none."""

    name: str
    version: int
    title: Words
    duty: str | None
    asks: Mapping[str, Mapping[str, Words]]
    calendars: Mapping[str, Week]
    targets: tuple[Target, ...]
    reasons: Mapping[str, Reason]
    terms: Mapping[str, Term]
    gates: tuple[Gate, ...]
    freight: tuple[Freight, ...]
    rules: tuple[Rule, ...]

    def bearer(self, urgent: bool) -> str:
        """Who bears the freight of an order; whoever wants it urgently where nothing is agreed."""
        agreed = (one.bearer for one in self.freight if urgent or not one.urgent_only)
        return next(agreed, "requester" if urgent else "company")

    def case_of(self, given: Mapping[str, str]) -> dict[str, str]:
        """What is given of a request as far as the plan asks for it, and the defaults otherwise."""
        case = {}
        for name, choices in self.asks.items():
            value = given.get(name, "")
            case[name] = value if value in choices else next(iter(choices))
        return case

    def promised_in(self, case: Case, dates: Dates, ground: Ground, at: datetime) -> list[Target]:
        """What is promised in this case for a request of that moment."""
        return [
            target
            for target in self.targets
            if target.holds(case)
            and (target.during is None or self.in_term(target.during, dates, ground, at))
        ]

    def in_term(self, name: str, dates: Dates, ground: Ground, at: datetime) -> bool:
        """Whether the moment lies in the term. One whose beginning nobody wrote down has begun:
        nothing is withheld for want of a date."""
        days = self.days_of(name, dates, ground)
        return days is None or days[0] <= ground.date_of(at) <= days[1]

    def days_of(self, name: str, dates: Dates, ground: Ground) -> tuple[date, date] | None:
        """The first and the last day of the term; None where its beginning is not known."""
        term = self.terms[name]
        began = dates.get(term.start)
        if began is None and term.start in self.terms:
            before = self.days_of(term.start, dates, ground)
            began = None if before is None else before[1]
        if began is None:
            return None
        return term.days(began, ground.hours(self.week(term.counts)))

    def week(self, name: str) -> Week:
        """The calendar of that name."""
        return RUNNING if name == RUNNING_NAME else self.calendars[name]


@dataclass(frozen=True)
class Agreed:
    """What a contract adds to a plan: blanks filled in, dates, and what is fixed of its cases."""

    parameters: Mapping[str, Any] = field(default_factory=dict)
    dates: Mapping[str, date] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)

"""The clock: when what was promised is due, and how it stands at any moment.

Pure: from a plan, what happened, a place and its days. No clock is read; a moment is handed in.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

from models.contracts.calendar import Ground
from models.contracts.counting import Due, Pause, due_of
from models.contracts.plan import Plan, Target
from models.contracts.vocabulary import FIELD_EVENTS, INSTEAD, UNDONE_BY_REOPENING

SILENCE_BELIEVED = timedelta(days=3)  # for so long a silent phone may yet tell that it was in time
NOT_DUE = Due(None, False)


@dataclass(frozen=True)
class Event:
    """Something that happened, in corrected time. A pause has its reason, a promise its time."""

    kind: str
    at: datetime
    reason: str = ""
    time: datetime | None = None


@dataclass(frozen=True)
class Promise:
    """One target of one plan, for one request: when it began, is due, was kept, stood still."""

    plan: Plan
    target: Target
    started: datetime | None
    due: Due
    stopped: datetime | None
    pauses: tuple[Pause, ...]

    def state_at(self, now: datetime, heard: datetime | None = None) -> str:
        """How it stands: waiting, running, paused, met, breached or unknown.

        `heard` is when the phone in the field last spoke. Where that was before the due time,
        whether it was met is unknown, for three days.
        """
        if self.stopped is not None and self.stopped <= now:
            return "met" if self.in_time(self.stopped) else "breached"
        if self.started is not None and not self.in_time(now):
            return "unknown" if self._may_be_met(now, heard) else "breached"
        if any(one.since <= now and (one.until is None or now < one.until) for one in self.pauses):
            return "paused"
        return "waiting" if self.started is None or now < self.started else "running"

    def in_time(self, instant: datetime) -> bool:
        """Whether something at that instant is in time. Where nothing is due, everything is."""
        if self.due.at is None:
            return True
        return instant <= self.due.at if self.inclusive else instant < self.due.at

    @property
    def inclusive(self) -> bool:
        """Whether exactly at the due time is in time. Where a day ends, the next one begins."""
        figure = self.target.figure
        return self.target.inclusive and not (figure is not None and figure.ends_with_day)

    def _may_be_met(self, now: datetime, heard: datetime | None) -> bool:
        if heard is None or self.due.at is None or not set(self.target.stop) & FIELD_EVENTS.keys():
            return False
        return heard < self.due.at and now <= self.due.at + SILENCE_BELIEVED


@dataclass(frozen=True)
class Request:
    """What the clock has to know of one request: its case, its contract's dates, what happened."""

    ground: Ground
    events: Sequence[Event]
    given: Mapping[str, str] = field(default_factory=dict)
    dates: Mapping[str, date] = field(default_factory=dict)

    @property
    def reported(self) -> datetime:
        """When the customer reported."""
        return next(event.at for event in self.events if event.kind == "reported")

    @cached_property
    def reopened(self) -> datetime | None:
        """When the customer last said that it was not solved after all."""
        return max((one.at for one in self.events if one.kind == "reopened"), default=None)

    def first(self, kind: str) -> datetime | None:
        """When that first happened and was not undone, or what is taken for it."""
        times = [event.at for event in self.events if event.kind == kind]
        if self.reopened is not None and kind in UNDONE_BY_REOPENING:
            times = [at for at in times if at > self.reopened]
        if times:
            return min(times)
        return self.first(INSTEAD[kind]) if kind in INSTEAD else None

    def with_event(self, event: Event) -> "Request":
        """The same if that happened too."""
        return Request(self.ground, (*self.events, event), self.given, self.dates)


def promises(plan: Plan, request: Request) -> list[Promise]:
    """Everything that the plan promises for the request, in the order of the plan."""
    case = plan.case_of(request.given)
    targets = plan.promised_in(case, request.dates, request.ground, request.reported)
    return [promise(plan, target, request) for target in targets]


def promise(plan: Plan, target: Target, request: Request) -> Promise:
    """How the target stands for the request."""
    started = _started(target, request)
    pauses = _pauses(plan, target, request.events)
    stops = [at for kind in target.stop if (at := request.first(kind)) is not None]
    return Promise(
        plan=plan,
        target=target,
        started=started,
        due=NOT_DUE if started is None else _due(plan, target, request, started, pauses),
        stopped=min(stops, default=None),
        pauses=pauses,
    )


def _started(target: Target, request: Request) -> datetime | None:
    """When the last of what starts it had happened; None while something has not."""
    if target.once is not None and request.first(target.once) is None:
        return None
    starts = [request.first(kind) for kind in target.start]
    known = [at for at in starts if at is not None]
    return max(known) if len(known) == len(starts) else None


def _due(
    plan: Plan, target: Target, request: Request, started: datetime, pauses: tuple[Pause, ...]
) -> Due:
    if target.promised:
        return _as_told(request.events, pauses)
    if target.figure is None:
        return NOT_DUE
    hours = request.ground.hours(plan.week(target.counts))
    return due_of(target.figure, hours, started, pauses)


def _as_told(events: Iterable[Event], pauses: Iterable[Pause]) -> Due:
    """The time that was told last, later by whatever the clock stood still since."""
    told = max((one for one in events if one.kind == "promised"), key=_at, default=None)
    if told is None or told.time is None:
        return NOT_DUE
    due = told.time
    for since, until, _ in pauses:
        if told.at <= since < due:
            if until is None:
                return NOT_DUE
            due += until - since
    return Due(due, False)


def _at(event: Event) -> datetime:
    return event.at


def _pauses(plan: Plan, target: Target, events: Iterable[Event]) -> tuple[Pause, ...]:
    """The pauses that the plan allows for this target, in order; the last may have no end yet."""
    allowed = {name for name, reason in plan.reasons.items() if reason.allows(target.kind)}
    found: list[Pause] = []
    began: dict[str, datetime] = {}
    for event in sorted(events, key=_at):
        if event.kind == "paused" and event.reason in allowed:
            began.setdefault(event.reason, event.at)
        elif event.kind == "resumed" and event.reason in began:
            found.append(Pause(began.pop(event.reason), event.at, event.reason))
    found += [Pause(since, None, reason) for reason, since in began.items()]
    return tuple(sorted(found, key=lambda pause: pause.since))


# Several at once


def in_force(all_: Iterable[Promise]) -> dict[str, Promise]:
    """Of each kind the promise that is due first: the better one for the customer, whichever plan
    or clause it comes from. Where none has a due time, the first one."""
    found: dict[str, Promise] = {}
    for one in all_:
        kind = one.target.kind
        if kind not in found or _sooner(one.due.at, found[kind].due.at):
            found[kind] = one
    return found


def _sooner(due: datetime | None, other: datetime | None) -> bool:
    return due is not None and (other is None or due < other)


def if_it_happened(plan: Plan, request: Request, kind: str, at: datetime) -> list[Promise]:
    """How the promises that this would stop would stand: what if we go at 14:00?"""
    supposed = promises(plan, request.with_event(Event(kind, at)))
    return [one for one in supposed if kind in one.target.stop]

"""The custody of one loaner, in the order of what happened: hand-overs and returns as they were
stated, and what the desk decided meanwhile.

A loaner that came back is *returned* until somebody has inspected it, and *available* only once it
is wiped and works. A hand-over while it is out is *contested*: both papers stand, and a person says
which of them meant which unit. What the desk decided without knowing what had happened has no
effect where it no longer fits, and is found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from models.decisions import Decision
from models.derived import Subject
from models.ids import derived
from models.loaners import overdue
from models.loaners.overdue import IS_LONG_OVERDUE, IS_OVERDUE, LADDER, Moments
from models.loaners.rows import (
    AVAILABLE,
    HERE,
    INSPECTED,
    LAPSED,
    LOST,
    MET,
    OPEN,
    OUT,
    RELEASED,
    RETURNED,
    SOLD,
    Custody,
    CustodyStatement,
    Reservation,
)
from models.timeline import Folding, Stating, ranks

DAY = timedelta(days=1)
CONTESTED = "loaner.contested"
OVERTAKEN = "loaner.overtaken"
FOUND_AT = (("loaner.overdue", IS_OVERDUE), ("loaner.overdue_long", IS_LONG_OVERDUE))


@dataclass
class Around:
    """What is known around the loaner: the sites' zones, the days until which agreements let loans
    last, by statement, and the moments that time brought."""

    zones: Mapping[UUID, str] = field(default_factory=dict)
    dues: Mapping[UUID, date] = field(default_factory=dict)
    moments: Moments = field(default_factory=dict)

    def local_date(self, site_id: UUID, at: datetime) -> date:
        """The date at the site then."""
        return at.astimezone(ZoneInfo(self.zones.get(site_id, "UTC"))).date()


def replay(
    loaner_id: UUID,
    statements: Sequence[CustodyStatement],
    decisions: Sequence[Decision] = (),
    around: Around | None = None,
) -> Folding:
    """The custody rows and reservations of a loaner, and what a person has to look at."""
    chain = _Chain(loaner_id, around or Around())
    placed = ranks(
        [
            *(Stating(one.id, one.happened, one.origin_id, one.seq, one.id) for one in statements),
            *(Stating(one.id, one.at) for one in decisions),
        ]
    )
    entries: list[CustodyStatement | Decision] = [*statements, *decisions]
    for one in sorted(entries, key=lambda one: placed[one.id]):
        if isinstance(one, CustodyStatement):
            # Where a clock went back between two facts of one phone, the chain does not.
            chain.state(one, placed[one.id][0])
        elif one.kind in DECIDED:
            DECIDED[one.kind](chain, one)
    return chain.ended()


class _Chain:
    """The loaner's custody as far as it is replayed; `held` is the last link."""

    def __init__(self, loaner_id: UUID, around: Around) -> None:
        self.loaner_id, self.around = loaner_id, around
        self.folding = Folding(Subject("unit", loaner_id))
        self.held: Custody | None = None
        self.reservations: dict[UUID, Reservation] = {}

    # What was stated

    def state(self, one: CustodyStatement, at: datetime) -> None:
        """The loaner changes hands."""
        before = self.held
        self._link(
            statement_id=one.id,
            cause_id=one.cause_id,
            state=OUT if one.holder_type == "site" else self._state_back(before, one),
            holder_type=one.holder_type,
            holder_id=one.holder_id,
            user_id=one.user_id,
            due=one.due,
            condition=one.condition or (before.known_condition if before else None),
            accessories=_said(one.accessories, before.accessories if before else None),
            photos=one.photos,
            instead_of=one.instead_of,
            since=at,
        )
        if before is not None and before.state == SOLD:
            self._overtaken(before.cause_id, "loaner.sold", one.happened)
        if one.holder_type == "site":
            self._look_at_lending(before, one)
            self._set_due(one)

    def _state_back(self, before: Custody | None, one: CustodyStatement) -> str:
        """What comes from a customer is returned; what the desk puts elsewhere stays as it was."""
        if one.origin_id is not None:
            return RETURNED
        if before is None:
            return AVAILABLE
        return before.state if before.state in HERE else RETURNED

    def _look_at_lending(self, before: Custody | None, one: CustodyStatement) -> None:
        if before is None:
            return
        if before.state == OUT:
            evidence = {"earlier": str(before.statement_id), "later": str(one.id)}
            causes = (before.statement_id, one.id)
            self.folding.find(CONTESTED, one.happened, *causes, **evidence)
        elif before.state in (RETURNED, INSPECTED):
            evidence = {"lent": str(one.id), "state": before.state}
            self.folding.find("loaner.uninspected", one.happened, one.id, **evidence)

    def _set_due(self, one: CustodyStatement) -> None:
        """The due date that was named, else that of the reservation, else the agreement's."""
        assert self.held is not None
        reserved = self._meet(one)
        if self.held.due is None and reserved is not None:
            self.held.due = reserved.until - DAY
        if self.held.due is None:
            self.held.due = self.around.dues.get(one.id)

    def _meet(self, one: CustodyStatement) -> Reservation | None:
        """The reservation that the hand-over meets: the first one there that it reaches into."""
        day = self.around.local_date(one.holder_id, one.happened)
        fitting = [
            reserved
            for reserved in self.reservations.values()
            if (reserved.state, reserved.site_id) == (OPEN, one.holder_id)
            and day < reserved.until
            and (one.due is None or one.due >= reserved.starts)
        ]
        met = min(fitting, key=lambda reserved: (reserved.starts, str(reserved.id)), default=None)
        if met is not None:
            met.state = MET
        return met

    def _link(self, since: datetime, **values: Any) -> None:
        if self.held is not None:
            self.held.until = since
        self.held = Custody(
            id=derived("custody of", self.loaner_id, values["statement_id"]),
            loaner_id=self.loaner_id,
            overdue=False,
            reminders=0,
            inspected=None,
            inspected_as=None,
            since=since,
            until=None,
            **values,
        )
        self.folding.rows.append(self.held)

    # What the desk decided

    def reserve(self, one: Decision) -> None:
        """It is promised to a site."""
        order = one.data["work_order"]
        self.reservations[one.id] = Reservation(
            id=one.id,
            loaner_id=self.loaner_id,
            site_id=UUID(one.data["site"]),
            work_order_id=None if order is None else UUID(order),
            user_id=one.user_id,
            starts=date.fromisoformat(one.data["starts"]),
            until=date.fromisoformat(one.data["until"]),
            note=one.data["note"],
            state=OPEN,
            since=one.at,
        )

    def release(self, one: Decision) -> None:
        """It is promised no longer."""
        reserved = self.reservations.get(UUID(one.data["reservation"]))
        if reserved is not None and reserved.state == OPEN:
            reserved.state = RELEASED

    def extend(self, one: Decision) -> None:
        """The loan that was out then may last longer. It is told by its id, so that no other loan
        that comes to light gets its time."""
        if self._is(OUT) and self.held is not None and str(self.held.id) == one.data["loan"]:
            self.held.due = date.fromisoformat(one.data["due"])
        else:
            self._overtaken(one.id, one.kind, one.at)

    def inspect(self, one: Decision) -> None:
        """Somebody looked at it where it lies. What was signed for stays beside what they found."""
        if not self._is(*HERE) or self.held is None:
            self._overtaken(one.id, one.kind, one.at)
            return
        self.held.inspected, self.held.inspected_as = one.at, one.data["condition"]
        fit = one.data["wiped"] and one.data["condition"] != "not_working"
        self.held.state = AVAILABLE if fit else INSPECTED

    def lose(self, one: Decision) -> None:
        """Nobody knows where it is. Whoever states that they have it has found it."""
        if self._is(OUT, *HERE):
            self._end(one, LOST)
        else:
            self._overtaken(one.id, one.kind, one.at)

    def sell(self, one: Decision) -> None:
        """Whoever has it keeps it."""
        if self._is(OUT):
            self._end(one, SOLD)
        else:
            self._overtaken(one.id, one.kind, one.at)

    def _is(self, *states: str) -> bool:
        return self.held is not None and self.held.state in states

    def _end(self, one: Decision, state: str) -> None:
        last = self.held
        assert last is not None
        self._link(
            statement_id=one.id,
            cause_id=one.id,
            state=state,
            holder_type=last.holder_type,
            holder_id=last.holder_id,
            user_id=last.user_id,
            due=None,
            condition=last.known_condition,
            accessories=last.accessories,
            photos=None,
            instead_of=None,
            since=one.at,
        )

    def _overtaken(self, decision_id: UUID, kind: str, since: datetime) -> None:
        state = None if self.held is None else self.held.state
        evidence = {"decision": str(decision_id), "kind": kind, "state": state}
        self.folding.find(OVERTAKEN, since, decision_id, **evidence)

    # What follows

    def ended(self) -> Folding:
        """Everything that was gathered, with what time brought and what cannot be kept."""
        self._climb()
        self._look_at_reservations()
        self.folding.rows += self.reservations.values()
        return self.folding

    def _climb(self) -> None:
        """How far up the ladder the loan is that is still out."""
        loan, around = self.held, self.around
        if loan is None or loan.state != OUT or loan.due is None:
            return
        zone = around.zones.get(loan.holder_id, "UTC")
        loan.reminders = overdue.reached(loan.due, zone, loan.since, around.moments)
        loan.overdue = loan.reminders >= IS_OVERDUE
        evidence = {"loan": str(loan.id), "site": str(loan.holder_id), "due": str(loan.due)}
        for code, rung in FOUND_AT:
            if loan.reminders >= rung:
                since = overdue.begins(loan.due + LADDER[rung - 1].day * DAY, zone)
                self.folding.find(code, since, loan.id, reminders=loan.reminders, **evidence)

    def _look_at_reservations(self) -> None:
        for one in self.reservations.values():
            zone = self.around.zones.get(one.site_id, "UTC")
            if one.state == OPEN and overdue.is_over(one, zone, self.around.moments):
                one.state = LAPSED
            if one.state == OPEN and self.held is not None and stands_in_the_way(self.held, one):
                evidence = {
                    "reservation": str(one.id),
                    "site": str(one.site_id),
                    "starts": str(one.starts),
                    "state": self.held.state,
                    "holder": str(self.held.holder_id),
                }
                self.folding.find("loaner.reservation_lost", one.since, one.id, **evidence)


def _said(now: list[Any] | None, before: list[Any] | None) -> list[Any] | None:
    """What was said, which may be that there is nothing; else what was known before."""
    return before if now is None else now


def stands_in_the_way(held: Custody, wanted: Reservation) -> bool:
    """Whether, as the loaner is held now, it cannot be there when the reservation begins."""
    if held.state == OUT:
        return held.overdue or held.due is None or held.due >= wanted.starts
    return held.state in (LOST, SOLD)


DECIDED = {
    "loaner.reserved": _Chain.reserve,
    "loaner.released": _Chain.release,
    "loaner.extended": _Chain.extend,
    "loaner.inspected": _Chain.inspect,
    "loaner.lost": _Chain.lose,
    "loaner.sold": _Chain.sell,
}

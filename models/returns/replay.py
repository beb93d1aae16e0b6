"""The way of a return: from what was decided of it follows how far it has come.

It is asked for, permitted or refused, received in one part or several, and closed. What was
accepted goes to repair, back to the maker, to scrap or elsewhere by decisions that name it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from models import findings
from models.contracts.desk import ground_at, plans_of
from models.contracts.plan import Rule
from models.contracts.returning import ReturnTerms, Window, terms_of, window_of
from models.decisions import Decision, decisions_about
from models.derived import Changes, Derived, Subject, replace
from models.finding_kinds import SETTLED
from models.ids import derived
from models.returns.rows import WAYS, Return, ReturnLine
from models.stock.desk import item_of
from models.stock.rows import Item, Place
from models.timeline import Folding

TABLES: tuple[type[Derived], ...] = (Return, ReturnLine)
ASKED, PERMITTED, REFUSED = "return.asked", "return.permitted", "return.refused"
RECEIVED, CLOSED = "return.received", "return.closed"
DIFFERS = "return.differs"
NONE = Decimal("0.000")

Data = Mapping[str, Any]


def reconcile(session: Session, return_id: UUID) -> Changes:
    """Derive one return, which is locked, and write what follows."""
    subject = Subject("return", return_id)
    folding = folded(session, return_id)
    changes = replace(session, subject, TABLES, folding.rows)
    changes.sources |= findings.keep(session, subject, folding.found).sources
    return changes


def folded(session: Session, return_id: UUID) -> Folding:
    """What the return's timeline comes to: nothing where nobody asked. Writes nothing."""
    folding = Folding(Subject("return", return_id))
    decisions = decisions_about(session, folding.subject)
    asked = next((one for one in decisions if one.kind == ASKED), None)
    if asked is None:
        return folding
    way = _Way(asked_for(session, asked), bool(asked.data["lines"]))
    for line in asked.data["lines"]:
        way.expect(line)
    for one in decisions:
        way.decide(one, _goal_of(session, one))
    way.finish(folding)
    return folding


def asked_for(session: Session, asked: Decision) -> Return:
    """What was asked for, with what the agreement that held then says of it."""
    data = asked.data
    (plan,) = plans_of(session, [data["agreed"]])
    terms = terms_of(plan, data["case"], data["goods"])
    since = None if data["since"] is None else date.fromisoformat(data["since"])
    requested = date.fromisoformat(data["requested"])
    window = window_of(plan, terms.term, since, ground_at(session, data["zone"], asked.at))
    return Return(
        id=UUID(data["return"]),
        customer_id=UUID(data["customer"]),
        contract_id=UUID(data["contract"]),
        plan_id=UUID(data["agreed"]["plan"]),
        user_id=asked.user_id,
        case=data["case"],
        goods=data["goods"],
        since=since,
        requested=requested,
        until=None if window is None else window.last,
        timely=None if window is None else requested <= window.last,
        evidence=list(data["evidence"]),
        terms=_told(terms, window),
        note=data["note"],
        listed=bool(data["lines"]),
        asked=asked.at,
        status="asked",
    )


def _told(terms: ReturnTerms, window: Window | None) -> dict[str, Any]:
    """What the agreement says, as JSON values: each thing with its clause and its words."""
    return {
        "window": None if window is None else _says(window.clause, window.says),
        "bears": [
            {"what": one.what, "by": one.by, **_of(one.rule), "agreed": one.by, "reason": None}
            for one in terms.borne
        ],
        "ends": list(terms.ends),
        "needs": [{"need": need, **_of(rule)} for need, rule in terms.needs],
        "shown_by": list(terms.shown_by),
        "rules": [_of(rule) for rule in terms.rules],
    }


def _of(rule: Rule) -> dict[str, Any]:
    return _says(rule.clause, rule.says)


def _says(clause: str, says: Any) -> dict[str, Any]:
    return {"clause": clause, "says": says._asdict()}


def _goal_of(session: Session, one: Decision) -> str | None:
    """Which way something goes by the decision, if it does."""
    if one.kind == "stock.removed":
        if one.data["to"] == "scrap":
            return "scrap"
        return "repair" if one.data.get("repair") else "maker"
    if one.kind == "stock.shipped":
        goal = session.get_one(Place, UUID(one.data["to"]))
        return "repair" if goal.kind == "workshop" else "elsewhere"
    return None


@dataclass
class _Way:
    """The return as far as its timeline is read."""

    row: Return
    with_list: bool
    lines: dict[Item, ReturnLine] = field(default_factory=dict)

    def expect(self, line: Data) -> None:
        """The return list says so."""
        found = self._line(item_of(line))
        found.listed = (found.listed or NONE) + Decimal(line["quantity"])

    def decide(self, one: Decision, goal: str | None) -> None:
        """What a decision does to it."""
        row, data = self.row, one.data
        if one.kind == PERMITTED:
            row.status, row.outcome = "permitted", data["outcome"]
            row.repair_tried, row.verdict = data["repair_tried"], data["verdict"]
            row.terms = {**row.terms, "bears": _borne(row.terms["bears"], data)}
        elif one.kind == REFUSED:
            row.status, row.reason = "refused", data["reason"]
        elif one.kind == RECEIVED:
            row.received = one.at
            for line in data["lines"]:
                self._receive(line)
        elif one.kind == CLOSED:
            row.closed = one.at
        elif one.kind == SETTLED:
            evidence = data["evidence"]
            self._line(item_of(evidence)).final = True
        elif goal is not None:
            for line in data["lines"]:
                found = self._line(item_of(line))
                setattr(found, goal, getattr(found, goal) + Decimal(line["quantity"]))

    def _receive(self, line: Data) -> None:
        """It was counted, and accepted or not; what was said to be final is counted on."""
        found = self._line(item_of(line))
        name = "refused" if line["refused"] else "received"
        setattr(found, name, getattr(found, name) + Decimal(line["quantity"]))
        found.final = False

    def _line(self, item: Item) -> ReturnLine:
        if item not in self.lines:
            self.lines[item] = ReturnLine(
                id=derived("return line", self.row.id, item.words),
                return_id=self.row.id,
                **item._asdict(),
                listed=NONE if self.with_list else None,
                final=False,
                **dict.fromkeys(("received", "refused", *WAYS), NONE),
            )
        return self.lines[item]

    def finish(self, folding: Folding) -> None:
        """The rows, and what differs from the list once something came."""
        row, lines = self.row, sorted(self.lines.values(), key=lambda line: line.item.words)
        differ = [line for line in lines if line.differs]
        if row.received is not None:
            partly = any(not line.final for line in differ)
            row.status = "partly_received" if partly else "received"
            for line in differ:
                folding.find(DIFFERS, row.received, line.item.words, **_evidence(line))
        if row.closed is not None:
            row.status = "closed"
        folding.rows += [row, *lines]


def _borne(agreed: Sequence[Data], data: Data) -> list[dict[str, Any]]:
    """Who bears which cost, where the warehouse decided otherwise too."""
    decided: dict[str, str] = dict(data["bears"])
    told: list[dict[str, Any]] = []
    for one in agreed:
        by = decided.pop(one["what"], one["by"])
        reason = data["bears_reason"] if by != one["by"] else None
        told.append({**one, "by": by, "reason": reason})
    for what, by in decided.items():
        silent = {"clause": None, "says": None, "agreed": None}
        told.append({"what": what, "by": by, **silent, "reason": data["bears_reason"]})
    return told


def _evidence(line: ReturnLine) -> dict[str, Any]:
    return {
        "return": str(line.return_id),
        "part": str(line.part_id),
        "lot": line.lot,
        "serial": line.serial,
        "listed": str(line.listed),
        "received": str(line.received),
        "refused": str(line.refused),
    }

"""What the agreements make a step or a closing depend on: consents before, and gates at the end.

They are told to whoever does the work. What they hold up is no matter of time, and is enforced
where steps and closings are.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from models.contracts.desk import plans_of
from models.contracts.plan import Rule
from models.contracts.promising import OPENED
from models.decisions import Decision, DecisionSubject
from models.tables.kinds import Words

SECTIONS = {"consents": "consent", "closing": "gate"}


class Condition(NamedTuple):
    """One rule: a consent and to what, or a gate; its clause and its words."""

    kind: str
    rule: str
    consent: str | None
    clause: str
    says: Words


def conditions_of(
    session: Session, order_ids: Collection[UUID]
) -> Mapping[UUID, Sequence[Condition]]:
    """By work order, what the contracts say that held when the desk opened it; each clause once.
    Nothing is agreed for what was opened on the spot."""
    opened = session.execute(OPENINGS, {"orders": order_ids})
    nothing: dict[UUID, Sequence[Condition]] = dict.fromkeys(order_ids, ())
    return nothing | {id_: _agreed(session, data) for id_, data in opened}


OPENINGS = (
    select(DecisionSubject.subject_id, Decision.data)
    .join(Decision, Decision.id == DecisionSubject.decision_id)
    .where(
        DecisionSubject.subject_type == "work_order",
        DecisionSubject.subject_id.in_(bindparam("orders", expanding=True)),
        Decision.kind == OPENED,
    )
)


def _agreed(session: Session, opened: Mapping[str, Any]) -> list[Condition]:
    rules = (rule for plan in plans_of(session, opened.get("agreed", [])) for rule in plan.rules)
    found = [_condition(rule) for rule in rules if rule.section in SECTIONS]
    return list({(one.clause, one.rule): one for one in found}.values())


def _condition(rule: Rule) -> Condition:
    kind, consent = SECTIONS[rule.section], rule.more.get("consent")
    return Condition(kind, rule.name, consent, rule.clause, rule.says)

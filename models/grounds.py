"""On whose word something stands: a fact and who signed it, or a decision and who took it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.decisions import Decision
from models.facts import Fact, FactPart
from models.people import Origin, User

SIGNER = "signer"  # the part with the customer's name
NOBODY: dict[str, Any] = {
    "fact": None,
    "decision": None,
    "user": None,
    "user_name": None,
    "part": None,
    "signer": None,
    "erased": None,
}


def grounds_of(session: Session, causes: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """By cause, which is a fact's key or a decision's id: who stated or decided it, and who signed.
    The name of a signer is told as long as it is not erased; `part` says where it stands."""
    known = list(set(causes))
    grounds = {cause: dict(NOBODY) for cause in known}
    _of_facts(session, known, grounds)
    _of_decisions(session, known, grounds)
    users = {one["user"] for one in grounds.values()} - {None}
    query = select(User.id, User.full_name).where(User.id.in_(users))
    names = {id_: name for id_, name in session.execute(query)}
    for one in grounds.values():
        one["user_name"] = names.get(one["user"])
    return grounds


def _of_facts(session: Session, causes: list[UUID], grounds: dict[UUID, dict[str, Any]]) -> None:
    query = (
        select(Fact.key, Fact.id, Origin.user_id, FactPart.text, FactPart.erased, FactPart.name)
        .join(Origin, Origin.id == Fact.origin_id)
        .outerjoin(FactPart, (FactPart.fact_key == Fact.key) & (FactPart.name == SIGNER))
        .where(Fact.key.in_(causes))
    )
    for key, id_, user, text, erased, part in session.execute(query):
        signer = None if text is None else text.decode()
        grounds[key] |= {"fact": id_, "user": user, "part": part}
        grounds[key] |= {"signer": signer, "erased": erased}


def _of_decisions(
    session: Session, causes: list[UUID], grounds: dict[UUID, dict[str, Any]]
) -> None:
    query = select(Decision.id, Decision.user_id).where(Decision.id.in_(causes))
    for id_, user in session.execute(query):
        grounds[id_] |= {"decision": id_, "user": user}

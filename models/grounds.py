"""On whose word something stands: a fact and who signed it, or a decision and who took it."""

from typing import Any

from sqlalchemy import Select, func

from models.decisions import Decision
from models.facts import Fact, FactPart
from models.people import Origin, User

SIGNER = "signer"  # the part with the customer's name
COLUMNS: dict[str, Any] = {
    "fact": Fact.id,
    "decision": Decision.id,
    "user": User.id,
    "user_name": User.full_name,
    "part": FactPart.name,
    "signer": FactPart.text,
    "erased": FactPart.erased,
}


def grounded(query: Select[Any], cause: Any) -> Select[Any]:
    """The query with the tables of the columns beside each row, whose `cause` is the column that
    holds a fact's key or a decision's id."""
    signed = (FactPart.fact_key == Fact.key) & (FactPart.name == SIGNER)
    return (
        query.outerjoin(Fact, Fact.key == cause)
        .outerjoin(Origin, Origin.id == Fact.origin_id)
        .outerjoin(FactPart, signed)
        .outerjoin(Decision, Decision.id == cause)
        .outerjoin(User, User.id == func.coalesce(Origin.user_id, Decision.user_id))
    )


def ground_in(values: dict[str, Any]) -> dict[str, Any]:
    """The ground among a row's values. A signer is told as long as the name is not erased; `part`
    says where it stands."""
    text = values["signer"]
    ground = {name: values[name] for name in COLUMNS}
    return {**ground, "signer": None if text is None else text.decode()}

"""Opening a customer's order: under which contract, and what is agreed there by then."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from models.company import COMPANY_ID, Company
from models.contracts.desk import as_agreed, plans_of
from models.contracts.rows import Contract
from models.customers import Site
from models.refusals import Refused
from models.stock.demand import KINDS
from models.stock.desk import check_physical
from models.stock.rows import virtual_place

Data = Mapping[str, Any]


def check_whose(session: Session, data: Data) -> None:
    """What is wanted is wanted at a place, or by a customer under a contract. Raises Refused."""
    contract, kind = data.get("contract"), data.get("kind")
    if (contract is None) == (data["place"] is None):
        raise Refused("wrong_value", "place", "name either a place or a contract")
    if contract is None:
        check_physical(session, data["place"], "place")
    elif session.get(Contract, UUID(contract)) is None:
        raise Refused("unknown", "contract")
    if (kind in KINDS) != (contract is not None):
        told = f"one of {', '.join(KINDS)}" if contract else "it belongs to a customer's order"
        raise Refused("wrong_value", "kind", told)


def freeze(session: Session, now: datetime, data: Data) -> Data:
    """The data of an order, with its contract as it is now; whatever changes later, its gates and
    dues stay with it. Raises Refused where the contract does not hold today."""
    if data.get("contract") is None:
        return data
    contract = session.get_one(Contract, UUID(data["contract"]))
    zone = _zone(session, contract)
    today = now.astimezone(ZoneInfo(zone)).date()
    if today < contract.starts or (contract.ends is not None and contract.ends < today):
        raise Refused("wrong_value", "contract", f"it does not hold on {today}")
    agreed = as_agreed(contract)
    (plan,) = plans_of(session, [agreed])
    return {
        **data,
        "place": str(virtual_place("customer")),
        "customer": str(contract.customer_id),
        "zone": zone,
        "agreed": agreed,
        "freight": plan.bearer(data["urgent"]),
    }


def _zone(session: Session, contract: Contract) -> str:
    """Where days are counted: at the contract's site, or where the company is."""
    if contract.site_id is not None:
        return session.get_one(Site, contract.site_id).zone
    return session.get_one(Company, COMPANY_ID).zone

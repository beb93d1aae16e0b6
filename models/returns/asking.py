"""What staff ask for on behalf of a customer who wants to send something back."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from models.company import COMPANY_ID, Company
from models.contracts.blanks import ParameterWrong
from models.contracts.desk import as_agreed, filled
from models.contracts.plan import Plan
from models.contracts.returning import goods_of, terms_of
from models.contracts.rows import Contract, ServicePlan
from models.customers import Site
from models.derived import Subject
from models.refusals import Refused
from models.returns.once import refuse_same
from models.returns.rows import Return
from models.stock.desk import check_line, item_of
from models.stock.rows import Item

Data = Mapping[str, Any]


def subjects(data: Data) -> list[Subject]:
    """The return."""
    return [Subject("return", UUID(data["return"]))]


def beside(session: Session, data: Data) -> list[Subject]:
    """The contract: of the same words that are sent twice at once, one hears of the other."""
    return [Subject("contract", UUID(data["contract"]))]


def check_asking(session: Session, data: Data) -> None:
    """It is new, and customer, contract, goods and list make sense. Raises Refused."""
    if session.get(Return, UUID(data["return"])) is not None:
        raise Refused("exists", "return")
    contract = session.get(Contract, UUID(data["contract"]))
    if contract is None:
        raise Refused("unknown", "contract")
    if str(contract.customer_id) != data["customer"]:
        raise Refused("wrong_value", "contract", "the contract is another customer's")
    plan = _plan_of(session, contract)
    if data["goods"] is not None and data["goods"] not in goods_of(plan):
        known = ", ".join(goods_of(plan)) or "none"
        raise Refused("wrong_value", "goods", f"the plan knows {known}")
    _check_since(plan, data)
    _check_list(session, data["lines"])


def _plan_of(session: Session, contract: Contract) -> Plan:
    try:
        return filled(session.get_one(ServicePlan, contract.plan_id).text, contract.parameters)
    except ParameterWrong as error:
        field = f"contract.parameters.{error.name}"
        raise Refused("wrong_value", field, error.remedy) from error


def _check_since(plan: Plan, data: Data) -> None:
    """The day is told from which the plan counts."""
    term = terms_of(plan, data["case"], data["goods"]).term
    if term is not None and data["since"] is None:
        start = plan.terms[term].start
        raise Refused("wrong_value", "since", f"the plan counts from the day: {start}")


def _check_list(session: Session, lines: Sequence[Data]) -> None:
    """What is listed is known, and no piece stands in it twice."""
    pieces: set[Item] = set()
    for number, line in enumerate(lines):
        check_line(session, line, number)
        item = item_of(line)
        if item.serial is not None and item in pieces:
            raise Refused("wrong_value", f"lines.{number}.serial", "it stands here twice")
        pieces.add(item)


def freeze(session: Session, now: datetime, data: Data) -> Data:
    """The decision with what its contract says now, by which the return is looked at for good, and
    the day on which the customer asked. Raises Refused for a day that is not over yet."""
    contract = session.get_one(Contract, UUID(data["contract"]))
    site = None if contract.site_id is None else session.get(Site, contract.site_id)
    zone = session.get_one(Company, COMPANY_ID).zone if site is None else site.zone
    today = now.astimezone(ZoneInfo(zone)).date()
    requested = today if data["requested"] is None else date.fromisoformat(data["requested"])
    for name, day in (("requested", requested), ("since", _day(data["since"]))):
        if day is not None and day > (today if name == "requested" else requested):
            raise Refused("wrong_value", name, "that day is still to come")
    refuse_same(session, now, data)
    return {**data, "agreed": as_agreed(contract), "zone": zone, "requested": requested.isoformat()}


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)

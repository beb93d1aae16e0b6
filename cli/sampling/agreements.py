"""Contracts of the sample's customers, and what the desk does about what they promise."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from cli.environment import ROOT
from cli.sampling.company import Agreed, Company
from cli.sampling.tables.agreements import SIGNED, Signed
from cli.sampling.tables.customers import CUSTOMERS
from models.contracts.desk import filled, keep_plan
from models.contracts.promising import BROKEN
from models.contracts.rows import Contract
from models.findings import SETTLED, Finding
from models.kept import KEPT
from models.people import Role
from sync.settling import settlement

PLANS = ROOT / "plans"
SIGNED_BEFORE = timedelta(days=30)  # the books began


def sign(company: Company) -> list[Agreed]:
    """Keep the plans, and the contracts of the customers that there are."""

    def body(session: Session, now: datetime) -> list[Agreed]:
        found = []
        for signed in SIGNED:
            text = (PLANS / f"{signed.plan}.yaml").read_text(encoding="utf-8")
            plan = keep_plan(session, now, company.ids, text)
            for row in _contracts(company, signed):
                row.plan_id = plan.id
                session.add(row)
                session.flush()
                KEPT["contracts"].look_at(session, row)
                found.append(Agreed(row, filled(plan.text, row.parameters), signed))
        return found

    return company.house.database.transact(body)


def _contracts(company: Company, signed: Signed) -> list[Contract]:
    """One for the customer, or one for each machine of the family."""
    grounds = [one for one in company.grounds if one.client is CUSTOMERS[signed.customer]]
    machines = [
        machine.row.id
        for ground in grounds
        for machine in ground.machines
        if machine.family == signed.family
    ]
    began = company.clock.now().date()
    return [
        Contract(
            id=company.new(),
            code=f"{signed.plan}-{signed.customer + 1:03}-{number}",
            customer_id=grounds[0].site.customer_id,
            asset_id=asset_id,
            starts=began - SIGNED_BEFORE,
            parameters=dict(signed.parameters),
            dates={
                name: (began - timedelta(days=days)).isoformat()
                for name, days in signed.dates.items()
            },
            fixed=dict(signed.fixed),
        )
        for number, asset_id in enumerate(machines if signed.family else [None], start=1)
        if grounds
    ]


def tell_customers(company: Company) -> None:
    """The desk tells customers of promises that were not kept."""

    def body(session: Session) -> list[Finding]:
        query = select(Finding).where(Finding.code == BROKEN, Finding.state == "open")
        return list(session.scalars(query.order_by(Finding.since, Finding.id)))

    desk = company.office_of(Role.DISPATCHER, 0)
    for one in company.house.database.read(body):
        company.decide(desk, SETTLED, **settlement(one, "customer_told", one.digest))

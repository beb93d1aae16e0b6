"""What the warehouse has done about loaners at the end of the story: of those that came back one is
looked at, and one that is free is reserved for next week."""

from datetime import timedelta

from sqlalchemy import select

from cli.sampling.company import Company
from models.loaners.rows import AVAILABLE, RETURNED, Custody
from models.people import Role


def look_after_loaners(company: Company) -> None:
    """Inspect the first loaner that came back, and reserve one that is free."""
    keeper = company.office_of(Role.WAREHOUSE, 0)
    returned, free = (_in_state(company, state) for state in (RETURNED, AVAILABLE))
    for custody in returned[:1]:
        company.decide(
            keeper, "loaner.inspected", loaner=str(custody.loaner_id), wiped=True,
            condition="worn", note="",
        )  # fmt: skip
    for custody in free[:1]:
        first = (company.clock.now() + timedelta(days=5)).date()
        company.decide(
            keeper, "loaner.reserved", loaner=str(custody.loaner_id), work_order=None, note="",
            site=str(company.grounds[0].site.id), starts=first.isoformat(),
            until=(first + timedelta(days=10)).isoformat(),
        )  # fmt: skip


def _in_state(company: Company, state: str) -> list[Custody]:
    query = select(Custody).where(Custody.until.is_(None), Custody.state == state)
    query = query.order_by(Custody.since, Custody.id)
    return company.house.database.read(lambda session: list(session.scalars(query)))

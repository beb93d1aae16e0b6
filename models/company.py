"""The company itself: one an installation, as its people and papers name it."""

from uuid import UUID

from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.ids import derived

COMPANY_ID = derived("company")


class Company(Base):
    """The one row: what the company is called, and the zone in which its months are counted."""

    __tablename__ = "company"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    zone: Mapped[str]


def make_company(session: Session, name: str, zone: str) -> None:
    """Make the row where it is missing."""
    if session.get(Company, COMPANY_ID) is None:
        session.add(Company(id=COMPANY_ID, name=name, zone=zone))

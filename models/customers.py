"""Whom we serve and where: customers, their sites and contacts, and the assets that stand there."""

from datetime import date
from uuid import UUID

from sqlalchemy import Date, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Customer(Base):
    """A customer (party A of an agreement); dealers are customers too."""

    __tablename__ = "customer"
    __table_args__ = (UniqueConstraint("code"), Index("ix_customer_name_id", "name", "id"))
    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    name: Mapped[str]


class Site(Base):
    """A place of service. Dates of its rules are counted in its own time zone."""

    __tablename__ = "site"
    __table_args__ = (Index("ix_site_name_id", "name", "id"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"), index=True)
    territory_id: Mapped[UUID | None] = mapped_column(ForeignKey("territory.id"))
    name: Mapped[str]
    address: Mapped[str]
    zone: Mapped[str]
    access_notes: Mapped[str] = mapped_column(default="")


class Contact(Base):
    """A person at a site whom one may call."""

    __tablename__ = "contact"
    __table_args__ = (Index("ix_contact_name_id", "name", "id"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), index=True)
    name: Mapped[str]
    phone: Mapped[str]


class Asset(Base):
    """A device of the customer's, the installed base."""

    __tablename__ = "asset"
    __table_args__ = (
        UniqueConstraint("model", "serial"),
        Index("ix_asset_serial_id", "serial", "id"),
        Index("ix_asset_name_id", "name", "id"),
        Index("ix_asset_installed_id", "installed", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), index=True)
    model: Mapped[str]
    serial: Mapped[str]
    name: Mapped[str]
    installed: Mapped[date | None] = mapped_column(Date)

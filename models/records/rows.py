"""Sealed versions of service records. The fact store holds manifest and parts; no second copy."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import SchemaItem

from models.derived import Derived, Job, Source, Subject


class RecordVersion(Derived):
    """One sealed version. `root` is the SHA-256 of the sealing fact's bytes, `previous` the root
    of the version before; the parts stand with the fact under `fact_key`. Of several records of one
    visit a person may say which one `stands`."""

    __tablename__ = "record_version"

    record_id: Mapped[UUID]
    visit_id: Mapped[UUID]
    number: Mapped[int]
    root: Mapped[str]
    previous: Mapped[str | None]
    content_code: Mapped[str]
    result: Mapped[str]
    sign_off: Mapped[str]
    fact_key: Mapped[UUID] = mapped_column(ForeignKey("fact.key"))
    sealed: Mapped[datetime]
    stands: Mapped[bool]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (
            Index("ix_record_version_record_id", "record_id"),
            Index("ix_record_version_visit_id", "visit_id"),
            Index("ix_record_version_sealed_id", "sealed", "id"),
        )

    def sources(self) -> Iterable[Source]:
        return [Source("record", str(self.record_id)), Source("visit", str(self.visit_id))]

    def jobs(self) -> Iterable[Job]:
        return [Job("signature", Subject("record_version", self.id))]

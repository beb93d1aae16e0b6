"""What the desk writes down for everybody in the field: fault codes, checklists and articles."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base

FAULT_CODE_KINDS = ("fault", "cause", "remedy")
LANGUAGES = ("zh", "en")


class FaultCode(Base):
    """A code for what was wrong, for why, or for what helped.

    One that is used no more is inactive and stays: records may name it for ever.
    """

    __tablename__ = "fault_code"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("kind IN ('fault', 'cause', 'remedy')", name="kind"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    kind: Mapped[str]
    name_zh: Mapped[str]
    name_en: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)


class Checklist(Base):
    """A template: its lines are copied into the plan of a visit, which then stands by itself."""

    __tablename__ = "checklist"
    __table_args__ = (UniqueConstraint("code"), Index("ix_checklist_name_id", "name", "id"))
    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    name: Mapped[str]
    lines: Mapped[list[Any]]


class Article(Base):
    """What is known of a trouble or a job, in one language; `models` are those it is about.

    The same article in another language has the same code.
    """

    __tablename__ = "article"
    __table_args__ = (
        UniqueConstraint("code", "language"),
        CheckConstraint("language IN ('zh', 'en')", name="language"),
        Index("ix_article_title_id", "title", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    language: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    models: Mapped[list[Any]]
    published: Mapped[bool] = mapped_column(default=False)

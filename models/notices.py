"""Notices: what the desk tells or asks somebody. Sending and withdrawing one are decisions."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Select, select
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.schema import SchemaItem

from models.clock import instant_from
from models.derived import Derived, Source, Subject
from models.dispatch.rows import Visit
from models.ids import derived
from models.people import User
from models.refusals import Refused
from models.timeline import Decided

Data = Mapping[str, Any]


class Notice(Derived):
    """What was said to whom, and until when it counts.

    `audience` is how they were named: by user, role or territory. `text` is {zh, en};
    a `question` has such words too, and choices.
    """

    __tablename__ = "notice"

    sent: Mapped[datetime]
    sent_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    audience: Mapped[dict[str, Any]]
    text: Mapped[dict[str, Any]]
    question: Mapped[dict[str, Any] | None]
    visit_id: Mapped[UUID | None] = mapped_column(ForeignKey("visit.id"))
    valid_until: Mapped[datetime]
    withdrawn: Mapped[datetime | None]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (
            Index("ix_notice_sent_id", "sent", "id"),
            Index("ix_notice_valid_until", "valid_until"),
            Index("ix_notice_visit_id", "visit_id"),
            Index("ix_notice_sent_by", "sent_by"),
        )

    def sources(self) -> Iterable[Source]:
        return [Source("notice", str(self.id))]


class NoticeRecipient(Derived):
    """Somebody to whom a notice was sent: who fitted when it was, and nobody who came later."""

    __tablename__ = "notice_recipient"

    notice_id: Mapped[UUID] = mapped_column(ForeignKey("notice.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (
            Index("ix_notice_recipient_notice_id", "notice_id"),
            Index("ix_notice_recipient_user_id", "user_id"),
        )

    def sources(self) -> Iterable[Source]:
        return [Source("notice", str(self.notice_id))]


NOTICE_TABLES: tuple[type[Derived], ...] = (Notice, NoticeRecipient)


def notices_to(user_id: UUID) -> Select[UUID]:
    """The ids of the notices that were sent to the user."""
    return select(NoticeRecipient.notice_id).where(NoticeRecipient.user_id == user_id)


# What the desk decides


def recipients(session: Session, audience: Data) -> list[UUID]:
    """The active users whom everything fits that the audience names of user, role, territory."""
    query = select(User.id).where(User.active).order_by(User.id)
    columns = {"user": User.id, "role": User.role, "territory": User.territory_id}
    for name, value in audience.items():
        query = query.where(columns[name] == value)
    return list(session.scalars(query))


def subjects(data: Data) -> list[Subject]:
    """The notice itself."""
    return [Subject("notice", UUID(data["notice"]))]


def check_sending(session: Session, data: Data) -> None:
    """The notice is new, somebody gets it, and its visit exists. Raises Refused."""
    if session.get(Notice, UUID(data["notice"])) is not None:
        raise Refused("exists", "notice")
    if not data["recipients"]:
        raise Refused("wrong_value", "to", "nobody who is active fits")
    if data["visit"] is not None and session.get(Visit, UUID(data["visit"])) is None:
        raise Refused("unknown", "visit")


def check_withdrawing(session: Session, data: Data) -> None:
    """The notice exists and still stands. Raises Refused."""
    notice = session.get(Notice, UUID(data["notice"]))
    if notice is None:
        raise Refused("unknown", "notice")
    if notice.withdrawn is not None:
        raise Refused("withdrawn", "notice")


def fold_notice(session: Session, subject: Subject, decisions: Sequence[Decided]) -> list[Derived]:
    """The notice's rows; none where nobody sent it."""
    by_kind = {one.kind: one for one in decisions}
    sent, withdrawn = by_kind.get("notice.sent"), by_kind.get("notice.withdrawn")
    if sent is None:
        return []
    data = sent.data
    notice = Notice(
        id=subject.id,
        sent=sent.at,
        sent_by=sent.user_id,
        audience=data["to"],
        text=data["text"],
        question=data["question"],
        visit_id=None if data["visit"] is None else UUID(data["visit"]),
        valid_until=instant_from(data["valid_until"]),
        withdrawn=None if withdrawn is None else withdrawn.at,
    )
    return [notice, *(_recipient(subject.id, UUID(user)) for user in data["recipients"])]


def _recipient(notice_id: UUID, user_id: UUID) -> NoticeRecipient:
    id_ = derived("notice_recipient", notice_id, user_id)
    return NoticeRecipient(id=id_, notice_id=notice_id, user_id=user_id)

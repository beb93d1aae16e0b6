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
from models.timeline import Decided, Entry, Folding, Stated

Data = Mapping[str, Any]

CHOICE_FORM = r"\A[a-z][a-z0-9_]{0,39}\Z"  # the code of an answer to a question


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


class NoticeAnswer(Derived):
    """What a recipient answered last: one of the choices, or with None that they have read it."""

    __tablename__ = "notice_answer"

    notice_id: Mapped[UUID] = mapped_column(ForeignKey("notice.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    fact_key: Mapped[UUID] = mapped_column(ForeignKey("fact.key"))
    choice: Mapped[str | None]
    words: Mapped[str]
    answered: Mapped[datetime]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (Index("ix_notice_answer_notice_id", "notice_id"),)

    def sources(self) -> Iterable[Source]:
        return [Source("notice", str(self.notice_id))]


NOTICE_TABLES: tuple[type[Derived], ...] = (Notice, NoticeRecipient, NoticeAnswer)


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


def fold_notice(session: Session, folding: Folding, entries: Sequence[Entry]) -> None:
    """The notice's rows, and what its recipients answered; none where nobody sent it."""
    decisions = {one.kind: one for one in entries if isinstance(one, Decided)}
    facts = [one for one in entries if isinstance(one, Stated) and one.own]
    sent, withdrawn = decisions.get("notice.sent"), decisions.get("notice.withdrawn")
    if sent is None:
        for fact in facts:
            folding.hold(fact, fact.held or "unknown_subject")
        return
    data, id_ = sent.data, folding.subject.id
    notice = Notice(
        id=id_,
        sent=sent.at,
        sent_by=sent.user_id,
        audience=data["to"],
        text=data["text"],
        question=data["question"],
        visit_id=None if data["visit"] is None else UUID(data["visit"]),
        valid_until=instant_from(data["valid_until"]),
        withdrawn=None if withdrawn is None else withdrawn.at,
    )
    told = [UUID(user) for user in data["recipients"]]
    folding.rows += [notice, *(_recipient(id_, user) for user in told)]
    folding.rows += _answers(folding, facts, told)


def _answers(
    folding: Folding, facts: Sequence[Stated], told: Sequence[UUID]
) -> Iterable[NoticeAnswer]:
    """By recipient the last answer, also one that came after the notice was over."""
    answers: dict[UUID, NoticeAnswer] = {}
    for fact in facts:
        author = fact.author_id
        reason = fact.held
        if author is None or author not in told:
            reason = "not_assigned"
        folding.held[fact.key] = reason
        if reason is None and author is not None:
            answers[author] = _answer(folding.subject.id, author, fact)
    return answers.values()


def _answer(notice_id: UUID, user_id: UUID, fact: Stated) -> NoticeAnswer:
    return NoticeAnswer(
        id=derived("notice_answer", notice_id, user_id),
        notice_id=notice_id,
        user_id=user_id,
        fact_key=fact.key,
        choice=fact.data["choice"],
        words=fact.parts.get("words", ""),
        answered=fact.happened,
    )


def _recipient(notice_id: UUID, user_id: UUID) -> NoticeRecipient:
    id_ = derived("notice_recipient", notice_id, user_id)
    return NoticeRecipient(id=id_, notice_id=notice_id, user_id=user_id)

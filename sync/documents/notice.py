"""What the desk tells or asks somebody, until it is withdrawn or over."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import instant_text
from models.feed import Window, user_channel
from models.notices import Notice, NoticeAnswer, NoticeRecipient, notices_to
from models.people import User
from sync.documents.document import Concerned, Data, Document, Target, owner_of, uuids


def of_notices(session: Session, ids: Sequence[str]) -> set[Target]:
    """Everybody to whom the notices were sent."""
    return _sent(session, uuids(ids))


def of_users(session: Session, ids: Sequence[str]) -> set[Target]:
    """The notices that the users sent: they are told by name."""
    query = select(Notice.id).where(Notice.sent_by.in_(uuids(ids)))
    return _sent(session, session.scalars(query))


def _sent(session: Session, notice_ids: Iterable[UUID]) -> set[Target]:
    query = select(NoticeRecipient.user_id, NoticeRecipient.notice_id).where(
        NoticeRecipient.notice_id.in_(list(notice_ids))
    )
    return {(user_channel(user), str(notice)) for user, notice in session.execute(query)}


class NoticeDocument(Document):
    """A notice to the user that still stands."""

    type = "notice"

    def sources(self) -> Mapping[str, Concerned]:
        return {"notice": of_notices, "user": of_users}

    def everything(self, session: Session) -> Iterable[Target]:
        return of_notices(session, list(map(str, session.scalars(select(Notice.id)))))

    def derive(self, session: Session, channel: str, ids: Sequence[str]) -> Mapping[str, Data]:
        user = owner_of(channel)
        mine = (NoticeAnswer.notice_id == Notice.id) & (NoticeAnswer.user_id == user)
        query = (
            select(Notice, User.full_name, NoticeAnswer)
            .join(User, User.id == Notice.sent_by)
            .outerjoin(NoticeAnswer, mine)
            .where(
                Notice.id.in_(uuids(ids)),
                Notice.id.in_(notices_to(user)),
                Notice.withdrawn.is_(None),
                Notice.valid_until > session.get_one(Window, "visits").at,
            )
        )
        return {
            str(notice.id): _told(notice, sender, answer)
            for notice, sender, answer in session.execute(query)
        }


def _told(notice: Notice, sender: str, answer: NoticeAnswer | None) -> Data:
    return {
        "basis": "",
        "from": sender,
        "sent": instant_text(notice.sent),
        "valid_until": instant_text(notice.valid_until),
        "visit": None if notice.visit_id is None else str(notice.visit_id),
        "text": notice.text,
        "question": notice.question,
        "answer": None if answer is None else _answer(answer),
    }


def _answer(answer: NoticeAnswer) -> Data:
    return {
        "choice": answer.choice,
        "words": answer.words,
        "at": instant_text(answer.answered),
    }

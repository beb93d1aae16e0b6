"""Notices: what the desk tells or asks people in the field, and who has got it."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, validate, validates_schema
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from api import lists
from api.auth import house, own
from api.blueprint import Blueprint
from api.deciding import decided
from api.lists import Filter, Listing, equal, since
from api.schemas import Instant, Note, Strict
from models.clock import instant_text, to_millisecond
from models.notices import (
    CHOICE_FORM,
    Notice,
    NoticeAnswer,
    NoticeRecipient,
    notices_to,
    recipients,
)
from models.people import Device, Role, User
from models.refusals import Refused

blp = Blueprint("notices", __name__, description="Notices to people in the field")


class NoticeWordsSchema(Strict):
    """Words in Chinese, English or both: people read their own language where there is a choice."""

    zh = Note(load_default="")
    en = Note(load_default="")

    @validates_schema
    def _something_is_said(self, values: dict[str, Any], **kwargs: Any) -> None:
        if not values["zh"].strip() and not values["en"].strip():
            raise ValidationError("words in one language are needed", "zh")


class ChoiceSchema(NoticeWordsSchema):
    """One possible answer."""

    code = fields.String(required=True, validate=validate.Regexp(CHOICE_FORM))


class QuestionSchema(NoticeWordsSchema):
    """What is asked, and what can be answered."""

    choices = fields.List(
        fields.Nested(ChoiceSchema), required=True, validate=validate.Length(2, 10)
    )

    @validates_schema
    def _choices_differ(self, values: dict[str, Any], **kwargs: Any) -> None:
        codes = [choice["code"] for choice in values["choices"]]
        if len(set(codes)) != len(codes):
            raise ValidationError("two choices have the same code", "choices")


class AudienceSchema(Strict):
    """To whom: the active users whom everything fits that is named."""

    user = fields.UUID()
    role = fields.String(validate=validate.OneOf(list(Role)))
    territory = fields.UUID()

    @validates_schema
    def _somebody_is_named(self, values: dict[str, Any], **kwargs: Any) -> None:
        if not values:
            raise ValidationError("name a user, a role, a territory, or several of them")


class AddressedSchema(Schema):
    """To whom it was sent, by what was named; null for what was not."""

    user = fields.UUID(dump_default=None, allow_none=True)
    role = fields.String(dump_default=None, allow_none=True)
    territory = fields.UUID(dump_default=None, allow_none=True)


class NoticeArgs(Strict):
    """A notice. Who fits now gets it; who comes later does not."""

    to = fields.Nested(AudienceSchema, required=True)
    text = fields.Nested(NoticeWordsSchema, required=True)
    question = fields.Nested(QuestionSchema, load_default=None, allow_none=True)
    visit = fields.UUID(load_default=None, allow_none=True)
    valid_until = Instant(required=True)


class NoticeLineSchema(Schema):
    """A notice in a list, with the number of those who were sent it."""

    id = fields.UUID()
    sent = Instant()
    sent_by = fields.UUID()
    sender_name = fields.String()
    to = fields.Nested(AddressedSchema, attribute="audience")
    text = fields.Nested(NoticeWordsSchema)
    question = fields.Nested(QuestionSchema, allow_none=True)
    visit = fields.UUID(attribute="visit_id", allow_none=True)
    valid_until = Instant()
    withdrawn = Instant(allow_none=True)
    sent_to = fields.Integer()


class RecipientSchema(Schema):
    """Somebody who was sent it, when a phone of theirs was last heard of, and what they answered
    last: a choice, or none where they only say that they read it."""

    user = fields.UUID(attribute="user_id")
    name = fields.String()
    phone_seen = Instant(allow_none=True)
    answered = Instant(allow_none=True)
    choice = fields.String(allow_none=True)
    words = fields.String(allow_none=True)


class NoticeSchema(NoticeLineSchema):
    """A notice with those to whom it was sent."""

    recipients = fields.List(fields.Nested(RecipientSchema))


def _standing(stands: bool) -> ColumnElement[bool]:
    valid = Notice.withdrawn.is_(None) & (Notice.valid_until > house().clock.now())
    return valid if stands else ~valid


NOTICES = Listing(
    Notice,
    NoticeLineSchema,
    default="-sent",
    sorts={"sent": Notice.sent},
    filters={
        "visit": equal(Notice.visit_id),
        "user": Filter(fields.UUID(), lambda user_id: Notice.id.in_(notices_to(user_id))),
        "stands": Filter(fields.Boolean(), _standing),
        "sent_from": since(Notice.sent),
    },
    beside={
        "sender_name": User.full_name,
        "sent_to": select(func.count())
        .where(NoticeRecipient.notice_id == Notice.id)
        .scalar_subquery(),
    },
    joined=lambda query: query.join(User, User.id == Notice.sent_by),
)


@blp.route("/notices", methods=["POST"])
@blp.arguments(NoticeArgs)
@blp.response(201, NoticeSchema)
def send_notice(args: dict[str, Any]) -> dict[str, Any]:
    """Tell or ask somebody something."""
    now = house().clock.now()
    if args["valid_until"] <= now:
        raise Refused("wrong_value", "valid_until", "it is over already")
    id_ = house().ids.new(now)
    users = house().database.read(lambda session: recipients(session, args["to"]))
    ends = instant_text(to_millisecond(args["valid_until"]))
    decided("notice.sent", {**args, "notice": id_, "valid_until": ends, "recipients": users})
    return _notice(id_)


@blp.route("/notices", methods=["GET"])
@blp.arguments(NOTICES.arguments(), location="query")
@blp.response(200, NOTICES.page_schema())
def list_notices(args: dict[str, Any]) -> dict[str, Any]:
    """List the notices by page."""
    return house().database.read(lambda session: lists.page(session, NOTICES, args, *_reached()))


@blp.route("/notices/<uuid:id_>", methods=["GET"])
@blp.response(200, NoticeSchema)
def get_notice(id_: UUID) -> dict[str, Any]:
    """One notice, and who was sent it."""
    return _notice(id_)


@blp.route("/notices/<uuid:id_>/withdraw", methods=["POST"])
@blp.response(200, NoticeSchema)
def withdraw_notice(id_: UUID) -> dict[str, Any]:
    """Withdraw the notice: it leaves the phones."""
    decided("notice.withdrawn", {"notice": id_})
    return _notice(id_)


def _reached() -> list[ColumnElement[bool]]:
    """The notices that were sent to the technician; all of them for others."""
    user_id = own()
    return [] if user_id is None else [Notice.id.in_(notices_to(user_id))]


def _notice(id_: UUID) -> dict[str, Any]:
    def body(session: Session) -> dict[str, Any]:
        values = lists.one(session, NOTICES, Notice.id == id_, *_reached())
        return {**values, "recipients": _recipients(session, id_)}

    return house().database.read(body)


def _recipients(session: Session, id_: UUID) -> list[dict[str, Any]]:
    """Those who were sent it; a technician is told of no other."""
    seen = (
        select(func.max(Device.last_seen))
        .where(Device.user_id == User.id, Device.revoked.is_(None))
        .scalar_subquery()
    )
    answer = (NoticeAnswer.notice_id == NoticeRecipient.notice_id) & (
        NoticeAnswer.user_id == NoticeRecipient.user_id
    )
    query = (
        select(
            NoticeRecipient.user_id,
            User.full_name.label("name"),
            seen.label("phone_seen"),
            NoticeAnswer.answered,
            NoticeAnswer.choice,
            NoticeAnswer.words,
        )
        .join(User, User.id == NoticeRecipient.user_id)
        .outerjoin(NoticeAnswer, answer)
        .where(NoticeRecipient.notice_id == id_)
        .order_by(User.full_name, User.id)
    )
    if (user_id := own()) is not None:
        query = query.where(User.id == user_id)
    return [row._asdict() for row in session.execute(query)]

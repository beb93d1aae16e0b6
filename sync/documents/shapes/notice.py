"""What a notice's document tells."""

from marshmallow import fields

from sync.documents.shapes.told import Based, InBoth, Told, many, shape


class ChoiceShape(InBoth):
    """One answer to choose."""

    code = fields.String()


class QuestionShape(InBoth):
    """What is asked, and how it can be answered."""

    choices = many(ChoiceShape)


class AnswerShape(Told):
    """What the user answered last."""

    choice = fields.String(allow_none=True)
    words = fields.String()
    at = fields.AwareDateTime()


@shape("notice")
class NoticeShape(Based):
    """What the desk tells or asks."""

    from_ = fields.String(data_key="from")
    sent = fields.AwareDateTime()
    valid_until = fields.AwareDateTime()
    visit = fields.UUID(allow_none=True)
    text = fields.Nested(InBoth)
    question = fields.Nested(QuestionShape, allow_none=True)
    answer = fields.Nested(AnswerShape, allow_none=True)

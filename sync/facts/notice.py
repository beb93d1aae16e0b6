"""What people answer to the desk's notices."""

from marshmallow import fields, validate

from models.notices import CHOICE_FORM
from sync.facts.kind import Data, Kind, PartHashes


class AnswerData(Data):
    """One of the choices by its code; none says that the notice was read."""

    choice = fields.String(
        load_default=None, allow_none=True, validate=validate.Regexp(CHOICE_FORM)
    )
    parts = PartHashes(load_default=dict)


class NoticeAnswered(Kind):
    """A recipient answers, or says that they have read it. The last answer counts."""

    name = "notice.answered"
    about = "notice"
    data = AnswerData
    parts = {"words": None}

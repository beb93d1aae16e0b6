"""What people answer to the desk's notices."""

from marshmallow import fields, validate

from sync.facts.kind import Data, Kind, PartHashes


class AnswerData(Data):
    """One of the choices by its code; none says that the notice was read."""

    choice = fields.String(
        load_default=None, allow_none=True, validate=validate.Regexp(r"\A[a-z][a-z0-9_]{0,39}\Z")
    )
    parts = PartHashes(load_default=dict)


class NoticeAnswered(Kind):
    """A recipient answers, or says that they have read it. The last answer counts."""

    name = "notice.answered"
    about = "notice"
    data = AnswerData
    parts = {"words": None}

"""Fault codes, checklists and articles: what the desk writes down for everybody in the field."""

import json

from marshmallow import fields, validate
from sqlalchemy import Text as TextType
from sqlalchemy import cast

from api.blueprint import Blueprint
from api.lists import Filter, Listing, equal
from api.schemas import Strict, Text
from api.tables import Table
from models.knowledge import FAULT_CODE_KINDS, LANGUAGES, Article, Checklist, FaultCode
from sync import limits

blp = Blueprint("knowledge", __name__, description="Fault codes, checklists and articles")


class FaultCodeSchema(Strict):
    """A code for a fault, a cause or a remedy. An inactive one is to be read, not to be chosen."""

    id = fields.UUID(dump_only=True)
    code = Text(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(FAULT_CODE_KINDS))
    name_zh = Text(required=True)
    name_en = Text(required=True)
    active = fields.Boolean(load_default=True)


class ChecklistSchema(Strict):
    """A template whose lines are copied into the plan of a visit."""

    id = fields.UUID(dump_only=True)
    code = Text(required=True)
    name = Text(required=True)
    lines = fields.List(Text(), required=True, validate=validate.Length(1, 100))


class ArticleSchema(Strict):
    """What is known of a trouble or a job, as plain text or Markdown.

    In another language it has the same code. Phones get it once it is published.
    """

    id = fields.UUID(dump_only=True)
    code = Text(required=True)
    language = fields.String(load_default="zh", validate=validate.OneOf(LANGUAGES))
    title = Text(required=True)
    body = Text(limits.article_length_max, required=True)
    models = fields.List(Text(), load_default=list, validate=validate.Length(max=50))
    published = fields.Boolean(load_default=False)


FAULT_CODES = Listing(
    FaultCode,
    FaultCodeSchema,
    sorts={"code": FaultCode.code},
    filters={
        "kind": equal(FaultCode.kind, FAULT_CODE_KINDS),
        "active": equal(FaultCode.active),
        "code": equal(FaultCode.code),
    },
    search=(FaultCode.code, FaultCode.name_zh, FaultCode.name_en),
)
CHECKLISTS = Listing(
    Checklist,
    ChecklistSchema,
    sorts={"code": Checklist.code, "name": Checklist.name},
    filters={"code": equal(Checklist.code)},
    search=(Checklist.code, Checklist.name),
)
ARTICLES = Listing(
    Article,
    ArticleSchema,
    sorts={"code": Article.code, "title": Article.title},
    filters={
        "code": equal(Article.code),
        "language": equal(Article.language, LANGUAGES),
        "published": equal(Article.published),
        # A list of JSON is text in both databases, and holds the model between its quotes.
        "model": Filter(
            Text(),
            lambda model: cast(Article.models, TextType).contains(
                json.dumps(model), autoescape=True
            ),
        ),
    },
    search=(Article.code, Article.title, Article.body),
)

for _table in (
    Table("/fault-codes", FAULT_CODES),
    Table("/checklists", CHECKLISTS),
    Table("/articles", ARTICLES),
):
    _table.register(blp)

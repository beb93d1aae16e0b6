"""Service plans, the contracts that pin one, and the company's own days."""

from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, validate
from sqlalchemy.orm import Session

from api import lists
from api.auth import house
from api.blueprint import Blueprint
from api.lists import Filter, Listing, equal, since
from api.schemas import Day, Instant, Strict, Text
from api.tables import Table, end
from models.contracts.desk import keep_plan
from models.contracts.reading import TEXT_MAX
from models.contracts.rows import CompanyDay, Contract, ServicePlan
from models.contracts.vocabulary import ASKED
from models.customers import Customer
from models.edits import look_up
from sync import limits
from sync.facts.kind import printable

blp = Blueprint("contracts", __name__, description="Service plans, contracts, the company's days")

NAME = validate.Regexp(r"\A[a-z][a-z0-9_]{0,40}\Z")
BLANKS_MAX = 100


class WordsSchema(Schema):
    """The same in English and Chinese."""

    en = fields.String(required=True)
    zh = fields.String(required=True)


class PlanLineSchema(Schema):
    """A version of a plan in a list."""

    id = fields.UUID()
    name = fields.String()
    version = fields.Integer()
    title = fields.Nested(WordsSchema)
    added = Instant()


class PlanFileSchema(PlanLineSchema):
    """A version of a plan: its file as it was written, and what it says as values."""

    text = fields.String()
    content = fields.Dict()


class PlanTextSchema(Strict):
    """A plan file. The page docs/plans.md says what may stand in it."""

    text = fields.String(required=True, validate=validate.Length(1, TEXT_MAX))


class Value(fields.Field[Any]):
    """A whole number, or a text."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int | str:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValidationError("a whole number or a text is needed")
        if isinstance(value, str):
            printable(value)
        if len(str(value)) > limits.name_length_max:
            raise ValidationError("the value is too long")
        return value


class ContractSchema(Strict):
    """An agreement with a customer. What is changed holds for work orders opened from then on."""

    id = fields.UUID(dump_only=True)
    code = Text(required=True)
    customer_id = fields.UUID(required=True)
    customer_name = fields.String(dump_only=True)
    site_id = fields.UUID(load_default=None, allow_none=True)
    asset_id = fields.UUID(load_default=None, allow_none=True)
    plan_id = fields.UUID(required=True)
    plan_name = fields.String(dump_only=True)
    plan_version = fields.Integer(dump_only=True)
    starts = Day(required=True)
    ends = Day(load_default=None, allow_none=True)
    parameters = fields.Dict(
        keys=fields.String(validate=NAME),
        values=Value(),
        load_default=dict,
        validate=validate.Length(max=BLANKS_MAX),
        metadata={"description": "what the plan leaves blank, by name"},
    )
    dates = fields.Dict(
        keys=fields.String(validate=NAME),
        values=Text(),
        load_default=dict,
        validate=validate.Length(max=BLANKS_MAX),
        metadata={"description": "with what terms begin: paid, accepted, purchased"},
    )
    fixed = fields.Dict(
        keys=fields.String(validate=validate.OneOf(list(ASKED))),
        values=fields.String(validate=NAME),
        load_default=dict,
        metadata={"description": "what is so in every case, such as the stage"},
    )


class CompanyDaySchema(Strict):
    """A day on which the company is closed (off) or works, other than the holidays say."""

    id = fields.UUID(dump_only=True)
    day = Day(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(["off", "work"]))
    name = Text(required=True)
    since = Instant(dump_only=True)
    until = Instant(dump_only=True, allow_none=True)


PLANS = Listing(
    ServicePlan,
    PlanLineSchema,
    filters={"name": equal(ServicePlan.name)},
    search=(ServicePlan.name,),
)
CONTRACTS = Listing(
    Contract,
    ContractSchema,
    sorts={"code": Contract.code, "starts": Contract.starts, "ends": Contract.ends},
    filters={
        "customer": equal(Contract.customer_id),
        "site": equal(Contract.site_id),
        "asset": equal(Contract.asset_id),
        "plan": Filter(Text(), lambda name: ServicePlan.name == name),
        "code": equal(Contract.code),
    },
    search=(Contract.code, Customer.name, ServicePlan.name),
    beside={
        "customer_name": Customer.name,
        "plan_name": ServicePlan.name,
        "plan_version": ServicePlan.version,
    },
    joined=lambda query: query.join(Customer, Customer.id == Contract.customer_id).join(
        ServicePlan, ServicePlan.id == Contract.plan_id
    ),
)
COMPANY_DAYS = Listing(
    CompanyDay,
    CompanyDaySchema,
    sorts={"day": CompanyDay.day},
    filters={"from": since(CompanyDay.since), "kind": equal(CompanyDay.kind, ("off", "work"))},
    search=(CompanyDay.name,),
)


def _make_day(session: Session, now: datetime, values: dict[str, Any]) -> CompanyDay:
    return CompanyDay(id=house().ids.new(now), since=now, until=None, **values)


Table("/contracts", CONTRACTS).register(blp)
Table("/company-days", COMPANY_DAYS, _make_day, editable=False).register(blp)


@blp.route("/company-days/<uuid:id_>/withdraw", methods=["POST"])
@blp.response(200, CompanyDaySchema)
def withdraw_company_day(id_: UUID) -> dict[str, Any]:
    """From now on the day is as the holidays say; running clocks stay as they are."""
    return end(COMPANY_DAYS, "company_days", id_)


@blp.route("/plans", methods=["GET"])
@blp.arguments(PLANS.arguments(), location="query")
@blp.response(200, PLANS.page_schema())
def list_plans(args: dict[str, Any]) -> dict[str, Any]:
    """List the versions of plans by page."""
    return house().database.read(lambda session: lists.page(session, PLANS, args))


@blp.route("/plans", methods=["POST"])
@blp.arguments(PlanTextSchema)
@blp.response(201, PlanFileSchema)
def add_plan(values: dict[str, Any]) -> dict[str, Any]:
    """Keep a plan, or a new version of one. What is wrong in the file is told by its line."""

    def body(session: Session, now: datetime) -> dict[str, Any]:
        return keep_plan(session, now, house().ids, values["text"]).values()

    return house().database.transact(body)


@blp.route("/plans/<uuid:id_>", methods=["GET"])
@blp.response(200, PlanFileSchema)
def get_plan(id_: UUID) -> dict[str, Any]:
    """One version of a plan, with its file."""

    def body(session: Session) -> dict[str, Any]:
        row: ServicePlan = look_up(session, ServicePlan, id_)
        return row.values()

    return house().database.read(body)

"""What a visit's document tells."""

from marshmallow import fields

from models.contracts.vocabulary import KINDS as PROMISES
from models.dispatch.rows import VISIT_STATUSES
from models.units import STEPS
from sync.documents.shapes.told import Based, InBoth, Told, many, one_of, said, shape
from sync.facts.kind import hash_field
from sync.facts.photo import PURPOSES


class WindowShape(Told):
    """From when to when the visit is planned."""

    from_ = fields.AwareDateTime(data_key="from")
    to = fields.AwareDateTime()


class CustomerShape(Told):
    """Whose site it is."""

    name = fields.String()


class SiteShape(Told):
    """Where to go; `zone` is its time zone (IANA)."""

    id = fields.UUID()
    name = fields.String()
    address = fields.String()
    zone = fields.String()
    access_notes = fields.String()


class ContactShape(Told):
    """Whom to ask for there."""

    name = fields.String()
    phone = fields.String()


class AssetShape(Told):
    """The customer's device."""

    id = fields.UUID()
    name = fields.String()
    model = fields.String()
    serial = fields.String()
    installed = fields.Date(allow_none=True)
    taken = fields.AwareDateTime(allow_none=True)  # since when it is in our hands
    step = one_of(*STEPS, allow_none=True)  # what was done with it last since then


class PromiseShape(Told):
    """What was promised the customer, by which clause, and until when."""

    kind = one_of(*PROMISES)
    clause = fields.String()
    says = fields.Dict()
    due = fields.AwareDateTime(allow_none=True)
    inclusive = fields.Boolean()
    provisional = fields.Boolean()
    first = fields.Boolean()
    stopped = fields.AwareDateTime(allow_none=True)


class ConditionShape(Told):
    """What a contract asks for before a step, or before closing; `consent` is to what."""

    kind = one_of("consent", "gate")
    rule = fields.String()
    consent = fields.String(allow_none=True)
    clause = fields.String()
    says = fields.Nested(InBoth)


class ItemShape(Told):
    """One work order of the visit, and what is to be done about it."""

    work_order = fields.UUID()
    task = fields.String()
    request = fields.String()
    level = fields.String(metadata=said("the desk's word, or a level of the customer's agreement"))
    due = fields.AwareDateTime(allow_none=True)
    due_basis = fields.String(metadata=said("`manual`, or the clause that says so"))
    promises = many(PromiseShape)
    conditions = many(ConditionShape)
    asset = fields.Nested(AssetShape, allow_none=True)


class MemberShape(Told):
    """Somebody of the crew."""

    name = fields.String()
    role = one_of("lead", "helper")


class PlannedPartShape(Told):
    """A part that will probably be needed."""

    part = fields.UUID()
    quantity = fields.String()


class CoverageShape(Told):
    """Who pays."""

    basis = one_of("none")
    answer = one_of("ask_the_desk")


class PhotoShape(Told):
    """A photo of the visit, and what became of its bytes."""

    sha256 = hash_field()
    purpose = one_of(*PURPOSES)
    state = one_of("promised", "missing", "arrived", "present", "unreadable", "erased", "given_up")


class ProposalShape(Told):
    """What one of the crew would have otherwise, and what the desk said to it."""

    kind = fields.String(metadata=said("the kind of the fact that proposed it"))
    about = fields.UUID()
    fields_ = fields.Dict(data_key="fields", attribute="fields")
    state = one_of("proposed", "accepted", "set_aside")
    at = fields.AwareDateTime()


class MoneyShape(Told):
    """What the technician spent or was paid on the visit, in minor units of the currency."""

    kind = one_of("expense", "payment")
    what = fields.String()
    amount = fields.Integer()
    currency = fields.String()
    at = fields.AwareDateTime()


@shape("visit")
class VisitShape(Based):
    """The job packet: everything to do one visit, without a network."""

    status = one_of(*VISIT_STATUSES)
    window = fields.Nested(WindowShape)
    customer = fields.Nested(CustomerShape)
    site = fields.Nested(SiteShape)
    contacts = many(ContactShape)
    items = many(ItemShape)
    crew = many(MemberShape)
    checklist = many(fields.String())
    parts_planned = many(PlannedPartShape)
    loaner_duty = fields.UUID(allow_none=True)
    to_sign = many(fields.String())
    consents = many(fields.String())
    coverage = fields.Nested(CoverageShape)
    records = many(fields.UUID())
    photos = many(PhotoShape)
    proposals = many(ProposalShape)
    money = many(MoneyShape)

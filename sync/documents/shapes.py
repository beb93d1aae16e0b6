"""What the data of each document type look like, for whoever writes a client.

Documents are made by hand and not by these; a test holds the two together. Every field is always
there, unless its metadata say `sometimes`. Clients let pass what they do not know.
"""

from typing import Any

from marshmallow import Schema, fields, validate

from models.records.sealing import HASH_FORM

SOMETIMES = {"sometimes": True}


class Told(Schema):
    """What a document says, or a part of it."""


SHAPES: dict[str, type[Told]] = {}


def shape(type_: str) -> Any:
    """Register the shape of the document type."""

    def register(cls: type[Told]) -> type[Told]:
        SHAPES[type_] = cls
        return cls

    return register


def one_of(*choices: str, **kwargs: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(choices), **kwargs)


def sha256(**kwargs: Any) -> fields.String:
    return fields.String(validate=validate.Regexp(rf"\A{HASH_FORM.pattern}\Z"), **kwargs)


def many(inner: Any) -> Any:
    """A list of them."""
    is_schema = isinstance(inner, type) and issubclass(inner, Schema)
    return fields.List(fields.Nested(inner) if is_schema else inner)


class InBoth(Told):
    """The same in Chinese and in English; where one is empty, show the other."""

    zh = fields.String()
    en = fields.String()


class Based(Told):
    """What every document has: `basis` is repeated in `seen`; empty where nothing depends on it."""

    basis = fields.String()


# Visits


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


class PromiseShape(Told):
    """What was promised the customer, by which clause, and until when."""

    kind = fields.String()
    clause = fields.String()
    says = fields.Dict()
    due = fields.AwareDateTime(allow_none=True)
    inclusive = fields.Boolean()
    provisional = fields.Boolean()
    first = fields.Boolean()
    stopped = fields.AwareDateTime(allow_none=True)


class ItemShape(Told):
    """One work order of the visit, and what is to be done about it."""

    work_order = fields.UUID()
    task = fields.String()
    request = fields.String()
    level = fields.String()
    due = fields.AwareDateTime(allow_none=True)
    due_basis = fields.String(allow_none=True)
    promises = many(PromiseShape)
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

    basis = fields.String()
    answer = fields.String()


class PhotoShape(Told):
    """A photo of the visit, and what became of its bytes."""

    sha256 = sha256()
    purpose = fields.String()
    state = one_of("promised", "missing", "arrived", "present", "unreadable", "erased")


@shape("visit")
class VisitShape(Based):
    """The job packet: everything to do one visit, without a network."""

    status = fields.String()
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


# The user


class TerritoryShape(Told):
    """Where the user works."""

    code = fields.String()
    name = fields.String()
    tier = fields.String()
    zone = fields.String()


class PlaceShape(Told):
    """A place that the user keeps."""

    id = fields.UUID()
    kind = fields.String()
    code = fields.String()
    name = fields.String()


class CompanyShape(Told):
    """For whom the user works."""

    name = fields.String()
    zone = fields.String()


@shape("profile")
class ProfileShape(Based):
    """The user, and what a device shows of them."""

    name = fields.String()
    full_name = fields.String()
    role = fields.String()
    language = fields.String()
    territory = fields.Nested(TerritoryShape, allow_none=True)
    places = many(PlaceShape)
    company = fields.Nested(CompanyShape)


class ChoiceShape(InBoth):
    """One answer to choose."""

    code = fields.String()


class QuestionShape(InBoth):
    """What is asked, and how it can be answered."""

    choices = many(ChoiceShape)


@shape("notice")
class NoticeShape(Based):
    """What the desk tells or asks."""

    from_ = fields.String(data_key="from")
    sent = fields.AwareDateTime()
    valid_until = fields.AwareDateTime()
    visit = fields.UUID(allow_none=True)
    text = fields.Nested(InBoth)
    question = fields.Nested(QuestionShape, allow_none=True)


# What the user keeps


class LineShape(Told):
    """So much of a part; `lot` and `serial` are null where it has none."""

    part = fields.UUID()
    lot = fields.String(allow_none=True)
    serial = fields.String(allow_none=True)
    quantity = fields.String()


@shape("stock")
class StockShape(Based):
    """What lies at a place, as of the last move."""

    kind = fields.String()
    code = fields.String()
    name = fields.String()
    as_of = fields.AwareDateTime(allow_none=True)
    lines = many(LineShape)


class HolderShape(Told):
    """Where it is: a place of ours, or a customer's site."""

    type = fields.String()
    id = fields.UUID()


@shape("loaner")
class LoanerShape(Based):
    """A loaner device, and who has it."""

    model = fields.String()
    serial = fields.String()
    accessories = fields.String()
    holder = fields.Nested(HolderShape)
    since = fields.AwareDateTime()
    due = fields.Date(allow_none=True)
    overdue = fields.Boolean()


# Records and standing


class PartShape(Told):
    """A sealed part: its hash, with salt and text, or with when and why it was erased."""

    hash = sha256()
    salt = fields.String(metadata=SOMETIMES)
    text = fields.String(metadata=SOMETIMES)
    erased = fields.AwareDateTime(metadata=SOMETIMES, allow_none=True)
    under = fields.String(metadata=SOMETIMES, allow_none=True)


class VersionShape(Told):
    """One sealed version."""

    number = fields.Integer()
    root = sha256()
    content_code = sha256()
    sealed = fields.AwareDateTime()
    result = fields.String()
    sign_off = fields.String()
    parts = fields.Dict(keys=fields.String(), values=fields.Nested(PartShape))


@shape("record")
class RecordShape(Based):
    """A sealed record with all its versions."""

    visit = fields.UUID()
    versions = many(VersionShape)


class OwnFactShape(Told):
    """How one of the device's facts stands, and for which reason it is held."""

    id = fields.UUID()
    state = one_of("waiting", "effective", "held")
    reason = fields.String(allow_none=True)


class FoundShape(InBoth):
    """Something that a person looks at."""

    code = fields.String()


@shape("standing")
class StandingShape(Based):
    """How the device's facts about one subject stand."""

    facts = many(OwnFactShape)
    findings = many(FoundShape)


# The catalogue


@shape("part")
class CataloguePartShape(Based):
    """A part of the catalogue."""

    code = fields.String()
    name = fields.String()
    unit = fields.String()
    tracking = one_of("none", "lot", "serial")


@shape("fault_code")
class FaultCodeShape(Based):
    """A code; an inactive one is shown where it was used, and not offered."""

    code = fields.String()
    kind = one_of("fault", "cause", "remedy")
    name = fields.Nested(InBoth)
    active = fields.Boolean()


@shape("article")
class ArticleShape(Based):
    """What is known of a trouble; with no models it is about all."""

    code = fields.String()
    language = fields.String()
    title = fields.String()
    body = fields.String()
    models = many(fields.String())

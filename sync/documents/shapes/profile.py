"""What the user's own document tells."""

from marshmallow import fields

from models.people import Role
from sync.documents.shapes.told import Based, Told, many, one_of, shape


class TerritoryShape(Told):
    """Where the user works."""

    code = fields.String()
    name = fields.String()
    tier = one_of("local", "nearby", "remote")
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
    role = one_of(*Role)
    language = one_of("zh", "en")
    territory = fields.Nested(TerritoryShape, allow_none=True)
    places = many(PlaceShape)
    company = fields.Nested(CompanyShape)

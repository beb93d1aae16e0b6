"""What the documents of the catalogue tell."""

from marshmallow import fields

from sync.documents.shapes.told import Based, InBoth, many, one_of, shape


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

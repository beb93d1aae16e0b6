"""What a device is told of its facts."""

from marshmallow import fields

from sync.documents.shapes.told import Based, InBoth, Told, many, one_of, shape

REASONS = ("unknown_subject", "not_assigned", "revoked", "newer", "error")


class OwnFactShape(Told):
    """How one of the device's facts stands, and for which reason it is held."""

    id = fields.UUID()
    state = one_of("waiting", "effective", "held")
    reason = one_of(*REASONS, allow_none=True)


class FoundShape(InBoth):
    """Something that a person looks at."""

    code = fields.String()


@shape("standing")
class StandingShape(Based):
    """How the device's facts about one subject stand."""

    facts = many(OwnFactShape)
    findings = many(FoundShape)

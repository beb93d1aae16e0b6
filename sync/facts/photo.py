"""Photos, promised before their bytes arrive."""

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import fields, validate

from models.dispatch.lifecycle import VisitState
from models.ids import derived
from models.photos import PHOTO_TYPES, PHOTOS_MAX, Photo
from models.timeline import Stated
from sync import limits
from sync.facts.kind import Data, Kind, PartHashes, hash_field

PURPOSES = ("before", "after", "defect", "loaner", "other")


class Promise(Data):
    """Hash, size in bytes and media type of the bytes to come."""

    sha256 = hash_field(required=True)
    size = fields.Integer(
        required=True, strict=True, validate=validate.Range(1, limits.photo_bytes_max)
    )
    type = fields.String(required=True, validate=validate.OneOf(PHOTO_TYPES))


class PhotoData(Data):
    """The promise, and what the photo shows."""

    photo = fields.Nested(Promise, required=True)
    purpose = fields.String(required=True, validate=validate.OneOf(PURPOSES))
    parts = PartHashes(load_default=dict)


class PhotoTaken(Kind):
    """A photo was taken; its bytes follow by upload."""

    name = "photo.taken"
    data = PhotoData
    parts = {"caption": None}

    def promises(self, data: Mapping[str, Any]) -> Sequence[tuple[str, int]]:
        return [(data["photo"]["sha256"], data["photo"]["size"])]

    def effect(self, state: VisitState, fact: Stated) -> None:
        if sum(isinstance(row, Photo) for row in state.rows) >= PHOTOS_MAX:
            state.find("visit.too_many_photos", fact.happened, most=PHOTOS_MAX)
            return
        promise = fact.data["photo"]
        photo = Photo(
            id=derived("photo", fact.key),
            visit_id=state.subject.id,
            fact_key=fact.key,
            sha256=promise["sha256"],
            size=promise["size"],
            type=promise["type"],
            purpose=fact.data["purpose"],
        )
        state.rows.append(photo)

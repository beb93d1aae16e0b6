"""Photos by visit, and their bytes by hash: the original for the staff, previews for more."""

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import Schema, fields
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.auth import device, house, reached
from api.blobs import blob
from api.blueprint import Blueprint
from api.deciding import decided
from api.schemas import BYTES, Strict, Text
from models.dispatch.rows import Assignment, Visit
from models.photos import (
    MISSING,
    PREVIEW_TYPE,
    PREVIEWS,
    Photo,
    PhotoBytes,
    photo_bytes_id,
    preview_name,
)
from models.refusals import Refused
from sync.photos import missing_of

blp = Blueprint("photos", __name__, description="Photos")

SHA256 = "<string(length=64):sha256>"


class PhotoSchema(Schema):
    """A promised photo, whether its bytes are there, and what was seen in them."""

    sha256 = fields.String()
    size = fields.Integer()
    type = fields.String()
    purpose = fields.String()
    state = fields.String()
    real_type = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    seen = fields.Dict()


class PhotosSchema(Schema):
    """The photos of a visit."""

    items = fields.List(fields.Nested(PhotoSchema))


class ErasedSchema(Schema):
    """What became of the photo."""

    sha256 = fields.String()
    state = fields.String()


class ErasingSchema(Strict):
    """The rule under which a photo is erased."""

    under = Text(required=True)


@blp.route("/visits/<uuid:id_>/photos", methods=["GET"])
@blp.response(200, PhotosSchema)
def list_visit_photos(id_: UUID) -> dict[str, Any]:
    """The photos that were promised of a visit."""

    def body(session: Session) -> dict[str, Any]:
        if session.scalar(select(Visit.id).where(Visit.id == id_, *reached(Visit.id))) is None:
            raise Refused("unknown", "id")
        query = (
            select(Photo, PhotoBytes)
            .outerjoin(PhotoBytes, PhotoBytes.sha256 == Photo.sha256)
            .where(Photo.visit_id == id_)
            .order_by(Photo.id)
        )
        rows = session.execute(query).all()
        missing = missing_of(session, [photo.sha256 for photo, _ in rows])
        return {"items": [_told(photo, bytes_, missing) for photo, bytes_ in rows]}

    return house().database.read(body)


def _told(photo: Photo, bytes_: PhotoBytes | None, missing: set[str]) -> dict[str, Any]:
    if bytes_ is None:
        state = MISSING if photo.sha256 in missing else "promised"
        return {**photo.values(), "state": state, "real_type": None, "reason": None, "seen": {}}
    what = {"state": bytes_.state, "reason": bytes_.reason, "seen": bytes_.seen}
    return {**photo.values(), **what, "real_type": bytes_.type}


@blp.route(f"/photos/{SHA256}", methods=["GET"])
@blp.response(200, BYTES, content_type="image/*")
@blp.alt_response(200, schema=BYTES, content_type="application/octet-stream", success=True)
@blp.alt_response(206, schema=BYTES, content_type="image/*", success=True)
@blp.alt_response(304, "NOT_MODIFIED")
@blp.alt_response(410, description="The photo was erased")
def get_photo(sha256: str) -> Response:
    """The original as it was brought, as a file. Technicians see those of their visits."""
    return blob(sha256, _of_staff(sha256).type, attachment=True)


@blp.route(f"/photos/{SHA256}/<int:side>", methods=["GET"])
@blp.response(200, BYTES, content_type=PREVIEW_TYPE)
def get_preview(sha256: str, side: int) -> Response:
    """A preview, 320 or 1,600 pixels on its longer side: upright, and nothing but the picture."""
    return _preview(_of_staff(sha256), side)


@blp.route(f"/sync/photos/{SHA256}/<int:side>", methods=["GET"])
@blp.response(200, BYTES, content_type=PREVIEW_TYPE)
def get_preview_for_device(sha256: str, side: int) -> Response:
    """A preview for the phone of somebody who is assigned to the visit."""
    if device().revoked is not None:  # It is told nothing any more.
        raise Refused("unknown", "sha256")
    return _preview(_of_assigned(sha256, device().user_id), side)


@blp.route(f"/photos/{SHA256}/erase", methods=["POST"])
@blp.arguments(ErasingSchema)
@blp.response(200, ErasedSchema)
@blp.alt_response(410, description="It was erased already")
def erase_photo(args: dict[str, Any], sha256: str) -> dict[str, Any]:
    """Erase a photo for ever, under a rule: original and previews go, and are never taken again."""
    decided("photo.erased", {"sha256": sha256, "under": args["under"]})
    return {"sha256": sha256, "state": "erased"}


def _preview(bytes_: PhotoBytes, side: int) -> Response:
    if side not in PREVIEWS or bytes_.state != "present":
        raise Refused("unknown", "side", f"it is {bytes_.state}; sides are 320 and 1600")
    return blob(preview_name(bytes_.sha256, side), PREVIEW_TYPE)


def _of_staff(sha256: str) -> PhotoBytes:
    """The photo's bytes, for a technician of visits only to which they were ever assigned."""
    shown = select(Photo.sha256).where(Photo.sha256 == sha256)
    mine = [PhotoBytes.sha256.in_(shown.where(visit)) for visit in reached(Photo.visit_id)]

    def body(session: Session) -> PhotoBytes | None:
        return session.scalar(select(PhotoBytes).where(PhotoBytes.sha256 == sha256, *mine))

    return _there(house().database.read(body))


def _of_assigned(sha256: str, user_id: UUID) -> PhotoBytes:
    """The photo's bytes, if the user is assigned now to a visit that shows it. Raises Refused."""

    def body(session: Session) -> PhotoBytes | None:
        if not _is_shown_to(session, sha256, user_id):
            return None
        return session.get(PhotoBytes, photo_bytes_id(sha256))

    return _there(house().database.read(body))


def _there(bytes_: PhotoBytes | None) -> PhotoBytes:
    if bytes_ is None:
        raise Refused("unknown", "sha256")
    if bytes_.state == "erased":
        raise Refused("erased", "sha256")
    return bytes_


def _is_shown_to(session: Session, sha256: str, user_id: UUID) -> bool:
    query = (
        select(Photo.id)
        .join(Assignment, Assignment.visit_id == Photo.visit_id)
        .where(Photo.sha256 == sha256)
        .where(Assignment.user_id == user_id, Assignment.until.is_(None))
    )
    return session.scalar(query.limit(1)) is not None

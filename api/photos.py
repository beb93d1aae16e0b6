"""Photos as the office sees them: by visit, and their bytes by hash."""

from typing import Any
from uuid import UUID

from flask import Response, send_file
from marshmallow import Schema, fields
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.auth import OFFICE, house, staff
from api.blueprint import Blueprint
from api.tables import look_up
from models.dispatch.rows import Visit
from models.photos import Photo, PhotoBytes, photo_bytes_id
from models.refusals import Refused

blp = Blueprint("photos", __name__, description="Photos")


class PhotoSchema(Schema):
    """A promised photo, and whether its bytes are there."""

    sha256 = fields.String()
    size = fields.Integer()
    type = fields.String()
    purpose = fields.String()
    state = fields.String()


class PhotosSchema(Schema):
    """The photos of a visit."""

    items = fields.List(fields.Nested(PhotoSchema))


@blp.route("/visits/<uuid:id_>/photos", methods=["GET"])
@staff(*OFFICE)
@blp.response(200, PhotosSchema)
def photos_of_visit(id_: UUID) -> dict[str, Any]:
    """The photos that were promised of a visit."""

    def body(session: Session) -> dict[str, Any]:
        look_up(session, Visit, id_)
        query = (
            select(Photo, PhotoBytes.state)
            .outerjoin(PhotoBytes, PhotoBytes.sha256 == Photo.sha256)
            .where(Photo.visit_id == id_)
            .order_by(Photo.id)
        )
        rows = session.execute(query)
        return {"items": [{**row.values(), "state": state or "promised"} for row, state in rows]}

    return house().database.read(body)


@blp.route("/photos/<string(length=64):sha256>", methods=["GET"])
@staff(*OFFICE)
@blp.response(200, {"type": "string", "format": "binary"}, content_type="image/*")
def photo(sha256: str) -> Response:
    """The original's bytes, as an attachment of the type that they really are."""
    bytes_ = house().database.read(lambda session: session.get(PhotoBytes, photo_bytes_id(sha256)))
    if bytes_ is None or sha256 not in house().blobs:
        raise Refused("unknown", "sha256")
    response = send_file(
        house().blobs.path(sha256),
        mimetype=bytes_.type or "application/octet-stream",
        as_attachment=True,
        download_name=sha256,
        etag=sha256,
        max_age=31_536_000,
    )
    # What was asked for with a token must not be given to others by a cache in between.
    response.cache_control.public = False
    response.cache_control.private = True
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response

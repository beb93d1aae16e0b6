"""The signatures of a sealed record, as pictures."""

from uuid import UUID

from flask import Response

from api.auth import house
from api.blobs import blob
from api.blueprint import Blueprint
from models.records.signatures import SIGNATURE_TYPES, signature_name, signature_part
from models.refusals import Refused

blp = Blueprint("signatures", __name__, description="Signatures as pictures")

IMAGE = {"type": "string", "format": "binary"}


RECORD = "/records/<uuid:id_>/signatures/<string:role>"


@blp.route(f"{RECORD}.png", methods=["GET"])
@blp.response(200, IMAGE, content_type="image/png")
def get_signature_png(id_: UUID, role: str) -> Response:
    """The technician's or the customer's signature, black on nothing, in pixels."""
    return _picture(id_, role, "png")


@blp.route(f"{RECORD}.svg", methods=["GET"])
@blp.response(200, IMAGE, content_type="image/svg+xml")
def get_signature_svg(id_: UUID, role: str) -> Response:
    """The same, in lines: right at any size."""
    return _picture(id_, role, "svg")


def _picture(id_: UUID, role: str, ending: str) -> Response:
    part = house().database.read(lambda session: signature_part(session, id_, role))
    if part is None:
        raise Refused("unknown", "role")
    return blob(signature_name(part.hash, ending), SIGNATURE_TYPES[ending])

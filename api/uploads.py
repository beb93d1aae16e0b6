"""Uploads by tus 1.0: core, creation, creation-with-upload, checksum and expiration.

No lock outlives its connection, and what arrived before a break is kept.
"""

from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Response, abort, request, url_for
from marshmallow import fields
from sqlalchemy.orm import Session
from werkzeug.http import http_date

from api import tus, tus_described
from api.auth import device, house
from api.blueprint import Blueprint
from api.errors import CODES, problem
from api.receiving import Spoilt, receive
from api.schemas import Strict
from models.uploads import Upload, begin_upload, hashes_brought
from sync import limits
from sync.arriving import Arriving, Busy, Overtaken
from sync.envelope import Few
from sync.facts.kind import hash_field

blp = Blueprint("uploads", __name__, description="Photo bytes, by tus 1.0")


class LackingArgs(Strict):
    """Hashes of promised photos that the device still has."""

    hashes = Few(
        hash_field(),
        limits.hashes_asked_max,
        required=True,
    )


class LackingSchema(Strict):
    """Those of them that are still wanted."""

    lacking = fields.List(fields.String())


@blp.after_request
def _tus(response: Response) -> Response:
    response.headers["Tus-Resumable"] = tus.VERSION
    response.headers["Cache-Control"] = "no-store"
    if response.status_code == HTTPStatus.PRECONDITION_FAILED:
        response.headers["Tus-Version"] = tus.VERSION
    return response


@blp.errorhandler(Spoilt)
def _spoilt(error: Spoilt) -> Response:
    code, remedy = CODES[460]
    if error.piece:
        remedy = "Ask by HEAD where to go on, and send the piece again from there."
    return problem(460, code, "The bytes do not have the hash that was said", remedy)


@blp.errorhandler(Busy)
@blp.errorhandler(Overtaken)
def _locked(error: Busy | Overtaken) -> Response:
    code, remedy = CODES[423]
    return problem(423, code, "Locked", remedy, detail="a newer connection sends this upload")


@blp.route("/uploads", methods=["OPTIONS"], provide_automatic_options=False)
@blp.response(204)
def describe_uploads() -> Response:
    """What this server can do."""
    response = Response(status=204)
    response.headers["Tus-Version"] = tus.VERSION
    response.headers["Tus-Extension"] = tus.EXTENSIONS
    response.headers["Tus-Checksum-Algorithm"] = ",".join(tus.ALGORITHMS)
    response.headers["Tus-Max-Size"] = str(limits.photo_bytes_max)
    return response


@blp.route("/uploads", methods=["POST"])
@blp.response(201)
@blp.doc(**tus_described.CREATE)
def create_upload() -> Response:
    """Begin an upload of promised bytes, or find the one that was begun; a body is its start."""
    tus.check_version()
    size, sha256 = tus.upload_length(), tus.promised_hash()

    def body(session: Session, now: datetime) -> Upload:
        return begin_upload(session, now, house().ids, device(), sha256, size)

    upload = house().database.transact(body)
    arriving = Arriving.of(house(), upload)
    here = receive(arriving, None) if request.mimetype == tus.MEDIA else arriving.offset()
    response = _standing(Response(status=201), upload, here)
    response.headers["Location"] = url_for("uploads.get_upload_progress", id_=upload.id)
    return response


@blp.route("/uploads/<uuid:id_>", methods=["HEAD"])
@blp.response(200)
@blp.doc(**tus_described.PROGRESS)
def get_upload_progress(id_: UUID) -> Response:
    """How many bytes are here. Never waits for a writer."""
    tus.check_version()
    upload = _own(id_)
    arriving = Arriving.of(house(), upload)
    if arriving.offset() == arriving.size:
        with suppress(Busy):
            arriving.finish()
    response = _standing(Response(status=200), upload, arriving.offset())
    response.headers["Upload-Length"] = str(upload.size)
    response.headers["Upload-Metadata"] = tus.metadata(upload.sha256)
    return response


@blp.route("/uploads/<uuid:id_>", methods=["PATCH"])
@blp.response(204)
@blp.doc(**tus_described.APPEND)
def append_bytes(id_: UUID) -> Response:
    """Append bytes at the offset where the last ones ended."""
    return _append(id_)


@blp.route("/uploads/<uuid:id_>", methods=["POST"])
@blp.response(204)
@blp.alt_response(405, description="X-HTTP-Method-Override is missing")
def append_bytes_by_post(id_: UUID) -> Response:
    """Append bytes from where no PATCH gets through: with X-HTTP-Method-Override: PATCH."""
    if request.headers.get("X-HTTP-Method-Override") != "PATCH":
        abort(405, valid_methods=["HEAD", "PATCH"])
    return _append(id_)


def _append(id_: UUID) -> Response:
    tus.check_version()
    if request.mimetype != tus.MEDIA:
        abort(415, f"send {tus.MEDIA}")
    upload = _own(id_)
    here = receive(Arriving.of(house(), upload), tus.upload_offset())
    return _standing(Response(status=204), upload, here)


@blp.route("/uploads/lacking", methods=["POST"])
@blp.arguments(LackingArgs)
@blp.response(200, LackingSchema)
def list_lacking_photos(args: dict[str, Any]) -> dict[str, Any]:
    """Of these hashes, those whose bytes no device of this user has brought yet."""
    user_id, hashes = device().user_id, args["hashes"]
    brought = house().database.read(lambda session: hashes_brought(session, user_id, hashes))
    here = {sha256 for sha256, erased in brought.items() if erased or sha256 in house().blobs}
    return {"lacking": [sha256 for sha256 in hashes if sha256 not in here]}


def _own(id_: UUID) -> Upload:
    upload = house().database.read(lambda session: session.get(Upload, id_))
    if upload is None or upload.device_id != device().id:
        abort(404, "there is no such upload of this device")
    return upload


def _standing(response: Response, upload: Upload, offset: int) -> Response:
    """The answer with how far the upload has come, and until when it waits for the rest."""
    response.headers["Upload-Offset"] = str(offset)
    if offset < upload.size:
        response.headers["Upload-Expires"] = http_date(upload.expires)
    return response

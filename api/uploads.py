"""Uploads by tus 1.0: core and creation.

No lock outlives its connection, and what arrived before a break is kept.
"""

import base64
import binascii
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
from typing import Any, BinaryIO
from uuid import UUID

from flask import Response, abort, request, url_for
from marshmallow import fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.arriving import Arriving, Busy
from api.auth import device, enrolled, house
from api.blueprint import Blueprint
from api.errors import CODES, problem
from api.schemas import Strict
from models.people import Device
from models.photos import Upload, begin_upload
from models.records.sealing import HASH_FORM
from sync import limits

blp = Blueprint("uploads", __name__, description="Photo bytes, by tus 1.0")

VERSION = "1.0.0"
READ_BYTES = 16 * 1024  # A connection that is reset loses at most this much of what arrived.
DIGITS_MAX = 18
MEDIA = "application/offset+octet-stream"


class LackingArgs(Strict):
    """Hashes of promised photos that the device still has."""

    hashes = fields.List(
        fields.String(validate=validate.Regexp(rf"\A{HASH_FORM.pattern}\Z")),
        required=True,
        validate=validate.Length(max=500),
    )


class LackingSchema(Strict):
    """Those of them that are still wanted."""

    lacking = fields.List(fields.String())


@blp.after_request
def _tus(response: Response) -> Response:
    response.headers["Tus-Resumable"] = VERSION
    response.headers["Cache-Control"] = "no-store"
    if response.status_code == HTTPStatus.PRECONDITION_FAILED:
        response.headers["Tus-Version"] = VERSION
    return response


@blp.route("/uploads", methods=["OPTIONS"], provide_automatic_options=False)
@blp.response(204)
def describe() -> Response:
    """What this server can do."""
    response = Response(status=204)
    response.headers["Tus-Version"] = VERSION
    response.headers["Tus-Extension"] = "creation"
    response.headers["Tus-Max-Size"] = str(limits.photo_bytes_max)
    return response


@blp.route("/uploads", methods=["POST"])
@enrolled
@blp.response(201)
def create() -> Response:
    """Begin an upload of promised bytes, or find the one that was begun."""
    _check_version()
    size, sha256 = _length(), _promised_hash()

    def body(session: Session, now: datetime) -> Upload:
        return begin_upload(session, now, house().ids, device(), sha256, size)

    upload = house().database.transact(body)
    response = Response(status=201)
    response.headers["Location"] = url_for("uploads.progress", id_=upload.id)
    response.headers["Upload-Offset"] = str(Arriving.of(house(), upload).offset())
    return response


@blp.route("/uploads/<uuid:id_>", methods=["HEAD"])
@enrolled
@blp.response(200)
def progress(id_: UUID) -> Response:
    """How many bytes are here. Never waits for a writer."""
    _check_version()
    arriving = _own(id_)
    if arriving.offset() == arriving.size:
        with suppress(Busy), arriving.writing() as file:
            arriving.finish(file)
    response = Response(status=200)
    response.headers["Upload-Offset"] = str(arriving.offset())
    response.headers["Upload-Length"] = str(arriving.size)
    return response


@blp.route("/uploads/<uuid:id_>", methods=["PATCH"])
@enrolled
@blp.response(204)
def append(id_: UUID) -> Response:
    """Append bytes at the offset where the last ones ended."""
    _check_version()
    if request.mimetype != MEDIA:
        abort(415, f"send {MEDIA}")
    arriving = _own(id_)
    try:
        with arriving.writing() as file:
            fits = _take(arriving, file)
    except Busy:
        abort(423, "another connection is sending this upload")
    if not fits:
        code, remedy = CODES[460]
        return problem(460, code, "The bytes do not have the promised hash", remedy)
    response = Response(status=204)
    response.headers["Upload-Offset"] = str(arriving.offset())
    return response


@blp.route("/uploads/lacking", methods=["POST"])
@enrolled
@blp.arguments(LackingArgs)
@blp.response(200, LackingSchema)
def lacking(args: dict[str, Any]) -> dict[str, Any]:
    """Of these hashes, those whose bytes no device of this user has brought yet."""

    def body(session: Session) -> list[str]:
        query = (
            select(Upload.sha256)
            .join(Device, Device.id == Upload.device_id)
            .where(Device.user_id == device().user_id)
            .where(Upload.sha256.in_(args["hashes"]), Upload.finished.is_not(None))
        )
        here = {sha256 for sha256 in session.scalars(query) if sha256 in house().blobs}
        return [sha256 for sha256 in args["hashes"] if sha256 not in here]

    return {"lacking": house().database.read(body)}


def _check_version() -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        abort(412, f"send Tus-Resumable: {VERSION}")


def _length() -> int:
    text = request.headers.get("Upload-Length", "")
    if not text.isascii() or not text.isdigit() or len(text) > DIGITS_MAX:
        abort(400, "Upload-Length is needed, in bytes")
    size = int(text)
    if size > limits.photo_bytes_max:
        abort(413, f"a photo has at most {limits.photo_bytes_max} bytes")
    return size


def _promised_hash() -> str:
    """`sha256` of Upload-Metadata: hexadecimal, in base64 as tus wants it."""
    pairs = [pair.split() for pair in request.headers.get("Upload-Metadata", "").split(",")]
    found = {pair[0]: pair[1] for pair in pairs if len(pair) == 2}
    try:
        sha256 = base64.b64decode(found.get("sha256", ""), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        sha256 = ""
    if not HASH_FORM.fullmatch(sha256):
        abort(400, "Upload-Metadata needs sha256, the hash in hexadecimal, encoded as base64")
    return sha256


def _own(id_: UUID) -> Arriving:
    upload = house().database.read(lambda session: session.get(Upload, id_))
    if upload is None or upload.device_id != device().id:
        abort(404, "there is no such upload of this device")
    return Arriving.of(house(), upload)


def _check_offset(here: int) -> None:
    if request.headers.get("Upload-Offset") != str(here):
        abort(409, f"the upload stands at {here}")


def _take(arriving: Arriving, file: BinaryIO) -> bool:
    """Write what comes, and take the whole in; False if it is not what was promised."""
    if arriving.is_finished():
        arriving.finish(file)
        _check_offset(arriving.size)
        return True
    _check_offset(file.tell())
    _receive(file, arriving.size)
    return file.tell() < arriving.size or arriving.finish(file)


def _receive(file: BinaryIO, size: int) -> None:
    """Write what comes, up to the promised size; what came before a break stays."""
    request.max_content_length = size
    while (room := size - file.tell()) > 0:
        try:
            piece = request.stream.read(min(READ_BYTES, room))
        except OSError:
            return
        if not piece:
            return
        file.write(piece)

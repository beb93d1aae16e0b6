"""Uploads by tus 1.0: core and creation. How far one has come is the length of its file.

No lock outlives its connection: the file is locked by the process that writes it, and what arrived
before a break is kept.
"""

import base64
import binascii
import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from flask import Response, abort, request, url_for
from flask_smorest import Blueprint
from marshmallow import fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.auth import device, enrolled, house
from api.schemas import Strict
from models import outbox
from models.derived import Source
from models.dialect import insert_missing
from models.feed import mark
from models.photos import PhotoBytes, Upload, photo_bytes_id, photo_job, promised_size
from models.records.sealing import HASH_FORM
from models.refusals import Refused
from sync import limits

blp = Blueprint("uploads", __name__, description="Photo bytes, by tus 1.0")

VERSION = "1.0.0"
READ_BYTES = 64 * 1024
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
        promise = promised_size(session, device().user_id, sha256)
        if promise is None:
            raise Refused("unknown", "sha256", "state photo.taken and exchange it first")
        if promise != size:
            raise Refused("wrong_value", "Upload-Length", f"{promise} bytes were promised")
        fresh = {
            "id": house().ids.new(now),
            "device_id": device().id,
            "sha256": sha256,
            "size": size,
            "created": now,
            "finished": None,
        }
        insert_missing(session, Upload, [fresh])
        return session.scalars(
            select(Upload).where(Upload.device_id == device().id, Upload.sha256 == sha256)
        ).one()

    upload = house().database.transact(body)
    response = Response(status=201)
    response.headers["Location"] = url_for("uploads.progress", id_=upload.id)
    response.headers["Upload-Offset"] = str(_offset(upload))
    return response


@blp.route("/uploads/<uuid:id_>", methods=["HEAD"])
@enrolled
@blp.response(200)
def progress(id_: UUID) -> Response:
    """How many bytes are here. Never waits for a writer."""
    _check_version()
    upload = _own(id_)
    if _offset(upload) == upload.size:
        _finish(upload)
    response = Response(status=200)
    response.headers["Upload-Offset"] = str(_offset(upload))
    response.headers["Upload-Length"] = str(upload.size)
    return response


@blp.route("/uploads/<uuid:id_>", methods=["PATCH"])
@enrolled
@blp.response(204)
def append(id_: UUID) -> Response:
    """Append bytes at the offset where the last ones ended."""
    _check_version()
    if request.mimetype != MEDIA:
        abort(415, f"send {MEDIA}")
    upload = _own(id_)
    if _offset(upload) < upload.size:
        with _writing(upload) as file:
            _check_offset(file.tell())
            _receive(file, upload.size)
    else:
        _check_offset(upload.size)
    offset = _offset(upload)
    if offset == upload.size and not _finish(upload):
        return Response("the bytes are not the promised ones\n", status=460)
    response = Response(status=204)
    response.headers["Upload-Offset"] = str(offset)
    return response


@blp.route("/uploads/lacking", methods=["POST"])
@enrolled
@blp.arguments(LackingArgs)
@blp.response(200, LackingSchema)
def lacking(args: dict[str, Any]) -> dict[str, Any]:
    """Of these hashes, those whose bytes this device still has to bring."""

    def body(session: Session) -> list[str]:
        query = select(Upload.sha256).where(
            Upload.device_id == device().id,
            Upload.sha256.in_(args["hashes"]),
            Upload.finished.is_not(None),
        )
        here = set(session.scalars(query))
        return [sha256 for sha256 in args["hashes"] if sha256 not in here]

    return {"lacking": house().database.read(body)}


def _check_version() -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        abort(412, f"send Tus-Resumable: {VERSION}")


def _length() -> int:
    text = request.headers.get("Upload-Length", "")
    if not text.isascii() or not text.isdigit():
        abort(400, "Upload-Length is needed, in bytes")
    size = int(text[:20])
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


def _own(id_: UUID) -> Upload:
    upload = house().database.read(lambda session: session.get(Upload, id_))
    if upload is None or upload.device_id != device().id:
        abort(404, "there is no such upload of this device")
    return upload


def _file(upload: Upload) -> Path:
    return house().uploads / str(upload.id)


def _offset(upload: Upload) -> int:
    """How many bytes are here: of the finished blob all, else as long as the file is."""
    file = _file(upload)
    if file.exists():
        return file.stat().st_size
    arrived = upload.finished is not None or _moved(upload)
    return upload.size if arrived else 0


def _moved(upload: Upload) -> bool:
    """Whether the file became a blob and the process died before it could say so."""
    marker = _file(upload).with_suffix(".done")
    return marker.exists() and upload.sha256 in house().blobs


@contextmanager
def _writing(upload: Upload) -> Iterator[BinaryIO]:
    """The file at its end, for one writer at a time; the lock goes with the process."""
    with _file(upload).open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            abort(423, "another connection is sending this upload")
        yield file


def _check_offset(here: int) -> None:
    if request.headers.get("Upload-Offset") != str(here):
        abort(409, f"the upload stands at {here}")


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
        file.flush()


def _finish(upload: Upload) -> bool:
    """Take the whole file in under its hash; False, and it starts anew, if it is another."""
    file = _file(upload)
    if upload.finished is not None:
        return True
    if file.exists():
        file.with_suffix(".done").touch()
        if not house().blobs.adopt(file, upload.sha256):
            file.unlink()
            file.with_suffix(".done").unlink()
            return False

    def body(session: Session, now: datetime) -> None:
        session.get_one(Upload, upload.id).finished = now
        sha256 = upload.sha256
        row = {"id": photo_bytes_id(sha256), "sha256": sha256, "size": upload.size}
        insert_missing(
            session, PhotoBytes, [{**row, "type": None, "state": "arrived", "arrived": now}]
        )
        outbox.put(session, now, [photo_job(sha256)])
        mark(session, {Source("photo", sha256)})

    house().database.transact(body)
    file.with_suffix(".done").unlink(missing_ok=True)
    return True

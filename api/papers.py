"""Statements on paper, keyed in with their scan."""

import hashlib
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from uuid import UUID

from flask import Response, abort, request
from marshmallow import Schema, fields, post_load, validate
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge

from api.auth import house, user
from api.blobs import blob
from api.blueprint import Blueprint
from api.schemas import Instant, Strict, Text
from models.bringing import Paper
from models.dispatch.rows import Visit
from models.edits import look_up
from models.records.sealing import HASH_FORM
from sync import limits
from sync.answer import ReceiptSchema
from sync.paper import Statement, Writing, key_in

blp = Blueprint("papers", __name__, description="Statements on paper")

SCANS = ("application/pdf", "image/jpeg", "image/png", "image/webp")
BINARY = {"schema": {"type": "string", "format": "binary"}}
READ_BYTES = 64 * 1024


class ScanSchema(Schema):
    """The scan's SHA-256, by which a paper names it."""

    sha256 = fields.String()
    size = fields.Integer()


class StatementArgs(Strict):
    """A fact's kind, when it happened, its data without `parts`, and the texts of its parts.

    `signers` are the names that stand on the paper, by role; only a record is signed.
    """

    kind = Text(required=True)
    at = Instant(required=True)
    data = fields.Dict(keys=fields.String(), load_default=dict)
    parts = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    signers = fields.Dict(
        keys=fields.String(validate=validate.OneOf(["technician", "customer"])),
        values=Text(),
        load_default=dict,
    )

    @post_load
    def _make(self, data: dict[str, Any], **kwargs: Any) -> Statement:
        return Statement(**data)


class PaperArgs(Strict):
    """Who wrote the paper, its scan, and all that it says."""

    author = fields.UUID(required=True)
    scan = fields.String(required=True, validate=validate.Regexp(rf"\A{HASH_FORM.pattern}\Z"))
    type = fields.String(required=True, validate=validate.OneOf(SCANS))
    statements = fields.List(
        fields.Nested(StatementArgs), required=True, validate=validate.Length(1, 50)
    )


class KeyedSchema(Schema):
    """The paper's id, and a receipt for each statement."""

    id = fields.UUID()
    receipts = fields.List(fields.Nested(ReceiptSchema))


class PaperSchema(Schema):
    """A paper: who keyed it in and when, its scan, and the key by which its facts are signed."""

    id = fields.UUID()
    visit = fields.UUID(attribute="visit_id")
    scan = fields.String()
    type = fields.String()
    user = fields.UUID(attribute="user_id")
    at = Instant()
    public_key = fields.String()


class PapersSchema(Schema):
    """The papers of a visit, in the order in which they were keyed in."""

    items = fields.List(fields.Nested(PaperSchema))


@blp.route("/scans", methods=["POST"])
@blp.doc(requestBody={"required": True, "content": dict.fromkeys(SCANS, BINARY)})
@blp.response(201, ScanSchema)
def keep_scan() -> dict[str, Any]:
    """Keep a scan: the same one twice is one."""
    if request.mimetype not in SCANS:
        abort(415, f"send the scan as {', '.join(SCANS)}")
    request.max_content_length = limits.scan_bytes_max
    size, digest = 0, hashlib.sha256()
    with NamedTemporaryFile(dir=house().uploads) as file:
        try:
            while piece := request.stream.read(READ_BYTES):
                size += len(piece)
                digest.update(piece)
                file.write(piece)
        except RequestEntityTooLarge:
            abort(413, f"a scan has at most {limits.scan_bytes_max} bytes")
        file.flush()
        if not size:
            abort(400, "the scan is empty")
        house().blobs.adopt(Path(file.name), digest.hexdigest())
    return {"sha256": digest.hexdigest(), "size": size}


@blp.route("/visits/<uuid:id_>/papers", methods=["POST"])
@blp.arguments(PaperArgs)
@blp.response(201, KeyedSchema)
def key_in_paper(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Key a paper in: it counts as if its author had stated it when it says. All or nothing."""
    paper, receipts = key_in(house(), user().id, Writing(visit=id_, **args))
    return {"id": paper, "receipts": receipts}


@blp.route("/visits/<uuid:id_>/papers", methods=["GET"])
@blp.response(200, PapersSchema)
def list_papers(id_: UUID) -> dict[str, Any]:
    """The papers that were keyed in about the visit."""

    def body(session: Session) -> dict[str, Any]:
        look_up(session, Visit, id_)
        query = select(Paper).where(Paper.visit_id == id_).order_by(Paper.at, Paper.id)
        return {"items": list(session.scalars(query))}

    return house().database.read(body)


@blp.route("/papers/<uuid:id_>/scan", methods=["GET"])
@blp.response(200, BINARY["schema"], content_type="application/pdf")
@blp.alt_response(200, schema=BINARY["schema"], content_type="image/*", success=True)
@blp.alt_response(206, schema=BINARY["schema"], content_type="image/*", success=True)
@blp.alt_response(304, "NOT_MODIFIED")
def get_scan(id_: UUID) -> Response:
    """The scan, as a file."""
    paper: Paper = house().database.read(lambda session: look_up(session, Paper, id_))
    return blob(paper.scan, paper.type, attachment=True)

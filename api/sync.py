"""`POST /sync`: the envelope is parsed here, everything else happens in the exchange."""

import gzip
import json
import zlib
from typing import Any

from flask import Response, abort, request
from flask_smorest import Blueprint
from marshmallow import ValidationError

from api.auth import device, enrolled, house
from api.errors import problem
from sync import limits
from sync.envelope import EnvelopeSchema
from sync.exchange import Envelope, exchange
from sync.facts.text import first_error

blp = Blueprint("sync", __name__, description="Facts go up, documents come down")

COMPRESS_FROM_BYTES = 1024
_schema = EnvelopeSchema()


@blp.route("/sync", methods=["POST"])
@enrolled
@blp.doc(
    summary="One exchange",
    requestBody={"content": {"application/json": {"schema": EnvelopeSchema}}},
)
@blp.response(200, {"type": "object"})
@blp.alt_response(400, description="The envelope is malformed; nothing was stored")
@blp.alt_response(413, description="The body is too large; nothing was stored")
def sync() -> Response:
    """Take a device's facts, answer with receipts and documents."""
    try:
        envelope: Envelope = _schema.load(_json())
    except ValidationError as error:
        field, detail = first_error(error.messages)
        remedy = "Correct the named field of the envelope; nothing was stored."
        return problem(
            400, "malformed_envelope", "The envelope is malformed", remedy, field, detail
        )
    if sum(_size(one) for one in envelope.facts) > limits.facts_bytes_max:
        abort(413, "facts and parts together are more than 1 MiB; send fewer at once")
    return _answer(exchange(house().database, device(), envelope))


def _size(sent: Any) -> int:
    texts = [sent.fact, *(part.text for part in sent.parts.values())]
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)


def _json() -> Any:
    if request.mimetype != "application/json":
        abort(415, "send application/json")
    try:
        return json.loads(_body())
    except (ValueError, RecursionError) as error:
        abort(400, f"the body is no JSON: {error}")


def _body() -> bytes:
    body = request.get_data(cache=False)
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding == "identity":
        return body
    if encoding != "gzip":
        abort(415, "send the body as it is or with gzip")
    return _unzipped(body)


def _unzipped(body: bytes) -> bytes:
    """The body without gzip, never unfolding more than a body may hold."""
    inflater = zlib.decompressobj(wbits=31)
    try:
        plain = inflater.decompress(body, limits.body_bytes_max + 1)
    except zlib.error as error:
        abort(400, f"the body is no gzip: {error}")
    if len(plain) > limits.body_bytes_max:
        abort(413, "the body unfolds to more than 4 MiB")
    if not inflater.eof:
        abort(400, "the gzip body ends too early")
    return plain


def _answer(body: bytes) -> Response:
    response = Response(body, content_type="application/json")
    response.headers["Vary"] = "Accept-Encoding"
    accepted = request.accept_encodings
    if len(body) >= COMPRESS_FROM_BYTES and accepted["gzip"] > 0:
        response.set_data(gzip.compress(body, compresslevel=5, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response

"""`POST /sync`: the envelope is parsed here, everything else happens in the exchange."""

import gzip
from typing import Any

from flask import Response, abort, request
from marshmallow import ValidationError

from api.auth import device, house
from api.blueprint import Blueprint
from api.bodies import json_body
from api.errors import problem
from api.figures import count_exchange
from sync import limits
from sync.answer import AnswerSchema
from sync.envelope import EnvelopeSchema
from sync.exchange import Envelope, exchange
from sync.facts.text import first_error

blp = Blueprint("sync", __name__, description="Facts go up, documents come down")

COMPRESS_FROM_BYTES = 1024
_schema = EnvelopeSchema()


@blp.route("/sync", methods=["POST"])
@blp.doc(
    summary="One exchange",
    description="Take a device's facts, answer with receipts and documents. A 4xx or 5xx means that"
    " nothing was stored. docs/protocol.md says what the fields mean.",
    requestBody={"required": True, "content": {"application/json": {"schema": EnvelopeSchema}}},
)
@blp.response(200, AnswerSchema)
def exchange_facts() -> Response:
    """Take a device's facts, answer with receipts and documents."""
    try:
        envelope: Envelope = _schema.load(json_body())
    except ValidationError as error:
        field, detail = first_error(error.messages)
        remedy = "Correct the named field of the envelope; nothing was stored."
        return problem(
            400, "malformed_envelope", "The envelope is malformed", remedy, field or None, detail
        )
    if sum(_size(one) for one in envelope.facts) > limits.facts_bytes_max:
        abort(413, "facts and parts together are more than 1 MiB; send fewer at once")
    answer = exchange(house().database, device(), envelope)
    count_exchange(answer)
    return _answer(answer.body)


def _size(sent: Any) -> int:
    texts = [sent.fact, *(part.text for part in sent.parts.values())]
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)


def _answer(body: bytes) -> Response:
    response = Response(body, content_type="application/json")
    response.headers["Vary"] = "Accept-Encoding"
    accepted = request.accept_encodings
    if len(body) >= COMPRESS_FROM_BYTES and accepted["gzip"] > 0:
        response.set_data(gzip.compress(body, compresslevel=5, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response

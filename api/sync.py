"""`POST /sync`: the envelope is parsed here, everything else happens in the exchange."""

import gzip

from flask import Response, abort, request
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException

from api.auth import device, house
from api.blueprint import Blueprint
from api.bodies import json_body, largest
from api.errors import problem
from api.figures import count_exchange
from sync import limits, pace
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
        # One that comes alone gets its receipt, whatever its size: who sends it has no fewer.
        if len(envelope.facts) > 1 and envelope.size > limits.facts_bytes_max:
            abort(413, "facts and parts together are more than 1 MiB; send fewer at once")
    except ValidationError as error:
        _count_refused()
        return _malformed(error)
    except HTTPException:
        _count_refused()
        raise
    answer = exchange(house().database, device(), envelope)
    count_exchange(answer)
    return _answer(answer.body)


def _count_refused() -> None:
    device_id, size = device().id, largest()
    house().database.transact(
        lambda session, now: pace.count_refused(session, now, device_id, size)
    )


def _malformed(error: ValidationError) -> Response:
    field, detail = first_error(error.messages)
    remedy = "Correct the named field of the envelope; nothing was stored."
    if not field:
        detail = "the body must be an object"
        remedy = "Send one JSON object, the envelope; nothing was stored."
    return problem(
        400, "malformed_envelope", "The envelope is malformed", remedy, field or None, detail
    )


def _answer(body: bytes) -> Response:
    response = Response(body, content_type="application/json")
    response.headers["Vary"] = "Accept-Encoding"
    accepted = request.accept_encodings
    if len(body) >= COMPRESS_FROM_BYTES and accepted["gzip"] > 0:
        response.set_data(gzip.compress(body, compresslevel=5, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response

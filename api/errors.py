"""One form of error: problem+json (RFC 9457) with a stable code, the field and the remedy."""

import errno
import logging
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, abort, json, request
from flask_smorest import Api
from marshmallow import Schema, fields
from sqlalchemy.exc import OperationalError, TimeoutError
from werkzeug.exceptions import HTTPException

from api.describing import Plugin, tell
from api.mistakes import mistakes
from models.base import columns_of
from models.blobs.store import Unreachable
from models.database import Violation
from models.dialect import has_no_room
from models.refusals import KINDS, Refused
from models.throttle import Throttled

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
CODES = {
    400: ("bad_request", "Correct the request; the detail says where."),
    401: ("unauthorized", "Log in, or enrol the device, and send its token as Bearer."),
    403: ("not_allowed", "Ask somebody whose role allows it."),
    404: ("unknown", "Check the address and the ids in it."),
    405: ("method_not_allowed", "Use one of the methods in the Allow header."),
    409: ("conflict", "Look at how it stands now, and go on from there."),
    412: ("precondition_failed", "Do what the detail says, then ask again."),
    428: ("precondition_needed", "Read it first, and send its ETag as If-Match."),
    413: ("too_large", "Send less at once."),
    415: ("unsupported_media_type", "Send the media type that the detail names."),
    422: ("wrong_value", "Correct the named field."),
    429: ("throttled", "Wait as long as Retry-After says, then try again."),
    423: ("locked", "Wait a moment, then ask how far it has come."),
    460: ("checksum_mismatch", "Send the bytes that were promised, from the beginning."),
    500: ("server_error", "Try again later; nothing was stored."),
    503: ("busy", "Try again in a few seconds; nothing was stored."),
    507: ("no_room", "Try again later; what is here already stays."),
}
VIOLATIONS = {"uq_": "exists", "pk_": "exists", "ix_": "exists", "fk_": "unknown"}
RETRY_SECONDS = 5
NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


class ProblemSchema(Schema):
    """A problem: what went wrong, where, and what to do about it."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    code = fields.String()
    field = fields.String(allow_none=True)
    detail = fields.String()
    remedy = fields.String()


class ProblemApi(Api):  # type: ignore[misc]  # flask-smorest has no types.
    """Errors as problem+json, in the answers and in the OpenAPI document."""

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask) -> None:
        tell(ProblemSchema)
        super().__init__(app, spec_kwargs={"marshmallow_plugin": Plugin()})

    def _register_pagination_header(self) -> None:
        """There is none."""

    def _register_responses(self) -> None:
        kept: str = Api.DEFAULT_RESPONSE_CONTENT_TYPE
        self.DEFAULT_RESPONSE_CONTENT_TYPE = CONTENT_TYPE
        super()._register_responses()
        self.DEFAULT_RESPONSE_CONTENT_TYPE = kept

    def handle_http_exception(self, error: HTTPException) -> Response:
        return of_http(error)


def problem(
    status: int, code: str, title: str, remedy: str, field: str | None = None, detail: str = ""
) -> Response:
    """The answer."""
    body = {
        "type": f"urn:onsite:problem:{code}",
        "title": title,
        "status": status,
        "code": code,
        "field": field,
        "detail": detail,
        "remedy": remedy,
    }
    text = f"{json.dumps(body)}\n".encode(
        "utf-8", "replace"
    )  # A field's name may be a lone surrogate.
    return Response(text, status, content_type=CONTENT_TYPE)


def of_http(error: HTTPException) -> Response:
    """An HTTP error; where a schema said no, with the fields that are wrong."""
    status = error.code or 500
    data: dict[str, Any] = getattr(error, "data", None) or {}
    code, remedy = CODES.get(status, ("refused", "See the detail."))
    remedy = data.get("remedy", remedy)
    field, detail = None, str(data.get("message") or _own_words(error))
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and not detail:
        detail = f"a body has at most {request.max_content_length} bytes here"
    messages = data.get("errors") or data.get("messages")
    if messages:
        field, detail, hint = mistakes(messages, data.get("schema"))
        remedy = f"{remedy} {hint}".rstrip()
    # One title for each code (RFC 9457, section 3.1.3), whoever says no.
    title = KINDS[code].english if code in KINDS else error.name
    response = problem(status, code, title, remedy, field, detail)
    kept = [(name, value) for name, value in error.get_headers() if name.lower() != "content-type"]
    response.headers.extend(kept)
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="onsite"'
    return response


def _own_words(error: HTTPException) -> str:
    """What was said on raising it; the framework's words for the status add nothing."""
    return "" if error.description == type(error).description else error.description or ""


def of_refused(refused: Refused) -> Response:
    """A refusal of the catalogue."""
    kind = refused.kind
    response = problem(
        kind.because, kind.code, kind.english, kind.remedy, refused.field, refused.detail
    )
    if isinstance(refused, Throttled):
        response.headers["Retry-After"] = str(refused.seconds)
    return response


def of_violation(violation: Violation) -> Response:
    """A violated constraint, with the last of its columns as the field."""
    name = violation.constraint or ""
    kind = KINDS[VIOLATIONS.get(name[:3], "wrong_value")]
    columns = columns_of(name)
    field = columns[-1] if columns else None
    detail = f"{' and '.join(columns)} together" if len(columns) > 1 else ""
    return problem(kind.because, kind.code, kind.english, kind.remedy, field, detail)


def of_busy(error: OperationalError | TimeoutError) -> Response:
    """The database cannot be reached, was locked for too long, or has no room left."""
    log.error("the database did not answer: %s", error)
    full = isinstance(error, OperationalError) and has_no_room(error)
    return _later(507 if full else 503)


def of_system(error: OSError) -> Response:
    """The disk is full, or the blobs cannot be reached. Anything else was not foreseen."""
    if error.errno not in NO_ROOM and not isinstance(error, Unreachable):
        raise error
    log.error("bytes could not be kept or read: %s", error)
    return _later(507 if error.errno in NO_ROOM else 503)


def _later(status: int) -> Response:
    code, remedy = CODES[status]
    response = problem(status, code, HTTPStatus(status).phrase, remedy)
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def precondition(revision: str) -> None:
    """Go on only if the asker saw this revision, as If-Match tells; 428 or 412 otherwise."""
    if not request.if_match:
        abort(428, "If-Match is missing")
    if not request.if_match.contains(revision):
        abort(412, "it was changed since; read it again, and send the new ETag as If-Match")


def register_errors(app: Flask) -> None:
    """Have every error answered in this form, also outside the API's own endpoints."""
    app.register_error_handler(Refused, of_refused)
    app.register_error_handler(Violation, of_violation)
    app.register_error_handler(HTTPException, of_http)
    app.register_error_handler(OperationalError, of_busy)
    app.register_error_handler(TimeoutError, of_busy)
    app.register_error_handler(OSError, of_system)

"""One form of error: problem+json (RFC 9457) with a stable code, the field and the remedy."""

from typing import Any

from flask import Flask, Response, json
from flask_smorest import Api
from marshmallow import Schema, fields
from werkzeug.exceptions import HTTPException

from models.database import Violation
from models.refusals import KINDS, Refused
from sync.facts.text import first_error

CONTENT_TYPE = "application/problem+json"
CODES = {
    400: ("bad_request", "Correct the request; the detail says where."),
    401: ("unauthorized", "Log in, or enrol the device, and send its token as Bearer."),
    403: ("not_allowed", "Ask somebody whose role allows it."),
    404: ("unknown", "Check the address and the ids in it."),
    405: ("method_not_allowed", "Use one of the methods in the Allow header."),
    413: ("too_large", "Send less at once."),
    415: ("unsupported_media_type", "Send the media type that the detail names."),
    422: ("wrong_value", "Correct the named field."),
    500: ("server_error", "Try again later; nothing was stored."),
}


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
    return Response(json.dumps(body), status, content_type=CONTENT_TYPE)


def of_http(error: HTTPException) -> Response:
    """An HTTP error; where a schema said no, with the first field that is wrong."""
    status = error.code or 500
    data: dict[str, Any] = getattr(error, "data", None) or {}
    code, remedy = CODES.get(status, ("refused", "See the detail."))
    field, detail = None, str(data.get("message") or error.description or "")
    messages = data.get("errors") or data.get("messages")
    if messages:
        path, detail = first_error(messages)
        field = path.partition(".")[2] or path  # without the place: json, query
    response = problem(status, code, error.name, remedy, field, detail)
    kept = [(name, value) for name, value in error.get_headers() if name.lower() != "content-type"]
    response.headers.extend(kept)
    return response


def of_refused(refused: Refused) -> Response:
    """A refusal of the catalogue."""
    kind = refused.kind
    return problem(
        kind.because, kind.code, kind.english, kind.remedy, refused.field, refused.detail
    )


def of_violation(violation: Violation) -> Response:
    """A violated constraint: a unique one names its columns, which are the field."""
    name = violation.constraint or ""
    kind = KINDS["exists"] if name.startswith(("uq_", "pk_")) else KINDS["wrong_value"]
    field = name.split("_", 2)[-1] or None
    return problem(kind.because, kind.code, kind.english, kind.remedy, field, name)


def register_errors(app: Flask) -> None:
    """Have every error answered in this form, also outside the API's own endpoints."""
    app.register_error_handler(Refused, of_refused)
    app.register_error_handler(Violation, of_violation)
    app.register_error_handler(HTTPException, of_http)

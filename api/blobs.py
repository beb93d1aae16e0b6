"""Serving blobs: whole or a range, of a type that we say, cached by whoever may see them."""

import os

from flask import Response, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wsgi import wrap_file

from api.auth import house
from models.refusals import Refused

CACHED_SECONDS = 31_536_000
PIECE_BYTES = 64 * 1024
ENDINGS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "image/svg+xml": ".svg",
    "application/pdf": ".pdf",
}
OTHERWISE = "application/octet-stream"


def blob(name: str, type_: str | None, attachment: bool = False) -> Response:
    """The blob of that name as the media type that it is known to be. Raises Refused."""
    try:
        file = house().blobs.open(name)
    except FileNotFoundError:
        raise Refused("unknown", "sha256") from None
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    body = wrap_file(request.environ, file, PIECE_BYTES)
    response = Response(body, content_type=type_ or OTHERWISE, direct_passthrough=True)
    response.call_on_close(file.close)
    response.content_length = size
    response.set_etag(name)
    response.headers["Content-Disposition"] = _disposition(name, type_, attachment)
    _keep_safe(response)
    try:
        response.make_conditional(request, accept_ranges=True, complete_length=size)
    except RequestedRangeNotSatisfiable:
        file.close()
        raise
    return response


def _disposition(name: str, type_: str | None, attachment: bool) -> str:
    how = "attachment" if attachment else "inline"
    return f'{how}; filename="{name[:16]}{ENDINGS.get(type_ or "", ".bin")}"'


def _keep_safe(response: Response) -> None:
    """Content never changes under its name; but what was asked for with a token must not be given
    to others by a cache in between, and no browser may take it for anything that runs."""
    response.cache_control.private = True
    response.cache_control.max_age = CACHED_SECONDS
    response.cache_control.immutable = True
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"

"""Whether the process answers."""

from flask import Blueprint, Response

blp = Blueprint("health", __name__)


@blp.route("/healthz")
def healthz() -> Response:
    """The process is alive."""
    return Response("ok\n", content_type="text/plain; charset=utf-8")

"""Whether the process answers, and where to go from its front door."""

from flask import Blueprint, Response

blp = Blueprint("health", __name__)


@blp.route("/healthz")
def healthz() -> Response:
    """The process is alive."""
    return Response("ok\n", content_type="text/plain; charset=utf-8")


@blp.route("/")
def front_door() -> Response:
    """For whoever opens the address that was printed at the start."""
    lines = ["Onsite is running.", "The API describes itself at /api/v1/openapi.json", ""]
    return Response("\n".join(lines), content_type="text/plain; charset=utf-8")

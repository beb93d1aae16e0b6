"""What whoever watches over the process asks."""

import hmac
import re

from flask import Blueprint, Response, abort, current_app, jsonify, request, send_file
from prometheus_client import CONTENT_TYPE_LATEST

from api.auth import house
from api.readiness import Readiness
from api.scrape import exposition

blp = Blueprint("health", __name__)

PLAIN = "text/plain; charset=utf-8"
LOCAL_ADDRESSES = {"127.0.0.1", "::1"}
LOCAL_HOST = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d+)?")
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via")


def readiness() -> Readiness:
    """The checks of this application, which remember what has not been answered yet."""
    kept: Readiness = current_app.extensions.setdefault("readiness", Readiness(house()))
    return kept


@blp.route("/healthz")
def healthz() -> Response:
    """The process is alive."""
    return Response("ok\n", content_type=PLAIN)


@blp.route("/readyz")
def readyz() -> Response:
    """200 if every check says yes, else 503. `?exclude=redis` leaves one out."""
    outcomes = readiness().outcomes(but=request.args.getlist("exclude"))
    ready = all(outcome.ok for outcome in outcomes)
    checks = {one.check: {"ok": one.ok, "why": one.why} for one in outcomes}
    response = jsonify(ready=ready, checks=checks)
    response.status_code = 200 if ready else 503
    return response


@blp.route("/metrics")
def metrics() -> Response:
    """The figures for Prometheus."""
    _check_reader()
    return Response(exposition(readiness()), content_type=CONTENT_TYPE_LATEST)


def _check_reader() -> None:
    """Let in who has the token. Where there is none: this machine, and nothing it passes on."""
    token = house().settings.metrics_token
    if token is not None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), token.encode()):
            abort(401, "send ONSITE_METRICS_TOKEN as Bearer")
    elif not _is_local():
        abort(403, "set ONSITE_METRICS_TOKEN to read this from another machine")


def _is_local() -> bool:
    # A page of another site that had its name point here would name itself in Host.
    named_so = LOCAL_HOST.fullmatch(request.host) is not None
    passed_on = any(header in request.headers for header in FORWARDED)
    return request.remote_addr in LOCAL_ADDRESSES and named_so and not passed_on


@blp.route("/onsite-ca.crt")
def authority() -> Response:
    """The certificate of this machine's own authority, for a phone to trust. With TLS=1 only."""
    settings = house().settings
    if not settings.tls or not settings.authority.is_file():
        abort(404)
    return send_file(
        settings.authority,
        mimetype="application/x-x509-ca-cert",
        download_name="onsite-ca.crt",
        max_age=0,
    )

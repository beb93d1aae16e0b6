"""What every answer says to browsers: nothing may be guessed, framed, run, kept or read elsewhere.

A page that needs more says so itself: a header that a view has set is left alone. For the policy
of contents there is `policy()`, which widens single directives:

    response.headers["Content-Security-Policy"] = policy(script_src="'self'", style_src="'self'")
"""

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from api.auth import house

DIRECTIVES = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
CSP = "Content-Security-Policy"
YEAR_SECONDS = 365 * 24 * 3600
PREFLIGHT_SECONDS = 600
METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"

SENT = (  # by a page of another origin
    "Authorization, Content-Type, Content-Encoding, Content-Range, If-Match, If-None-Match, Range, "
    "X-Request-Id, Idempotency-Key, Tus-Resumable, Upload-Length, Upload-Offset, Upload-Metadata, "
    "Upload-Checksum, Upload-Defer-Length, Upload-Concat, X-HTTP-Method-Override"
)
READ = (
    "Location, ETag, Retry-After, WWW-Authenticate, X-Request-Id, Content-Disposition, "
    "Content-Range, Tus-Resumable, Tus-Version, Tus-Extension, Tus-Max-Size, "
    "Tus-Checksum-Algorithm, Upload-Offset, Upload-Length, Upload-Expires"
)


def policy(**widened: str) -> str:
    """The strict policy of contents, with the named directives widened (`script_src="'self'"`)."""
    directives = {**DIRECTIVES, **{name.replace("_", "-"): by for name, by in widened.items()}}
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


HEADERS = {
    CSP: policy(),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def secure(app: Flask) -> None:
    """Have every answer of the application say these things, and believe only our own proxies."""
    app.after_request(_say)
    with app.app_context():
        proxies = house().settings.proxies
    if proxies:
        believed = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)
        app.wsgi_app = believed  # type: ignore[method-assign]


def _say(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", _caching(response))
    settings = house().settings
    if settings.proxies and request.is_secure:
        # Only a proxy has a certificate that stays; one made on the spot must not bind a browser.
        response.headers["Strict-Transport-Security"] = f"max-age={YEAR_SECONDS}"
    if settings.cors_origins:
        _open_to(settings.cors_origins, response)
    return response


def _caching(response: Response) -> str:
    """Nothing is kept, but what has a tag may be asked about again."""
    return "private, no-cache" if "ETag" in response.headers else "no-store"


def _open_to(origins: tuple[str, ...], response: Response) -> None:
    """Let pages of these origins call and read. There are no cookies, so none are allowed."""
    response.vary.add("Origin")
    origin = request.headers.get("Origin")
    if origin not in origins:
        return
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Expose-Headers"] = READ
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        response.headers["Access-Control-Allow-Methods"] = METHODS
        response.headers["Access-Control-Allow-Headers"] = SENT
        response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)

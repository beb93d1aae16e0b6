"""The pages for people with a browser: the front door, and one to read and try the API.

Everything on them comes from this server: Swagger UI lies in an installed package, of which nothing
but its style and its script is used. No page runs a script that stands in it.
"""

from importlib.util import find_spec
from pathlib import Path

from flask import Blueprint, Response, abort, jsonify, request, send_file, url_for

from api.auth import house
from api.security import CSP, policy

blp = Blueprint("pages", __name__)

OWN = Path(__file__).parent / "assets"
DAY_SECONDS = 24 * 3600
HTML = "text/html"
PLAIN = "text/plain"
LOOKS = {"style_src": "'self'", "img_src": "'self' data:"}
POLICY = policy(**LOOKS)
POLICY_OF_DOCS = policy(**LOOKS, script_src="'self'", connect_src="'self'")

WORDS = """Onsite is running. Onsite 正在运行。

  /docs                    read and try the API  阅读并试用接口
  /api/v1/openapi.json     the same for programs  供程序读取
"""
TRUST = "  /onsite-ca.crt           the certificate to trust  需信任的证书\n"
INDEX = {
    "title": "Onsite",
    "document": "/api/v1/openapi.json",
    "page": "/docs",
    "log_in": "POST /api/v1/auth/login",
}


def _swagger() -> Path:
    spec = find_spec("flask_openapi3_swagger")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / "templates" / "swagger"


BOUGHT = {
    "swagger-ui.css": _swagger() / "css" / "swagger-ui.css",
    "swagger-ui-bundle.js": _swagger() / "js" / "swagger-ui-bundle.js",
}
MADE = {name: OWN / name for name in ("page.css", "docs.css", "docs.js")}


@blp.route("/")
def front_door() -> Response:
    """For whoever opens the address that was printed at the start, by browser or by curl."""
    if request.accept_mimetypes.best_match([PLAIN, HTML]) == HTML:
        response = _page("front_door.html", POLICY)
    else:
        trust = TRUST if house().settings.tls else ""
        response = Response(WORDS + trust, content_type=f"{PLAIN}; charset=utf-8")
    response.vary.add("Accept")
    return response


@blp.route("/docs")
def docs() -> Response:
    """The page to read and try the API."""
    return _page("docs.html", POLICY_OF_DOCS)


@blp.route("/docs/")
def docs_with_slash() -> Response:
    """The same, for whoever types one character too many."""
    return Response(status=308, headers={"Location": url_for("pages.docs")})


@blp.route("/api/v1", strict_slashes=False)
def index() -> Response:
    """Where to go from the API's own address."""
    return jsonify(INDEX)


@blp.route("/docs/<name>")
def asset(name: str) -> Response:
    """A style or a script of the pages."""
    path = BOUGHT.get(name) or MADE.get(name)
    if path is None:
        abort(404)
    # What was bought changes with its version only, what was made with any of ours.
    return send_file(path, max_age=DAY_SECONDS if name in BOUGHT else 0)


def _page(name: str, allowed: str) -> Response:
    response = send_file(OWN / name, mimetype=HTML, max_age=0)
    response.headers[CSP] = allowed
    return response

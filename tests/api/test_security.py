"""What every answer says to browsers, and to whom the API is open."""

from dataclasses import replace

import pytest
from flask import Response
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.app import create_app
from api.security import CSP, HEADERS, policy
from models.settings import Settings
from tests.api.door import BYTES, PREFIX, TUS, Door
from tests.api.operations import operations
from tests.world import World

DESK = "https://desk.example.com"


def client_with(world: World, **environ: str) -> FlaskClient:
    own = {"ONSITE_HOME": str(world.house.settings.home)}
    own |= {"DATABASE_URL": world.house.settings.database_url}
    return create_app(replace(world.house, settings=Settings.read(own | environ))).test_client()


# Headers

PAGES = {"/", "/docs"}


def test_every_answer_says_that_nothing_may_be_guessed_framed_run_or_kept(any_door: Door) -> None:
    asked = [(method, path) for _, method, path in operations(any_door.app)]
    asked += [("GET", "/nowhere"), ("DELETE", "/healthz"), ("OPTIONS", "/healthz")]
    for method, path in asked:
        response = any_door.client.open(path, method=method, buffered=True)
        widened = {CSP} if path in PAGES else set()  # a page says itself what it needs
        for name, value in HEADERS.items():
            if name not in widened:
                assert response.headers[name] == value, (method, path, name)
        assert response.headers[CSP].startswith(policy())
        assert (path in PAGES) or response.headers["Cache-Control"] == "no-store", (method, path)
        assert "Set-Cookie" not in response.headers
        assert "Strict-Transport-Security" not in response.headers
        assert "Access-Control-Allow-Origin" not in response.headers


def test_the_policy_of_contents_lets_nothing_in() -> None:
    assert "default-src 'none'" in policy()
    assert "frame-ancestors 'none'" in policy()
    assert "unsafe" not in policy()


def test_a_page_that_needs_more_says_so_itself(any_world: World) -> None:
    door = Door(any_world, own=True)
    wide = policy(script_src="'self'", default_src="'self'")
    assert "script-src 'self'" in wide
    assert "default-src 'self'" in wide
    assert "frame-ancestors 'none'" in wide

    def page() -> Response:
        return Response(
            "page", headers={"Content-Security-Policy": wide, "Cache-Control": "max-age=60"}
        )

    door.app.add_url_rule("/page", "page", page)
    response = door.client.get("/page", buffered=True)
    assert response.headers.getlist("Content-Security-Policy") == [wide]
    assert response.headers.getlist("Cache-Control") == ["max-age=60"]
    assert response.headers["X-Frame-Options"] == "DENY"


def test_what_has_a_tag_may_be_asked_about_again(any_world: World) -> None:
    door = Door(any_world, own=True)
    door.app.add_url_rule("/tagged", "tagged", lambda: Response("x", headers={"ETag": '"1"'}))
    response = door.client.get("/tagged", buffered=True)
    assert response.headers["Cache-Control"] == "private, no-cache"


def test_a_photo_keeps_the_caching_it_asks_for(any_door: Door) -> None:
    phone, visit = any_door.phone(), any_door.world.open_visit()
    sha256 = phone.promise(b"a photo", visit)
    any_door.upload(phone, b"a photo")
    response = any_door.ask("GET", f"/photos/{sha256}")
    assert "max-age=31536000" in response.headers["Cache-Control"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    response.close()


# Proxies


def asked_by(client: FlaskClient, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response: TestResponse = client.get("/healthz", headers=named, buffered=True)
    return response


def test_nobody_is_believed_to_be_a_proxy_unless_it_is_said(
    any_world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "onsite.request")
    forwarded = {"X_Forwarded_For": "192.0.2.9", "X_Forwarded_Proto": "https"}
    response = asked_by(client_with(any_world), **forwarded)
    assert "Strict-Transport-Security" not in response.headers
    assert caplog.records[-1].__dict__["client"] == "127.0.0.1"
    response = asked_by(client_with(any_world, ONSITE_PROXIES="1"), **forwarded)
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert caplog.records[-1].__dict__["client"] == "192.0.2.9"


def test_of_many_proxies_only_our_own_are_believed(
    any_world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "onsite.request")
    asked_by(client_with(any_world, ONSITE_PROXIES="1"), X_Forwarded_For="6.6.6.6, 192.0.2.9")
    assert caplog.records[-1].__dict__["client"] == "192.0.2.9"


def test_a_certificate_made_on_the_spot_binds_no_browser(any_world: World) -> None:
    client = client_with(any_world, TLS="1")
    response = client.get("/healthz", base_url="https://localhost", buffered=True)
    assert "Strict-Transport-Security" not in response.headers


def test_the_name_by_which_it_is_asked_changes_nothing(any_door: Door) -> None:
    """No answer is made from Host, so it need not be one of ours."""
    phone, visit = any_door.phone(), any_door.world.open_visit()
    phone.promise(b"x", visit)
    evil = {"Host": "evil.example.com", "X-Forwarded-Host": "evil.example.com"}
    response = any_door.client.get("/", headers=evil, buffered=True)
    assert response.status_code == 200
    created = any_door.begin_upload(phone, b"x")
    assert created.headers["Location"].startswith("/api/v1/")
    for path in (f"{PREFIX}/openapi.json", f"{PREFIX}/visits", "/nowhere"):
        assert "evil" not in any_door.client.get(path, headers=evil, buffered=True).text


# Other origins


def preflight(client: FlaskClient, path: str, origin: str, method: str = "POST") -> TestResponse:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    response: TestResponse = client.open(path, method="OPTIONS", headers=headers, buffered=True)
    return response


def permissions(response: TestResponse) -> dict[str, str]:
    return {
        name: value
        for name, value in response.headers.items()
        if name.startswith("Access-Control-")
    }


def test_no_other_origin_may_do_anything_unless_it_is_said(any_door: Door) -> None:
    for path in (f"{PREFIX}/sync", f"{PREFIX}/uploads", f"{PREFIX}/visits", "/metrics"):
        assert permissions(preflight(any_door.client, path, DESK)) == {}
        response = any_door.client.get(path, headers={"Origin": DESK}, buffered=True)
        assert permissions(response) == {}
        assert "Origin" not in response.headers.get("Vary", "")


def test_an_origin_that_is_named_may_call_and_read(any_world: World) -> None:
    client = client_with(any_world, ONSITE_CORS_ORIGINS=f"{DESK} http://localhost:5173")
    for path in (f"{PREFIX}/sync", f"{PREFIX}/uploads", f"{PREFIX}/visits"):
        allowed = permissions(preflight(client, path, DESK))
        assert allowed["Access-Control-Allow-Origin"] == DESK
        assert {"POST", "PATCH"} <= set(allowed["Access-Control-Allow-Methods"].split(", "))
        assert "Authorization" in allowed["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Credentials" not in allowed
    response = client.get(f"{PREFIX}/visits", headers={"Origin": DESK}, buffered=True)
    assert response.status_code == 401
    assert response.headers["Access-Control-Allow-Origin"] == DESK
    assert "Origin" in response.headers["Vary"]


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example.com",
        "http://desk.example.com",
        "https://desk.example.com:444",
        "https://desk.example.com.evil.com",
        "https://DESK.example.com",
        "null",
        "*",
        "",
    ],
)
def test_any_other_origin_stays_outside(any_world: World, origin: str) -> None:
    client = client_with(any_world, ONSITE_CORS_ORIGINS=DESK)
    response = preflight(client, f"{PREFIX}/sync", origin)
    assert permissions(response) == {}
    assert "Origin" in response.headers["Vary"]


def test_a_page_of_a_named_origin_can_bring_photos(any_world: World) -> None:
    """Every header that tus needs may be sent and read there."""
    client = client_with(any_world, ONSITE_CORS_ORIGINS=DESK)
    allowed = permissions(preflight(client, f"{PREFIX}/uploads", DESK, "PATCH"))
    sent = {name.strip().lower() for name in allowed["Access-Control-Allow-Headers"].split(",")}
    needed = {name.lower() for name in TUS} | {
        "upload-offset", "upload-length", "upload-metadata", "upload-checksum", "content-type",
    }  # fmt: skip
    assert needed <= sent
    read = set(allowed["Access-Control-Expose-Headers"].split(", "))
    assert {"Location", "Upload-Offset", "Upload-Length", "Tus-Resumable"} <= read
    assert BYTES not in sent

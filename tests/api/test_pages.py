"""The front door and the page of the API, before any browser runs them."""

import re
from collections.abc import Mapping

import pytest
from werkzeug.test import TestResponse

from api.pages import BOUGHT, MADE
from tests.api.door import Door, problem

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def look(door: Door, path: str, headers: Mapping[str, str] | None = None) -> TestResponse:
    return door.client.get(path, headers=headers, buffered=True)


def test_a_browser_gets_a_page_and_curl_gets_lines(door: Door) -> None:
    page = look(door, "/", headers=BROWSER)
    assert page.content_type == "text/html; charset=utf-8"
    lines = look(door, "/", headers={"Accept": "*/*"})
    assert lines.content_type == "text/plain; charset=utf-8"
    for response in (page, lines, look(door, "/")):
        assert "/docs" in response.text
        assert "/api/v1/openapi.json" in response.text
        assert response.headers["Vary"] == "Accept"


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_a_page_runs_no_script_and_asks_nobody_that_it_does_not_name(door: Door, path: str) -> None:
    page = look(door, path, headers=BROWSER)
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert re.findall(r"<script(?! src=)|\son\w+=|\sstyle=|<style", page.text) == []
    wanted = set(re.findall(r'(?:href|src)="([^"#]+)"', page.text))
    assert {one for one in wanted if not one.startswith(("/", "data:"))} == set()
    for one in wanted - {"data:,"}:
        assert look(door, one).status_code == 200, one


def test_one_slash_too_many_leads_to_the_page(door: Door) -> None:
    moved = look(door, "/docs/", headers={"Host": "elsewhere.example"})
    assert (moved.status_code, moved.headers["Location"]) == (308, "/docs")


@pytest.mark.parametrize("path", ["/api/v1", "/api/v1/"])
def test_the_apis_own_address_says_where_to_go(door: Door, path: str) -> None:
    told = look(door, path).json
    assert told is not None
    for name in ("document", "page"):
        assert look(door, told[name]).status_code == 200
    method, _, address = told["log_in"].partition(" ")
    assert door.client.open(address, method=method).status_code == 415  # it wants JSON


@pytest.mark.parametrize("name", [*BOUGHT, *MADE])
def test_a_style_or_script_is_asked_for_again_only_where_it_changed(door: Door, name: str) -> None:
    first = look(door, f"/docs/{name}")
    assert first.mimetype in ("text/css", "text/javascript")
    again = look(door, f"/docs/{name}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    age = first.cache_control.max_age or 0
    assert (age > 0) == (name in BOUGHT)


@pytest.mark.parametrize("name", ["docs.html", "swagger-ui.css.map", "..%2fapp.py", "page.css%00"])
def test_nothing_else_is_given_away(door: Door, name: str) -> None:
    problem(look(door, f"/docs/{name}"), 404, "unknown")

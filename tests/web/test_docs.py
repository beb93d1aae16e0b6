"""The page to read and try the API, in a real browser: it works without the internet."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.web.conftest import DESK, PASSWORD, PHONE, Site

SIZES = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])


def open_operation(page: Page, tag: str, operation: str) -> Locator:
    """Unfold the operation and make it ready to be tried."""
    page.locator(f"#operations-tag-{tag}").click()
    block = page.locator(f"#operations-{tag}-{operation}")
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    return block


def send(operation: Locator) -> int:
    """Send the request of the unfolded operation; answers the status."""
    with operation.page.expect_response(re.compile("/api/v1/(?!openapi)")) as answered:
        operation.get_by_role("button", name="Execute").click()
    return answered.value.status


def log_in(page: Page) -> None:
    """Log in on the page, as its first lines say: with the example, but for the password."""
    operation = open_operation(page, "auth", "log_in")
    body = operation.locator("textarea.body-param__text")
    expect(body).to_have_value(re.compile("sample-password"))
    body.fill(body.input_value().replace("as in .onsite/sample-password", PASSWORD))
    assert send(operation) == 200


@SIZES
def test_whoever_logs_in_on_the_page_can_try_everything_there(
    site: Site, size: tuple[int, int]
) -> None:
    page = site.open("/docs", size)
    customers = open_operation(page, "customers", "list_customers")
    assert send(customers) == 401
    log_in(page)
    expect(page.locator(".btn.authorize")).to_have_class(re.compile("locked|authorize"))
    assert send(customers) == 200
    rows = customers.locator(
        ".live-responses-table .response-col_description .highlight-code"
    ).first
    expect(rows).to_contain_text("东方医院")
    assert site.asked_elsewhere == []
    assert [said for said in site.complaints if "401" not in said] == []


def test_a_token_may_be_typed_too_and_is_kept(site: Site) -> None:
    page = site.open("/docs")
    body = {"name": "fang.min", "password": PASSWORD}
    token = page.request.post(f"{site.url}/api/v1/auth/login", data=body).json()["token"]
    page.locator(".btn.authorize").click()
    staff = page.locator(".auth-container").filter(has_text="staff")
    staff.get_by_role("textbox").fill(token)
    staff.get_by_role("button", name="Apply").click()
    page.reload()
    assert send(open_operation(page, "customers", "list_customers")) == 200


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_a_page_fits_into_its_window_and_asks_nobody_else(site: Site, path: str) -> None:
    page = site.open(path)
    page.wait_for_load_state("networkidle")
    for width, height in (DESK, PHONE):
        page.set_viewport_size({"width": width, "height": height})
        overhang = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(overhang) == 0, width
    assert site.asked_elsewhere == []
    assert site.complaints == []


def test_every_operation_of_the_document_is_there_and_shows_for_whom_it_is(site: Site) -> None:
    page = site.open("/docs")
    document = page.request.get(f"{site.url}/api/v1/openapi.json").json()
    tags = {
        tag
        for methods in document["paths"].values()
        for operation in methods.values()
        if isinstance(operation, dict)
        for tag in operation["tags"]
    }
    expect(page.locator(".opblock-tag-section h3")).to_have_count(len(tags))
    open_operation(page, "dispatch", "plan_visit")
    first = page.locator("#operations-dispatch-plan_visit .opblock-body p").first
    expect(first).to_have_text("For dispatcher, supervisor.")


def test_the_front_door_leads_to_the_page_in_two_languages(site: Site) -> None:
    page = site.open("/")
    expect(page.locator("main")).to_contain_text("断网也能工作")
    expect(page.locator("main")).to_contain_text("works without a network")
    page.get_by_role("link", name="Read and try the API").click()
    expect(page.locator("#api .info .title")).to_contain_text("Onsite")

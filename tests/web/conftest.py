"""A real Chromium, and a server for it to go to."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.api.door import Door
from tests.api.live import running
from tests.servers import DatabaseServer
from tests.world import World

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
HOW = "There is no Chromium here: on Debian and Ubuntu, apt install chromium"
PASSWORD = "a password to try"
PATIENCE_MS = 60_000  # A machine that does ten other things is slow, not wrong.
DESK, PHONE = (1280, 900), (390, 844)


expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The machine's own Chromium. Playwright's loop runs until it is closed, and no other may."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.fail(HOW, pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        yield browser
        browser.close()


@dataclass
class Site:
    """A running server with a company, as a browser sees it; and what the browser asked of whom."""

    url: str
    browser: Browser
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str, size: tuple[int, int] = DESK) -> Page:
        """The page at the path, of a browser that knows nothing yet."""
        context = self.browser.new_context(viewport={"width": size[0], "height": size[1]})
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("request", self._heard)
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(f"{self.url}{path}")
        return page

    def _listen(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.complaints.append(said.text)

    def _heard(self, request: Request) -> None:
        self.asked.append(request.url)

    @property
    def asked_elsewhere(self) -> list[str]:
        """The requests that went to somebody else."""
        own = (f"{self.url}/", "data:")
        return [url for url in self.asked if not url.startswith(own)]


@pytest.fixture(scope="module")
def server(sqlite: DatabaseServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server, where the dispatcher of the page's example can log in."""
    url = sqlite.fresh()
    world = World.open(url, tmp_path_factory.mktemp("home"))
    user = {"name": "fang.min", "full_name": "Dora", "role": "dispatcher", "password": PASSWORD}
    Door(world).post("/users", "sue", **user)
    with running(world) as live:
        yield f"http://127.0.0.1:{live.port}"
    world.close()
    sqlite.drop(url)


@pytest.fixture
def site(server: str, browser: Browser) -> Iterator[Site]:
    site = Site(server, browser)
    yield site
    for context in browser.contexts:
        context.close()

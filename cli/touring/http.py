"""Speaking to a running server, and telling how long each request took."""

import re
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import click
import requests

SECONDS = 60

Json = dict[str, Any]


class Problem(click.ClickException):
    """The server said no; its own words are shown."""


UUID_FORM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}")


@dataclass(frozen=True)
class Asked:
    """A request that was answered: what was asked, without ids, and in how many milliseconds."""

    what: str
    milliseconds: float


@dataclass
class Server:
    """A server's address and what it was asked."""

    url: str
    asked: list[Asked] = field(default_factory=list)
    session: requests.Session = field(default_factory=requests.Session)

    def request(self, method: str, path: str, token: str | None, **options: Any) -> Any:
        """One request. Raises Problem for an error, or if nobody answers."""
        headers = dict(options.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        url = path if path.startswith("http") else f"{self.url}{path}"
        began = perf_counter()
        try:
            response = self.session.request(
                method, url, headers=headers, timeout=SECONDS, allow_redirects=False, **options
            )
        except requests.RequestException as error:
            raise Problem(f"{self.url} does not answer: {error}") from error
        took = (perf_counter() - began) * 1000
        plain = UUID_FORM.sub("…", url.removeprefix(self.url).removeprefix("/api/v1"))
        self.asked.append(Asked(f"{method} {plain.partition('?')[0]}", took))
        if not response.ok:
            raise Problem(f"{method} {path}: {response.status_code} {response.text[:500]}")
        return response

    def call(self, method: str, path: str, token: str | None, json: Json | None = None) -> Any:
        """One request of the API with JSON both ways; nothing where the answer is empty."""
        response = self.request(method, f"/api/v1{path}", token, json=json)
        return response.json() if response.content else None


@dataclass(frozen=True)
class Staff:
    """Somebody who is logged in."""

    server: Server
    name: str
    token: str

    @classmethod
    def log_in(cls, server: Server, name: str, password: str) -> "Staff":
        """Log in. Raises Problem."""
        credentials = {"name": name, "password": password}
        answer = server.call("POST", "/auth/login", None, credentials)
        return cls(server, name, answer["token"])

    def get(self, path: str) -> Any:
        """Read something."""
        return self.server.call("GET", path, self.token)

    def add(self, path: str, **values: Any) -> Any:
        """Add or decide something."""
        return self.server.call("POST", path, self.token, values)

    def put(self, path: str, **values: Any) -> Any:
        """Decide something about what exists."""
        return self.server.call("PUT", path, self.token, values)

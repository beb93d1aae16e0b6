"""Speaking to a running server, and telling how long each request took."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import click
import requests

SECONDS = 60

Json = dict[str, Any]


class Problem(click.ClickException):
    """The server said no; its own words are shown, and its problem's `code` is known."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


UUID_FORM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}")


@dataclass(frozen=True)
class Asked:
    """A request that was answered: what was asked, without ids, and in how many milliseconds."""

    what: str
    milliseconds: float


@dataclass
class Server:
    """A server's address and what it was asked. `trusted` signs certificates besides the usual."""

    url: str
    trusted: Path | None = None
    asked: list[Asked] = field(default_factory=list)
    session: requests.Session = field(default_factory=requests.Session)

    def request(self, method: str, path: str, token: str | None, **options: Any) -> Any:
        """One request. Raises Problem for an error, or if nobody answers."""
        headers = dict(options.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        url = path if path.startswith("http") else f"{self.url}{path}"
        if self.trusted is not None:
            options["verify"] = str(self.trusted)
        began = perf_counter()
        try:
            response = self.session.request(
                method, url, headers=headers, timeout=SECONDS, allow_redirects=False, **options
            )
        except requests.RequestException as error:
            hint = "does it run there, with this PORT, and with TLS=1 or without as here?"
            raise Problem(f"{self.url} does not answer; {hint} ({error})") from error
        took = (perf_counter() - began) * 1000
        plain = UUID_FORM.sub("…", url.removeprefix(self.url).removeprefix("/api/v1"))
        self.asked.append(Asked(f"{method} {plain.partition('?')[0]}", took))
        if not response.ok:
            message = f"{method} {path}: {response.status_code} {response.text[:500]}"
            raise Problem(message, _code_of(response))
        return response

    def call(self, method: str, path: str, token: str | None, json: Json | None = None) -> Any:
        """One request of the API with JSON both ways; nothing where the answer is empty."""
        response = self.request(method, f"/api/v1{path}", token, json=json)
        return response.json() if response.content else None


def _code_of(response: requests.Response) -> str | None:
    if response.headers.get("Content-Type") != "application/problem+json":
        return None
    code: str = response.json()["code"]
    return code


@dataclass(frozen=True)
class Staff:
    """Somebody who is logged in, and what they have to see to first."""

    server: Server
    name: str
    token: str
    lacks: str | None = None

    @classmethod
    def log_in(cls, server: Server, name: str, password: str, otp: str | None = None) -> "Staff":
        """Log in. Raises Problem."""
        credentials = {"name": name, "password": password, "otp": otp}
        answer = server.call("POST", "/auth/login", None, credentials)
        return cls(server, name, answer["token"], answer["lacks"])

    def get(self, path: str) -> Any:
        """Read something."""
        return self.server.call("GET", path, self.token)

    def add(self, path: str, **values: Any) -> Any:
        """Add or decide something."""
        return self.server.call("POST", path, self.token, values)

    def put(self, path: str, **values: Any) -> Any:
        """Decide something about what exists."""
        return self.server.call("PUT", path, self.token, values)

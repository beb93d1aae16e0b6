"""One line in the log and one count for every request: who, what, how long, and how it ended.

Never in it: headers, bodies, queries, and what an address holds besides ids and known words.
"""

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Flask, Request, Response, current_app, g, has_request_context, request
from werkzeug.routing import Map, Rule
from werkzeug.wsgi import ClosingIterator

from api import figures
from api.auth import house
from models import logs

log = logging.getLogger("onsite.request")

HEADER = "X-Request-Id"
SANE_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}")
ARGUMENT = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>")
HARMLESS_CONVERTERS = {"uuid", "int"}
HARMLESS_ARGUMENTS = {"sha256"}
ASKED_BY_MACHINES = {"/healthz", "/readyz", "/metrics"}  # every few seconds: not worth a line
NO_ROUTE = "none"
HIDDEN = "…"


def watch(app: Flask) -> None:
    """Watch every request of the application. To be called before anything else asks for one."""
    app.before_request(_begin)
    app.after_request(_answered)
    app.logger.addFilter(_without_address)


class Counted:
    """The body that comes in, counted while it is read."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.bytes = 0

    def read(self, size: int = -1) -> bytes:
        piece: bytes = self._stream.read(size)
        self.bytes += len(piece)
        return piece

    def readline(self, size: int = -1) -> bytes:
        line: bytes = self._stream.readline(size)
        self.bytes += len(line)
        return line


@dataclass
class Seen:
    """A request that has begun."""

    id: str
    began: float
    body: Counted
    sent: int = 0


def _begin() -> None:
    given = request.headers.get(HEADER, "").lower()
    clock = house().clock
    id_ = given if SANE_ID.fullmatch(given) else str(house().ids.new(clock.now()))
    body = request.environ["wsgi.input"] = Counted(request.environ["wsgi.input"])
    g.seen = Seen(id_, clock.seconds(), body)
    logs.about(id=id_)
    figures.RUNNING.inc()


def _answered(response: Response) -> Response:
    """Tell of the request when its last byte has gone."""
    seen: Seen = g.seen
    response.headers[HEADER] = seen.id
    _measure(seen, response)
    clock, about = house().clock, {**_asked(request), **_who()}

    def gone() -> None:
        _tell(seen, about, response.status_code, clock.seconds() - seen.began)

    if response.direct_passthrough:
        _after_closing(response.response, gone)
    else:
        response.call_on_close(gone)
    return response


def _after_closing(file: Any, gone: Callable[[], None]) -> None:
    """A file is handed to the server as it is, and closing it is all that the server does."""
    close = file.close

    def close_and_tell() -> None:
        close()
        gone()

    file.close = close_and_tell


def _measure(seen: Seen, response: Response) -> None:
    """Find out how many bytes go out, without gathering what is made while it goes."""
    if request.method == "HEAD":
        return
    size = response.headers.get("Content-Length", type=int)
    if size is not None:
        seen.sent = size
        return
    pieces: Any = response.response
    if response.is_sequence:
        seen.sent = sum(map(len, pieces))
    else:
        close = getattr(pieces, "close", None)
        response.response = ClosingIterator(_counting(seen, pieces), close)


def _counting(seen: Seen, pieces: Iterable[Any]) -> Iterator[Any]:
    for piece in pieces:
        seen.sent += len(piece)
        yield piece


def _tell(seen: Seen, about: dict[str, Any], status: int, seconds: float) -> None:
    figures.RUNNING.dec()
    figures.count_request(
        about["method"], about["route"], status, seconds, seen.body.bytes, seen.sent
    )
    milliseconds = round(seconds * 1000, 1)
    level = logging.DEBUG if about["route"] in ASKED_BY_MACHINES else logging.INFO
    log.log(
        level,
        "%s %s %s %s ms",
        status,
        about["method"],
        about["path"],
        milliseconds,
        extra={
            "id": seen.id,
            **about,
            "status": status,
            "ms": milliseconds,
            "in": seen.body.bytes,
            "out": seen.sent,
        },
    )


def _asked(asked: Request) -> dict[str, Any]:
    rule = asked.url_rule
    return {
        "method": asked.method if asked.method in figures.METHODS else "other",
        "route": NO_ROUTE if rule is None else rule.rule,
        "path": _known_words(asked) if rule is None else _filled(rule, asked.view_args or {}),
        "client": asked.remote_addr,
    }


def _who() -> dict[str, str | None]:
    user, device = g.get("user"), g.get("device")
    user_id = device.user_id if device is not None else user.id if user is not None else None
    return {
        "user": None if user_id is None else str(user_id),
        "device": None if device is None else str(device.id),
        "role": None if user is None else str(user.role),
    }


def _filled(rule: Rule, values: dict[str, Any]) -> str:
    """The address by its pattern, with ids; any other argument might be somebody's secret."""

    def shown(argument: re.Match[str]) -> str:
        converter, name = argument.groups()
        harmless = converter in HARMLESS_CONVERTERS or name in HARMLESS_ARGUMENTS
        return str(values.get(name, HIDDEN)) if harmless else HIDDEN

    return ARGUMENT.sub(shown, rule.rule)


def _known_words(asked: Request) -> str:
    """Of an address that is none of ours, the words that are: enough to see a wrong prefix."""
    words = _words(current_app.url_map)
    return "/".join(word if word in words else HIDDEN for word in asked.path.split("/")[:20])


@lru_cache(maxsize=1)
def _words(addresses: Map) -> frozenset[str]:
    return frozenset(word for rule in addresses.iter_rules() for word in rule.rule.split("/"))


def _without_address(record: logging.LogRecord) -> bool:
    """Flask names the address as it was asked where a view raises; the pattern is enough."""
    if record.exc_info and has_request_context():
        record.msg, record.args = "%s %s raised", (request.method, str(request.url_rule))
    return True

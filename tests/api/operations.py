"""Every operation of the application, by its id, and how to ask it about nothing in particular."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from flask import Flask
from werkzeug.routing import Rule

SAMPLES = {"sha256": "0" * 64, "side": "320"}
NOTHING = "00000000-0000-7000-8000-000000000000"
ARGUMENT = re.compile(r"<([^<>]*:)?(?P<name>\w+)>")


class Operation(NamedTuple):
    """An operation's id, and a request for it whose ids name nothing."""

    id: str
    method: str
    path: str


def operations(app: Flask) -> Iterator[Operation]:
    """Every method and address of the application, but the methods that Flask adds by itself."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        methods = set(rule.methods or ()) - ({"HEAD"} if "GET" in (rule.methods or ()) else set())
        for method in sorted(methods):
            if method != "OPTIONS" or methods == {"OPTIONS"}:
                yield Operation(rule.endpoint.rpartition(".")[2], method, address(rule))


def address(rule: Rule) -> str:
    """The rule's path, with samples for its arguments."""
    return ARGUMENT.sub(lambda found: SAMPLES.get(found["name"], NOTHING), rule.rule)

"""The blueprint of this API: bodies are read by one rule, and every operation has an id."""

from collections.abc import Callable, Mapping
from typing import Any

import flask_smorest
from flask import Request
from marshmallow import RAISE, Schema
from webargs.flaskparser import FlaskParser

from api.bodies import json_body


class Parser(FlaskParser):
    """Reads bodies by the rule of this API. Unknown parameters of a query are refused too."""

    DEFAULT_UNKNOWN_BY_LOCATION: Mapping[str, str | None] = {  # type: ignore[assignment]
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": RAISE,
    }

    def load_json(self, req: Request, schema: Schema) -> Any:
        return json_body()


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]  # flask-smorest has no types.
    """A group of endpoints."""

    ARGUMENTS_PARSER = Parser()

    def route(self, rule: str, **options: Any) -> Callable[[Any], Any]:
        """Add an endpoint; its name is the operation's id."""
        add = super().route(rule, **options)

        def decorate(view: Any) -> Any:
            name = options.get("endpoint", view.__name__)
            return add(self.doc(operationId=name)(view))

        return decorate

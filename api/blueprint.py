"""The blueprint of this API: bodies are read by one rule, and every operation has an id."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import flask_smorest
from flask import Request
from marshmallow import RAISE, Schema
from webargs.flaskparser import FlaskParser

from api import auth, describing
from api.bodies import json_body
from api.errors import CONTENT_TYPE, ProblemSchema


class Parser(FlaskParser):
    """Reads bodies by the rule of this API. Unknown parameters of a query are refused too."""

    DEFAULT_UNKNOWN_BY_LOCATION: Mapping[str, str | None] = {  # type: ignore[assignment]
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": RAISE,
    }

    def load_json(self, req: Request, schema: Schema) -> Any:
        return json_body()


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]  # flask-smorest has no types.
    """A group of endpoints, each guarded by the rights of its operation."""

    ARGUMENTS_PARSER = Parser()

    def route(self, rule: str, **options: Any) -> Callable[[Any], Any]:
        """Add an endpoint; its name is the operation's id."""
        add = super().route(rule, parameters=describing.path_parameters(rule), **options)
        methods = set(options["methods"])

        def decorate(view: Any) -> Any:
            name = options.get("endpoint", view.__name__)
            told = auth.documented(name)
            for_staff = "x-roles" in told
            told["responses"] |= describing.refusals(rule, methods, view, for_staff)
            told["description"] = describing.with_the_allowed(view, told.pop("allowed"))
            return add(self.doc(operationId=name, **told)(auth.guarded(name, view)))

        return decorate

    def arguments(self, schema: Any, *, location: str = "json", **options: Any) -> Any:
        """What is asked for. What of a body's schema is only told may not be sent."""
        wanted = describing.asked(schema) if location == "json" else schema
        return super().arguments(describing.shared(wanted), location=location, **options)

    def response(self, status_code: int, schema: Any = None, **options: Any) -> Any:
        """What is answered."""
        describing.tell(schema)
        return super().response(status_code, describing.shared(schema), **options)

    def alt_response(self, status_code: int, response: Any = None, **options: Any) -> Any:
        """What is answered instead; a refusal is a problem unless it is said to be another one."""
        if response is None and status_code >= HTTPStatus.BAD_REQUEST:
            options = {"schema": ProblemSchema, "content_type": CONTENT_TYPE, **options}
        describing.tell(options.get("schema"))
        options["schema"] = describing.shared(options.get("schema"))
        return super().alt_response(status_code, response, **options)

"""The web application, made by `create_app()`."""

import logging
import os
from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask.json.provider import DefaultJSONProvider
from flask_smorest import Api

from api import (
    customers,
    devices,
    dispatch,
    findings,
    health,
    imports,
    loaners,
    people,
    photos,
    records,
    sessions,
    stock,
    sync,
    uploads,
)
from api.auth import SCHEMES
from api.errors import ProblemApi, register_errors
from api.queue import nudge_to
from models.house import House
from models.settings import Settings
from sync import limits

PREFIX = "/api/v1"
GROUPS = (
    sessions,
    people,
    devices,
    customers,
    dispatch,
    stock,
    loaners,
    records,
    photos,
    findings,
    sync,
    uploads,
    imports,
)

CONFIG: Mapping[str, Any] = {
    "API_TITLE": "Onsite",
    "API_VERSION": "v1",
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": PREFIX,
    "OPENAPI_JSON_PATH": "openapi.json",
    "API_SPEC_OPTIONS": {"components": {"securitySchemes": SCHEMES}},
    "PROPAGATE_EXCEPTIONS": False,
    "MAX_CONTENT_LENGTH": limits.body_bytes_max,
}


def create_app(house: House | None = None) -> Flask:
    """The application, over the given house or the one that the environment names."""
    app = Flask("api")
    app.config.update(CONFIG)
    provider = DefaultJSONProvider(app)
    provider.sort_keys = provider.ensure_ascii = False  # Chinese stays readable to whoever looks.
    app.json = provider
    if house is None:
        settings = Settings.read(os.environ)
        logging.basicConfig(level=settings.log_level)
        house = House.open(settings, nudge=nudge_to(settings.redis_url))
    app.extensions["house"] = house
    register_errors(app)
    app.register_blueprint(health.blp)
    api: Api = ProblemApi(app)
    for group in GROUPS:
        api.register_blueprint(group.blp, url_prefix=PREFIX)
    return app

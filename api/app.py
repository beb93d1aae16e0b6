"""The web application, made by `create_app()`."""

import os
from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask.json.provider import DefaultJSONProvider
from flask_smorest import Api

from api import (
    accounts,
    board,
    company,
    contracts,
    costs,
    custody,
    customers,
    debts,
    devices,
    dispatch,
    edits,
    exports,
    findings,
    health,
    imports,
    installed,
    knowledge,
    labels,
    leaving,
    loaners,
    me,
    notices,
    old_parts,
    orders,
    pages,
    papers,
    people,
    photos,
    promises,
    proof,
    records,
    repairs,
    reported,
    requisitions,
    rescue,
    reservations,
    returns,
    scanning,
    sessions,
    signatures,
    statements,
    stock,
    sync,
    transfers,
    units,
    uploads,
    warehouse,
    work_orders,
)
from api.auth import SCHEMES
from api.describing import ABOUT
from api.errors import ProblemApi, register_errors
from api.queue import nudge_to
from api.security import secure
from api.watching import watch
from models import logs
from models.house import House
from models.settings import Settings
from sync import limits

PREFIX = "/api/v1"
GROUPS = (
    sessions,
    me,
    company,
    people,
    accounts,
    leaving,
    devices,
    rescue,
    papers,
    customers,
    contracts,
    work_orders,
    dispatch,
    promises,
    board,
    proof,
    requisitions,
    orders,
    stock,
    transfers,
    warehouse,
    debts,
    old_parts,
    repairs,
    returns,
    installed,
    costs,
    custody,
    loaners,
    reservations,
    units,
    statements,
    scanning,
    labels,
    records,
    reported,
    signatures,
    photos,
    findings,
    knowledge,
    notices,
    edits,
    sync,
    uploads,
    imports,
    exports,
)

CONFIG: Mapping[str, Any] = {
    "API_TITLE": "Onsite",
    "API_VERSION": "v1",
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": PREFIX,
    "OPENAPI_JSON_PATH": "openapi.json",
    "API_SPEC_OPTIONS": {
        "info": {"description": ABOUT},
        "components": {"securitySchemes": SCHEMES},
    },
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
        logs.set_up(settings)
        house = House.open(settings, nudge=nudge_to(settings.redis_url))
    app.extensions["house"] = house
    watch(app)
    secure(app)
    register_errors(app)
    app.register_blueprint(health.blp)
    app.register_blueprint(pages.blp)
    api: Api = ProblemApi(app)
    for group in GROUPS:
        api.register_blueprint(group.blp, url_prefix=PREFIX)
    return app

"""What the processes say: JSON for machines, short lines for people, and no secret in either.

A door says at the beginning of a request or job what it is (`about`); every line that is said in
its course then carries that.
"""

import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from logging.config import dictConfig
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from models.clock import instant_text
from models.setting import without_secrets
from models.settings import Settings

SHOWN = ("levelname", "name", "process", "message")
NAMES = {"levelname": "level", "name": "logger", "exc_info": "trace"}
RESERVED = [*vars(logging.makeLogRecord({})), "message", "asctime", "taskName", "color_message"]

_about: ContextVar[dict[str, Any] | None] = ContextVar("about", default=None)


def about(**what: Any) -> None:
    """From here on, what this thread says is about that request or job, and no other."""
    _about.set(what)


class About(logging.Filter):
    """Adds to each record what it is about."""

    def filter(self, record: logging.LogRecord) -> bool:
        for name, value in (_about.get() or {}).items():
            record.__dict__.setdefault(name, value)
        return True


class Server(logging.Filter):
    """What gunicorn says of itself, without what a client sent that is no request, and without a
    trace for each client that fell silent."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and isinstance(record.exc_info[1], BlockingIOError):
            return False
        if str(record.msg).startswith("Invalid request from"):
            record.msg = record.msg.partition(": ")[0]
        return True


class JsonLines(JsonFormatter):
    """One JSON object a line: time, level, logger, message, then what it is about."""

    def __init__(self) -> None:
        super().__init__(
            SHOWN, rename_fields=NAMES, reserved_attrs=RESERVED, json_ensure_ascii=False
        )

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        log_data["time"] = instant_text(datetime.fromtimestamp(record.created, UTC))
        super().add_fields(log_data, record, message_dict)

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


class TextLines(logging.Formatter):
    """Level and message. Whoever collects the lines of several processes puts the time before."""

    def __init__(self) -> None:
        super().__init__("%(levelname)-7s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


def set_up(settings: Settings) -> None:
    """Have this process speak as the settings say."""
    dictConfig(configuration(settings))


def configuration(settings: Settings) -> dict[str, Any]:
    """How to speak, in the form that `logging.config` and gunicorn read."""
    text = settings.log_format == "text"
    quieter = max(logging.WARNING, logging.getLevelNamesMapping()[settings.log_level])
    server = quieter if text else settings.log_level
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"about": {"()": About}, "server": {"()": Server}},
        "formatters": {"lines": {"()": TextLines if text else JsonLines}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "lines",
                "filters": ["about"],
            }
        },
        "root": {"level": settings.log_level, "handlers": ["stderr"]},
        "loggers": {
            "gunicorn.error": {
                "level": server,
                "handlers": [],
                "filters": ["server"],
                "propagate": True,
            },
            "gunicorn.access": {"level": quieter, "handlers": [], "propagate": True},
            "rq": {"level": quieter},
            "rq.cron": {"level": quieter, "handlers": [], "propagate": True},
            "alembic": {"level": quieter},
        },
    }

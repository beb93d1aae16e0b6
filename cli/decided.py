"""What `onsite run` decides by itself where nothing was said. `onsite settings` tells it too."""

from collections.abc import Mapping

from cli.redis_server import socket_url
from models.dialect import file_of
from models.settings import Settings

LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")


def decided(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that nobody set, and what a run sets them to."""
    chosen = {
        "REDIS_URL": socket_url(settings.home / "redis") or "one of its own, at a free port",
        "ONSITE_LOG_FORMAT": "text",
        "ONSITE_SECOND_FACTOR": _second_factor(settings),
    }
    return {name: value for name, value in chosen.items() if not environ.get(name, "").strip()}


def _second_factor(settings: Settings) -> str:
    """It is only offered where nobody but this machine can reach what runs."""
    private = settings.bind in LOOPBACK and file_of(settings.database_url) is not None
    return "offered" if private else settings.second_factor

"""One variable of the environment: what it may hold, and how its text becomes a value."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from models.blobs.address import read_url

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
HOST = re.compile(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]")
KEY = re.compile(r"[0-9a-f]{64}")
ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
TOKEN_LENGTH_MIN = 20
SECRET_NAME = re.compile(r".*_(TOKEN|SECRET|PASSWORD|KEY)")
SECRETS = (
    (re.compile(r"(?<=bearer )[^\s\"']+", re.IGNORECASE), "***"),
    (re.compile(r"(?<=://)\S*(?=@)"), "***"),
    (re.compile(r"((?:password|secret|token|key)\w*=)[^&\s]*", re.IGNORECASE), r"\1***"),
)


class SettingError(ValueError):
    """Variables hold what cannot be used. One line for each names the variable and the remedy."""


def without_secrets(text: str) -> str:
    """The text without what looks like a password or a token, in URLs and headers."""
    for secret, instead in SECRETS:
        text = secret.sub(instead, text)
    return text


def home(text: str) -> Path:
    return Path(text).expanduser().absolute()


def database_url(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    if scheme in {"postgres", "postgresql"}:
        # Hosting providers say postgres://; the driver is named so that it cannot vary.
        text = f"postgresql+psycopg{separator}{rest}"
    try:
        url = make_url(text)
    except ArgumentError:
        raise ValueError from None
    if url.drivername == "sqlite":
        # Several processes share the database, so it must be a file, and found from any folder.
        if not url.database or url.database == ":memory:":
            raise ValueError
        return f"sqlite:///{Path(url.database).absolute()}"
    if url.drivername != "postgresql+psycopg":
        raise ValueError
    return text


def one_of_schemes(*schemes: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not text.startswith(schemes):
            raise ValueError
        return text

    return parse


def number(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise ValueError
        return int(text)

    return parse


def switch(text: str) -> bool:
    return one_of("1", "0")(text) == "1"


def origins(text: str) -> tuple[str, ...]:
    origins = tuple(text.split())
    if not all(ORIGIN.fullmatch(origin) for origin in origins):
        raise ValueError
    return origins


def token(text: str) -> str:
    if len(text) < TOKEN_LENGTH_MIN or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError
    return text


def blob_url(text: str) -> str:
    if not text.startswith("file:///"):
        read_url(text)
    return text


def host(text: str) -> str:
    if not HOST.fullmatch(text):
        raise ValueError
    return text


def log_level(text: str) -> str:
    if text.upper() not in LOG_LEVELS:
        raise ValueError
    return text.upper()


def key(text: str) -> str:
    if not KEY.fullmatch(text):
        raise ValueError
    return text


def one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in words:
            raise ValueError
        return text

    return parse


def file(text: str) -> Path:
    path = Path(text).expanduser().absolute()
    if not path.is_file():
        raise ValueError
    return path


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable: what it is for, what it may hold, and what holds when it is absent."""

    name: str
    field: str
    default: str | None
    what: str
    remedy: str
    parse: Callable[[str], object]

    def shown(self, value: object) -> str:
        """The value for people's eyes: passwords and tokens are never in it."""
        if value is None:
            return "-"
        if SECRET_NAME.fullmatch(self.name):
            return "***"
        if isinstance(value, bool):
            return "1" if value else "0"
        return without_secrets(" ".join(value) if isinstance(value, tuple) else str(value))

    def read(self, environ: Mapping[str, str], home: object) -> object:
        text = environ.get(self.name, "").strip()
        if not text and self.default is None:
            return None
        try:
            return self.parse(text or str(self.default).format(home=home))
        except ValueError:
            # The value is not repeated: it may be a URL with a password in it.
            raise SettingError(f"{self.name} {self.remedy}") from None

"""Everything the environment may say, in one table.

The doors hand in their environment; nothing below them looks at it. The table is also what
docs/configuration.md shows, so a setting cannot exist without being explained.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
HOST = re.compile(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]")


class SettingError(ValueError):
    """A variable holds what cannot be used. Its one line names the variable and the remedy."""


def _home(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _database_url(text: str) -> str:
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


def _one_of_schemes(*schemes: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not text.startswith(schemes):
            raise ValueError
        return text

    return parse


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65535:
        raise ValueError
    return port


def _host(text: str) -> str:
    if not HOST.fullmatch(text):
        raise ValueError
    return text


def _log_level(text: str) -> str:
    if text.upper() not in LOG_LEVELS:
        raise ValueError
    return text.upper()


def _one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in words:
            raise ValueError
        return text

    return parse


def _file(text: str) -> Path:
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

    def read(self, environ: Mapping[str, str], home: object) -> object:
        text = environ.get(self.name, "").strip()
        if not text and self.default is None:
            return None
        try:
            return self.parse(text or str(self.default).format(home=home))
        except ValueError:
            # The value is not repeated: it may be a URL with a password in it.
            raise SettingError(f"{self.name} {self.remedy}") from None


SETTINGS = (
    Setting(
        "ONSITE_HOME",
        "home",
        "./.onsite",
        "The one folder that holds everything a run leaves behind.",
        "must name a folder, for example ONSITE_HOME=/var/lib/onsite",
        _home,
    ),
    Setting(
        "DATABASE_URL",
        "database_url",
        "sqlite:///{home}/onsite.sqlite3",
        "The database: a SQLite file or a PostgreSQL server (`postgres://` will do).",
        "must be sqlite:////path/to/a/file or postgresql://user:password@host/name",
        _database_url,
    ),
    Setting(
        "REDIS_URL",
        "redis_url",
        None,
        "The queue's Redis. Without it, `onsite run` starts one of its own.",
        "must be a Redis address, for example redis://localhost:6379/0",
        _one_of_schemes("redis://", "rediss://", "unix://"),
    ),
    Setting(
        "REDIS_SERVER",
        "redis_server",
        None,
        "The program that `onsite run` starts as Redis, when it cannot find one itself.",
        "must name an existing program, for example REDIS_SERVER=/usr/bin/redis-server",
        _file,
    ),
    Setting(
        "BLOB_URL",
        "blob_url",
        "file://{home}/blobs",
        "Photos and documents: a folder, taken letter by letter.",
        "must be file:///path/to/a/folder",
        _one_of_schemes("file:///"),
    ),
    Setting(
        "PORT",
        "port",
        "8000",
        "Where the web process listens.",
        "must be a number from 1 to 65535, for example PORT=8000",
        _port,
    ),
    Setting(
        "ONSITE_BIND",
        "bind",
        "127.0.0.1",
        "The address it listens on; 0.0.0.0 is every address of the machine.",
        "must be an address of this machine, for example ONSITE_BIND=0.0.0.0",
        _host,
    ),
    Setting(
        "ONSITE_LOG_LEVEL",
        "log_level",
        "INFO",
        f"How much the processes say: {', '.join(LOG_LEVELS)}.",
        f"must be one of {', '.join(LOG_LEVELS)}",
        _log_level,
    ),
    Setting(
        "ONSITE_SAMPLE",
        "sample",
        "1",
        "Whether the first `onsite run` makes the sample company in its new file: 1, small or 0.",
        "must be 1, small or 0",
        _one_of("1", "small", "0"),
    ),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment said, checked once and never again."""

    home: Path
    database_url: str
    redis_url: str | None
    redis_server: Path | None
    blob_url: str
    port: int
    bind: str
    log_level: str
    sample: str

    @property
    def local_host(self) -> str:
        """Where this machine reaches the web process; an address that means "every" is none."""
        host = self.bind.strip("[]")
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)

    @property
    def local_url(self) -> str:
        host = self.local_host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Self:
        # The home comes first in the table, because other defaults lie inside it.
        values: dict[str, object] = {}
        for setting in SETTINGS:
            values[setting.field] = setting.read(environ, values.get("home"))
        return cls(**values)  # type: ignore[arg-type]  # Each parser gives its field's type.


def as_markdown() -> str:
    """The table as docs/configuration.md shows it."""
    lines = ["| Variable | When absent | What it is for |", "|---|---|---|"]
    for setting in SETTINGS:
        default = f"`{setting.default}`" if setting.default else "-"
        lines.append(f"| `{setting.name}` | {default} | {setting.what} |")
    return "\n".join(lines) + "\n"

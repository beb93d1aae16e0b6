"""Everything the environment may say, in one table.

The doors hand in their environment; nothing below them looks at it. The table is also what
docs/configuration.md shows, so a setting cannot exist without being explained.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Self

from models.setting import (
    LOG_LEVELS,
    TOKEN_LENGTH_MIN,
    Setting,
    SettingError,
    blob_url,
    database_url,
    file,
    home,
    host,
    key,
    log_level,
    number,
    one_of,
    one_of_schemes,
    origins,
    switch,
    token,
)

PREFIX = "ONSITE_"
EVERYWHERE = "0.0.0.0"

SETTINGS = (
    Setting(
        "ONSITE_HOME",
        "home",
        "./.onsite",
        "The one folder that holds everything a run leaves behind.",
        "must name a folder, for example ONSITE_HOME=/var/lib/onsite",
        home,
    ),
    Setting(
        "DATABASE_URL",
        "database_url",
        "sqlite:///{home}/onsite.sqlite3",
        "The database: a SQLite file or a PostgreSQL server (`postgres://` will do).",
        "must be sqlite:////path/to/a/file or postgresql://user:password@host/name",
        database_url,
    ),
    Setting(
        "REDIS_URL",
        "redis_url",
        None,
        "The queue's Redis. Without it, `onsite run` starts one of its own.",
        "must be a Redis address, for example redis://localhost:6379/0",
        one_of_schemes("redis://", "rediss://", "unix://"),
    ),
    Setting(
        "REDIS_SERVER",
        "redis_server",
        None,
        "The program that `onsite run` starts as Redis, when it cannot find one itself.",
        "must name an existing program, for example REDIS_SERVER=/usr/bin/redis-server",
        file,
    ),
    Setting(
        "BLOB_URL",
        "blob_url",
        "file://{home}/blobs",
        "Photos and documents: a folder, taken letter by letter, or an S3-compatible service.",
        "must be file:///path/to/a/folder, s3://bucket or s3+https://KEY:SECRET@host/bucket",
        blob_url,
    ),
    Setting(
        "PORT",
        "port",
        "8000",
        "Where the web process listens.",
        "must be a number from 1 to 65535, for example PORT=8000",
        number(1, 65535),
    ),
    Setting(
        "TLS",
        "tls",
        "0",
        "1: `onsite run` makes a certificate, so that a phone in the same network can connect.",
        "must be 1 or 0",
        switch,
    ),
    Setting(
        "ONSITE_BIND",
        "bind",
        "127.0.0.1",
        f"The address it listens on; {EVERYWHERE}, as with TLS=1, is every one of the machine.",
        f"must be an address of this machine, for example ONSITE_BIND={EVERYWHERE}",
        host,
    ),
    Setting(
        "ONSITE_PROXIES",
        "proxies",
        "0",
        "How many proxies of yours stand in front; so many `X-Forwarded-…` entries are believed.",
        "must be a number from 0 to 9",
        number(0, 9),
    ),
    Setting(
        "ONSITE_CORS_ORIGINS",
        "cors_origins",
        None,
        "Other origins whose pages may call the API, separated by spaces.",
        "must be origins without a path, for example ONSITE_CORS_ORIGINS=https://desk.example.com",
        origins,
    ),
    Setting(
        "ONSITE_STALL_SECONDS",
        "stall_seconds",
        "60",
        "After how long a client that says nothing within a request is given up.",
        "must be a number from 1 to 3600",
        number(1, 3600),
    ),
    Setting(
        "ONSITE_METRICS_TOKEN",
        "metrics_token",
        None,
        "What whoever reads `/metrics` sends as Bearer. Without it, only this machine may read.",
        f"must have at least {TOKEN_LENGTH_MIN} characters and no space",
        token,
    ),
    Setting(
        "ONSITE_BACKLOG_SECONDS",
        "backlog_seconds",
        "300",
        "From which age on waiting work makes `/readyz` say no.",
        "must be a number from 1 to 86400",
        number(1, 86400),
    ),
    Setting(
        "ONSITE_FREE_MB",
        "free_mb",
        "500",
        "With how much less room for photos, in megabytes, `/readyz` says no.",
        "must be a number from 0 to 1000000000",
        number(0, 10**9),
    ),
    Setting(
        "ONSITE_TRANSIT_DAYS",
        "transit_days",
        "7",
        "After how many days on its way a transfer that nobody received is a finding.",
        "must be a number from 1 to 365",
        number(1, 365),
    ),
    Setting(
        "ONSITE_SECOND_FACTOR",
        "second_factor",
        "required",
        "Whether a supervisor must have a second factor: required, or offered.",
        "must be required or offered",
        one_of("required", "offered"),
    ),
    Setting(
        "ONSITE_KEY",
        "key",
        None,
        "The key of second factors and exported outboxes; else a file in the home holds one.",
        "must be 64 hexadecimal digits in lower case, for example from `openssl rand -hex 32`",
        key,
    ),
    Setting(
        "ONSITE_LOG_LEVEL",
        "log_level",
        "INFO",
        f"How much the processes say: {', '.join(LOG_LEVELS)}.",
        f"must be one of {', '.join(LOG_LEVELS)}",
        log_level,
    ),
    Setting(
        "ONSITE_LOG_FORMAT",
        "log_format",
        None,
        "json or text; when absent, text under `onsite run` and json elsewhere.",
        "must be json or text",
        one_of("json", "text"),
    ),
    Setting(
        "ONSITE_SAMPLE",
        "sample",
        "1",
        "Whether the first `onsite run` makes the sample company in its new file: 1, small or 0.",
        "must be 1, small or 0",
        one_of("1", "small", "0"),
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
    tls: bool
    bind: str
    proxies: int
    cors_origins: tuple[str, ...] | None
    stall_seconds: int
    metrics_token: str | None
    backlog_seconds: int
    free_mb: int
    transit_days: int
    second_factor: str
    key: str | None
    log_level: str
    log_format: str | None
    sample: str

    @property
    def local_host(self) -> str:
        """Where this machine reaches the web process; an address that means "every" is none."""
        host = self.bind.strip("[]")
        return {EVERYWHERE: "127.0.0.1", "::": "::1"}.get(host, host)

    @property
    def local_url(self) -> str:
        return self.url_at(self.local_host)

    def url_at(self, host: str) -> str:
        """The web process's URL by one of the machine's names or addresses."""
        scheme = "https" if self.tls else "http"
        return (
            f"{scheme}://[{host}]:{self.port}" if ":" in host else f"{scheme}://{host}:{self.port}"
        )

    @property
    def tls_folder(self) -> Path:
        """Where certificate and key lie, with those of the authority that signs them."""
        return self.home / "tls"

    @property
    def figures_folder(self) -> Path:
        """Where the web processes count, so that each can tell the figures of all."""
        return self.home / "metrics"

    @property
    def authority(self) -> Path:
        """The certificate of the authority that signed the server's."""
        return self.tls_folder / "ca.crt"

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Self:
        """What the environment says. Raises SettingError, which names all that is wrong."""
        values, problems = examine(environ)
        if problems:
            raise SettingError("\n".join(problems))
        return cls(**values)  # type: ignore[arg-type]  # Each parser gives its field's type.


def examine(environ: Mapping[str, str]) -> tuple[dict[str, object], list[str]]:
    """The values that can be used, by field, and a line for each that cannot."""
    if environ.get("TLS", "").strip() == "1" and not environ.get("ONSITE_BIND", "").strip():
        environ = {**environ, "ONSITE_BIND": EVERYWHERE}
    values: dict[str, object] = {}
    problems = []
    # The home comes first in the table, because other defaults lie inside it.
    for setting in SETTINGS:
        try:
            values[setting.field] = setting.read(environ, values.get("home"))
        except SettingError as error:
            problems.append(str(error))
    return values, problems


def misspelt(environ: Mapping[str, str]) -> dict[str, str]:
    """A line for each variable, by its name, that looks like one of ours and is none."""
    names = {setting.name.removeprefix(PREFIX): setting.name for setting in SETTINGS}
    found = {}
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in names.values():
            near = get_close_matches(name.removeprefix(PREFIX), names, n=1)
            found[name] = f"{name} is no setting" + (f"; {names[near[0]]} is one" if near else "")
    return found


def as_markdown() -> str:
    """The table as docs/configuration.md shows it."""
    lines = ["| Variable | When absent | What it is for |", "|---|---|---|"]
    for setting in SETTINGS:
        default = f"`{setting.default}`" if setting.default else "-"
        lines.append(f"| `{setting.name}` | {default} | {setting.what} |")
    return "\n".join(lines) + "\n"

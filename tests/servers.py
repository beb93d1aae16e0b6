"""Real servers for the tests, each started in a folder of its own and gone afterwards.

Every process of pytest-xdist starts its own, so that tests running side by side share nothing.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count, cycle
from pathlib import Path
from typing import Any, LiteralString, Protocol
from urllib.parse import quote

import psycopg
from psycopg import sql
from sqlalchemy import Engine

from cli.release import migrate
from models.clock import SystemClock
from models.dialect import open_engine

MEMORY = Path("/dev/shm")
MEMORY_NEEDED = 1 << 30
START_SECONDS = 20
USER = "onsite"
TEMPLATE = "template_of_tests"
# A test database is thrown away, so it need not survive a power cut.
HASTE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class DatabaseServer(Protocol):
    """Gives away fresh, migrated databases."""

    def fresh(self) -> str:
        """The URL of a new database that has every table and no row."""

    def drop(self, url: str) -> None:
        """Remove it again."""


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A short-named folder, in memory where there is enough: a copied database then costs 10 ms."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= MEMORY_NEEDED
    folder = Path(tempfile.mkdtemp(prefix="onsite-", dir=MEMORY if roomy else None))
    folder.chmod(0o755)  # The user postgres passes through when root runs the tests.
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# Statements are compiled once an engine, which takes longer than to run them. Databases of the same
# name, one after the other, therefore share one.
ENGINES: dict[str, Engine] = {}


def shared_engine(url: str) -> Engine:
    """The engine of the database of that name, whichever it is now."""
    if url not in ENGINES:
        ENGINES[url] = open_engine(url)
    return ENGINES[url]


def leave(url: str) -> None:
    """Give back the connections to the database of that name."""
    if url in ENGINES:
        ENGINES[url].dispose()


# A port that was free a moment ago is taken by whoever else looks for one, unless each process has
# ports of its own. They lie below those that the system gives away.
PORTS_EACH = 100
FIRST_PORT = 20_000 + os.getpid() % 100 * PORTS_EACH
PORTS = cycle(range(FIRST_PORT, FIRST_PORT + PORTS_EACH))


def free_port() -> int:
    """A port of this machine on which nobody listens, and which no other test is told."""
    return next(port for port in PORTS if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


class Numbers:
    """The lowest number that nobody has."""

    def __init__(self) -> None:
        self._taken: set[int] = set()

    def take(self) -> int:
        number = next(number for number in count() if number not in self._taken)
        self._taken.add(number)
        return number

    def give_back(self, number: int) -> None:
        self._taken.discard(number)


# --- SQLite -----------------------------------------------------------------


@dataclass
class SqliteFiles:
    """Copies of one migrated file."""

    folder: Path
    numbers: Numbers = field(default_factory=Numbers)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.template = self.folder / "template.sqlite3"
        migrate(f"sqlite:///{self.template}")

    def fresh(self) -> str:
        file = self.folder / f"{self.numbers.take()}.sqlite3"
        shutil.copyfile(self.template, file)
        return f"sqlite:///{file}"

    def drop(self, url: str) -> None:
        leave(url)
        file = Path(url.removeprefix("sqlite:///"))
        for path in self.folder.glob(f"{file.name}*"):
            path.unlink()
        self.numbers.give_back(int(file.stem))


# --- PostgreSQL -------------------------------------------------------------


OTHERS_GO = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""
SHAPE = "SELECT relkind, relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
RELEASED = sql.SQL("SELECT version_num FROM alembic_version")
RELEASE = sql.SQL("INSERT INTO alembic_version VALUES ({})")


@dataclass
class Postgres:
    """A running cluster, reached through the socket in its folder.

    A database that is given back is emptied, which takes a tenth of the time of making a new one,
    and by a connection that stays, as the first statement about each table takes longest.
    """

    folder: Path
    numbers: Numbers = field(default_factory=Numbers)
    made: dict[str, psycopg.Connection[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._execute("CREATE DATABASE {}", TEMPLATE)
        migrate(self.url(TEMPLATE))
        with self._connected(TEMPLATE) as connection:
            self.shape = _shape(connection)
            ((version,),) = connection.execute(RELEASED).fetchall()
        statements = {"r": "DELETE FROM {0}", "S": "ALTER SEQUENCE {0} RESTART"}
        self.emptying = sql.SQL("; ").join(
            [
                # Without triggers, so that no order of the tables matters.
                sql.SQL("SET session_replication_role = replica"),
                *(
                    sql.SQL(statements[kind]).format(sql.Identifier(name))
                    for kind, name in self.shape
                    if kind in statements
                ),
                RELEASE.format(sql.Literal(version)),
            ]
        )

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://{USER}@/{name}?host={quote(str(self.folder))}"

    def fresh(self) -> str:
        name = f"test_{self.numbers.take()}"
        if name not in self.made:
            # Copying files is twice as fast as logging them, and needs PostgreSQL 15 to be said.
            self._execute("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, TEMPLATE)
            self.made[name] = self._connected(name)
        return self.url(name)

    def drop(self, url: str) -> None:
        leave(url)
        name = url.partition("@/")[2].partition("?")[0]
        if not self._emptied(self.made[name]):
            self.made.pop(name).close()
            self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        self.numbers.give_back(int(name.removeprefix("test_")))

    def leave(self) -> None:
        """Close what stayed open."""
        for connection in self.made.values():
            connection.close()

    def _emptied(self, connection: psycopg.Connection[Any]) -> bool:
        """Whether the database has the tables that it ought to have, and no row any more."""
        connection.execute(OTHERS_GO)
        if _shape(connection) != self.shape:
            return False
        connection.execute(self.emptying)
        return True

    def _execute(self, statement: LiteralString, *names: str) -> None:
        with self._connected("postgres") as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _connected(self, name: str) -> psycopg.Connection[Any]:
        address = f"host={self.folder} user={USER} dbname={name}"
        return psycopg.connect(address, autocommit=True)


def _shape(connection: psycopg.Connection[Any]) -> list[tuple[str, str]]:
    return sorted(connection.execute(SHAPE).fetchall())


@contextmanager
def running_postgres(folder: Path) -> Iterator[Postgres]:
    """A PostgreSQL cluster of its own for as long as the block lasts."""
    folder.mkdir()
    identity = _another_user() if os.geteuid() == 0 else {}
    if identity:
        shutil.chown(folder, identity["user"], identity["group"])
    programs = _postgres_programs(folder)
    _initialise(programs, folder / "data", identity)
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            _server_command(programs, folder), stdout=log, stderr=log, cwd=folder, **identity
        )
    try:
        _wait_for(folder, server)
        databases = Postgres(folder)
        yield databases
        databases.leave()
    finally:
        server.send_signal(signal.SIGINT)  # A fast shutdown: it does not wait for clients.
        server.wait(START_SECONDS)


def _another_user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root, so root runs it as somebody with fewer rights."""
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise RuntimeError("PostgreSQL will not run as root, and there is no user postgres or nobody")


def _postgres_programs(folder: Path) -> Path:
    """The folder of initdb and postgres: the machine's, else those of the pgserver wheel."""
    on_path = shutil.which("initdb")
    if on_path and shutil.which("postgres"):
        return Path(on_path).parent
    # Debian keeps them off the PATH, by version.
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if installed:
        return installed[-1].parent
    wheel = find_spec("pgserver")
    if wheel is None or wheel.origin is None:
        raise RuntimeError(
            "The tests need PostgreSQL: put initdb and postgres (15 or later) on the PATH"
        )
    return _readable_copy(Path(wheel.origin).parent, folder)


def _readable_copy(wheel: Path, folder: Path) -> Path:
    """The wheel's programs, copied by root to where the other user may read them."""
    if os.geteuid() == 0:
        for name in ("pgserver/pginstall", "pgserver.libs"):
            shutil.copytree(wheel.parent / name, folder / name)
        wheel = folder / "pgserver"
    return wheel / "pginstall" / "bin"


def _initialise(programs: Path, data: Path, identity: dict[str, Any]) -> None:
    options = ("--no-sync", "--no-instructions", "--auth=trust", "--encoding=UTF8", "--locale=C")
    command: list[str | Path] = [programs / "initdb", "-D", data, "-U", USER, *options]
    subprocess.run(command, check=True, cwd=data.parent, capture_output=True, **identity)


def _server_command(programs: Path, folder: Path) -> list[str | Path]:
    # Small containers have little POSIX shared memory, and no test needs a TCP port.
    settings = (*HASTE, "listen_addresses=", "dynamic_shared_memory_type=mmap")
    options = [word for setting in settings for word in ("-c", setting)]
    return [programs / "postgres", "-D", folder / "data", "-k", folder, *options]


def _wait_for(folder: Path, server: subprocess.Popen[bytes]) -> None:
    for _ in range(START_SECONDS * 50):
        try:
            psycopg.connect(f"host={folder} user={USER} dbname=postgres").close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None:
                break
            SystemClock().sleep(0.02)
    raise RuntimeError("PostgreSQL did not start:\n" + (folder / "log").read_text())

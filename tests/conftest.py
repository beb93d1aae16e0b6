"""Fixtures every test may ask for. The servers behind them are in tests/servers.py."""

import json
import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from hypothesis import HealthCheck, settings
from redis import Redis

from cli.redis_server import find_program, running_redis
from models import code, house, people
from models.settings import Settings
from tests.s3 import fresh_bucket, running_s3
from tests.servers import (
    DatabaseServer,
    SqliteFiles,
    running_postgres,
    scratch_folder,
    shared_engine,
)
from tests.world import World

# How long an example takes tells how busy the machine is, and nothing of the law.
settings.register_profile("laws", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("laws")

PROOFS = Path(__file__).parents[1] / "docs" / "proofs.json"

Figures = Callable[..., None]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """All tests are read by each process, which is a tenth of what a short run takes."""
    with code.reading():
        return (yield)


@pytest.fixture(scope="session", autouse=True)
def passwords_cost_nothing() -> Iterator[None]:
    """A guess at a real password costs a tenth of a second, and the tests guess a lot."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people, "HASHER", PasswordHasher.from_parameters(CHEAPEST))
        yield


@pytest.fixture(scope="session", autouse=True)
def statements_are_compiled_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house, "open_engine", shared_engine)
        yield


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A folder for this process's servers."""
    with scratch_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def sqlite(scratch: Path) -> DatabaseServer:
    return SqliteFiles(scratch / "sqlite")


@pytest.fixture(scope="session")
def postgresql(scratch: Path) -> Iterator[DatabaseServer]:
    with running_postgres(scratch / "postgresql") as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh, migrated database; each test that asks runs once on each kind."""
    server: DatabaseServer = request.getfixturevalue(request.param)
    url = server.fresh()
    yield url
    server.drop(url)


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A company in a fresh database of each kind."""
    opened = World.open(database_url, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def postgresql_url(postgresql: DatabaseServer) -> Iterator[str]:
    """A fresh, migrated PostgreSQL, for the races that SQLite cannot have."""
    url = postgresql.fresh()
    yield url
    postgresql.drop(url)


@pytest.fixture(scope="session")
def redis_server(scratch: Path) -> Iterator[str]:
    program = find_program(Settings.read(os.environ).redis_server)
    with running_redis(program, scratch / "redis") as url:
        yield url


@pytest.fixture(scope="session")
def s3_server(scratch: Path) -> Iterator[str]:
    """An S3-compatible service of this process's own: where it listens."""
    with running_s3(scratch / "s3.log") as address:
        yield address


@pytest.fixture
def s3_url(s3_server: str) -> str:
    """A bucket with nothing in it, as BLOB_URL names it."""
    return fresh_bucket(s3_server)


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """A real Redis with nothing in it."""
    with Redis.from_url(redis_server) as client:
        client.flushall()
    return redis_server


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """Keep what a proof measured: figures(visits=10_000, seconds=3.2) under the test's name."""

    def keep(**measured: float | int | str | dict[str, int]) -> None:
        known = json.loads(PROOFS.read_text()) if PROOFS.exists() else {}
        known.setdefault(request.node.name, {}).update(measured)
        PROOFS.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n")

    return keep

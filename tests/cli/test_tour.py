"""The tour as a newcomer takes it, against a server that runs: the main job from end to end."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from PIL import Image
from pillow_heif import register_heif_opener

from tests.cli.conftest import Run, starting
from tests.servers import DatabaseServer


@dataclass(frozen=True)
class Toured:
    """A run, and the first tour that was taken of it."""

    run: Run
    first: CompletedProcess[str]


def toured(folder: Path, **variables: str) -> Iterator[Toured]:
    with starting(folder) as start:
        run = start(**variables)
        run.wait_until_started()
        yield Toured(run, run.onsite("tour"))


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toured]:
    """On an SQLite file and a Redis of its own."""
    yield from toured(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def servers(
    postgresql: DatabaseServer, redis_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Toured]:
    """On PostgreSQL and a Redis server, where a supervisor needs a second factor."""
    url = postgresql.fresh()
    yield from toured(tmp_path_factory.mktemp("run"), DATABASE_URL=url, REDIS_URL=redis_server)
    postgresql.drop(url)


@pytest.fixture
def run(laptop: Toured) -> Run:
    return laptop.run


@pytest.mark.parametrize("where", ["laptop", "servers"])
def test_a_working_day_over_http_holds_every_check(
    request: pytest.FixtureRequest, where: str
) -> None:
    tour = request.getfixturevalue(where).first
    assert tour.returncode == 0, tour.stdout + tour.stderr
    assert " NO " not in tour.stdout


def test_where_a_supervisor_needs_a_second_factor_the_tour_sets_one_up(servers: Toured) -> None:
    run, first = servers.run, servers.first
    kept = run.settings.home / "supervisor-otp"
    assert f"sets one up, kept in {kept}" in "".join(first.stdout.splitlines())
    assert kept.stat().st_mode & 0o777 == 0o600
    again = run.onsite("tour")  # with the next code: the last one was used
    assert again.returncode == 0, again.stdout + again.stderr
    assert "sets one up" not in again.stdout
    password = (run.settings.home / "supervisor-password").read_text().strip()
    asked = run.onsite("tour", "--password", password)
    assert "give its code as --otp" in asked.stderr


def test_the_tour_can_be_repeated_and_takes_somebodys_own_photos(run: Run, tmp_path: Path) -> None:
    register_heif_opener()
    for number, suffix in enumerate(("jpg", "png", "webp", "heic")):
        Image.new("RGB", (64, 48), (60 * number, 80, 90)).save(tmp_path / f"own.{suffix}")
    (tmp_path / "notes.txt").write_text("not a photo")
    tour = run.onsite("tour", "--photos", str(tmp_path))
    assert tour.returncode == 0, tour.stdout + tour.stderr
    assert "4 photos" in tour.stdout


def test_a_photo_that_cannot_be_read_is_told_and_fails_the_tour(run: Run, tmp_path: Path) -> None:
    (tmp_path / "torn.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a photo")
    tour = run.onsite("tour", "--photos", str(tmp_path))
    assert tour.returncode == 1
    assert "torn.jpg" in tour.stdout


def test_a_wrong_password_is_one_line(run: Run) -> None:
    tour = run.onsite("tour", "--password", "not the password")
    assert tour.returncode == 1
    assert tour.stderr.count("Error:") == 1
    assert "401" in tour.stderr


def test_no_server_is_one_line(run: Run) -> None:
    tour = run.onsite("tour", "--url", "http://127.0.0.1:1", "--password", "x")
    assert tour.returncode == 1
    assert "does not answer" in tour.stderr

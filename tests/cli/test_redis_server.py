"""The Redis of `onsite run`: found, started where it fits, and never two on the same files."""

from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError

from cli import redis_server
from cli.redis_server import NoRedis, find_program, running_redis
from models.settings import Settings


@pytest.fixture(scope="module")
def program() -> Path:
    return find_program(None)


def test_what_was_written_is_there_after_a_restart(program: Path, scratch: Path) -> None:
    folder = scratch / "kept"
    with running_redis(program, folder) as url, Redis.from_url(url) as client:
        client.set("key", "value")
    with running_redis(program, folder) as url, Redis.from_url(url) as client:
        assert client.get("key") == b"value"


def test_the_socket_is_for_its_owner_only(program: Path, scratch: Path) -> None:
    folder = scratch / "private"
    with running_redis(program, folder) as url:
        assert url == f"unix://{folder}/redis.sock"
        assert (folder / "redis.sock").stat().st_mode & 0o777 == 0o700


def test_a_folder_too_deep_for_a_socket_gets_a_port(program: Path, scratch: Path) -> None:
    with running_redis(program, scratch / ("deep" * 30)) as url, Redis.from_url(url) as client:
        assert url.startswith("redis://127.0.0.1:")
        assert client.ping()


def test_it_is_gone_afterwards(program: Path, scratch: Path) -> None:
    with running_redis(program, scratch / "gone") as url:
        pass
    with Redis.from_url(url) as client, pytest.raises(ConnectionError):
        client.ping()


def test_one_that_a_killed_run_left_behind_is_ended_first(program: Path, scratch: Path) -> None:
    folder = scratch / "twice"
    with running_redis(program, folder) as url, Redis.from_url(url) as client:
        client.set("key", "value")
        first = client.info()["process_id"]
        with running_redis(program, folder), Redis.from_url(url) as second:
            assert second.info()["process_id"] != first
            assert second.get("key") == b"value"


def test_a_program_that_is_no_redis_is_told(scratch: Path) -> None:
    folder = scratch / "wrong"
    with (
        pytest.raises(NoRedis, match=r"redis\.log says why"),
        running_redis(Path("/bin/true"), folder),
    ):
        pass


def test_the_named_program_comes_first(tmp_path: Path) -> None:
    named = tmp_path / "redis-server"
    named.touch()
    settings = Settings.read({"REDIS_SERVER": str(named)})
    assert find_program(settings.redis_server) == named


def test_without_any_redis_one_line_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_server, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NoRedis, match="install redis-server"):
        find_program(None)

"""A full disk is told at every door, loses nothing that is here, and what is sent again counts."""

import errno
from pathlib import Path
from typing import Any

import pytest
from psycopg.errors import DiskFull
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from models.dialect import has_no_room, open_engine
from models.facts import Fact
from models.photos import PhotoBytes
from sync import arriving
from tests.api.door import Door, problem, told
from tests.api.test_papers import keep
from tests.api.test_rescue import PICTURE, bring, exported, working


def full(*args: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_an_outbox_is_brought_again_once_there_is_room(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, _ = working(door)
    file = exported(door, phone, PICTURE)
    with monkeypatch.context() as patched:
        patched.setattr(arriving.Writer, "write", full)
        response = problem(bring(door, phone.device, file), 507, "no_room")
    assert "stays" in response["remedy"]
    assert len(door.world.rows(Fact)) == 3
    assert told(bring(door, phone.device, file))["photos"][0]["outcome"] == "taken"
    assert len(door.world.rows(Fact)) == 3
    assert len(door.world.rows(PhotoBytes)) == 1


def test_a_scan_that_finds_no_room_leaves_nothing_behind(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(door.world.house.blobs, "adopt", full)
        scan = {"data": b"%PDF-1.7 a page", "content_type": "application/pdf"}
        problem(door.ask("POST", "/scans", "dora", **scan), 507, "no_room")
    assert list(door.world.house.uploads.iterdir()) == []
    assert len(keep(door)) == 64


def test_a_database_without_room_is_told_and_nothing_of_the_exchange_is_kept(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, visit = working(door)

    def no_room(*args: Any) -> None:
        raise OperationalError("INSERT", {}, DiskFull("no space"))

    with monkeypatch.context() as patched:
        patched.setattr(door.world.house.database, "transact", no_room)
        body = {"code": "C-9", "name": "南方医院"}
        problem(door.ask("POST", "/customers", "dora", json=body), 507, "no_room")
    assert door.world.rows(Fact) == []
    phone.device.sync()
    assert len(door.world.rows(Fact)) == 3
    assert door.get(f"/visits/{visit}")["status"] == "done"


def test_sqlite_says_that_it_has_no_room_and_another_error_is_another(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'small.sqlite3'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE heap (bytes BLOB)"))
        connection.execute(text("PRAGMA max_page_count = 10"))
        with pytest.raises(OperationalError) as caught:
            connection.execute(text("INSERT INTO heap VALUES (zeroblob(1000000))"))
        assert has_no_room(caught.value)
        with pytest.raises(OperationalError) as caught:
            connection.execute(text("INSERT INTO nowhere VALUES (1)"))
        assert not has_no_room(caught.value)
    engine.dispose()

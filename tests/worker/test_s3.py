"""With an S3-compatible service in the place of the folder, photos go the same way."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.app import create_app
from models.house import House
from models.photos import PhotoBytes
from models.settings import Settings
from sync.proof import blobs_that_are_lost
from tests.api.door import Door, problem
from tests.pictures import with_notes
from tests.servers import DatabaseServer
from tests.world import World, seeded

DATA = with_notes()


def open_world(database: str, blob_url: str, home: Path, clock: object = None) -> World:
    settings = Settings.read(
        {
            "ONSITE_HOME": str(home),
            "DATABASE_URL": database,
            "BLOB_URL": blob_url,
            "ONSITE_SECOND_FACTOR": "offered",
        }
    )
    plain = World.open(database, home)
    house = House.open(settings, clock=plain.clock, ids=seeded(2))
    plain.close()
    return World(house, plain.clock, plain.ids, plain.named)


@pytest.fixture
def door(sqlite: DatabaseServer, s3_url: str, tmp_path: Path) -> Iterator[Door]:
    database = sqlite.fresh()
    world = open_world(database, s3_url, tmp_path)
    yield Door(world)
    world.house.blobs.client.close()  # type: ignore[attr-defined]
    world.close()
    sqlite.drop(database)


def test_a_photo_is_brought_looked_at_shown_and_erased(door: Door) -> None:
    phone = door.phone()
    sha256 = phone.promise(DATA, door.world.open_visit())
    door.upload(phone, DATA)
    door.world.drain()
    assert [row.state for row in door.world.rows(PhotoBytes)] == ["present"]
    assert list(blobs_that_are_lost(door.world.house)) == []
    assert list(door.world.house.uploads.iterdir()) == []
    original = door.ask("GET", f"/photos/{sha256}", headers={"Range": "bytes=100-199"})
    assert (original.status_code, original.data) == (206, DATA[100:200])
    assert door.ask("GET", f"/photos/{sha256}/320").content_type == "image/webp"
    door.post(f"/photos/{sha256}/erase", under="PIPL 47")
    door.world.drain()
    assert list(door.world.house.blobs.names()) == []


def test_a_service_that_is_away_stores_nothing_and_is_asked_again_later(
    sqlite: DatabaseServer, tmp_path: Path
) -> None:
    database = sqlite.fresh()
    world = open_world(database, "s3+http://key:secret@127.0.0.1:1/bucket", tmp_path)
    door = Door(world)
    assert create_app(world.house) is not None
    phone = door.phone()
    phone.promise(DATA, world.open_visit())
    place = door.begin_upload(phone, DATA).headers["Location"]
    answer = door.send(phone, place, 0, DATA)
    problem(answer, 503, "busy")
    assert answer.headers["Retry-After"]
    assert world.rows(PhotoBytes) == []
    file = world.house.uploads / place.rpartition("/")[2]
    assert file.read_bytes() == DATA  # all of it is here, and goes on when the service is back
    world.close()
    sqlite.drop(database)

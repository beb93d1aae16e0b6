"""With a real server and real connections: what arrived before a cut is kept, and goes on."""

import gzip
import hashlib
import random
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from api.receiving import READ_BYTES
from sync import limits
from tests.api.door import BYTES, Door, Phone
from tests.api.live import Live, reset, running, wait_until
from tests.chaos import children
from tests.servers import DatabaseServer
from tests.world import World

SIZE = 1_500_000
CUTS = 5
LOST_MAX = 2 * READ_BYTES
SEEDS = count()
PEAK = "5"  # what the kernel is told to forget


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Door, Live]]:
    """A company and a server over it, for all tests: each brings a phone and bytes of its own."""
    database: DatabaseServer = request.getfixturevalue(request.param)
    url = database.fresh()
    world = World.open(url, tmp_path_factory.mktemp("home"))
    with running(world) as live:
        yield Door(world), live
    world.close()
    database.drop(url)


@pytest.fixture
def door(served: tuple[Door, Live]) -> Door:
    return served[0]


@pytest.fixture
def live(served: tuple[Door, Live]) -> Iterator[Live]:
    live = served[1]
    yield live
    assert b"Traceback" not in live.log.read_bytes(), live.log.read_text()


def begin(door: Door) -> tuple[Phone, bytes, str]:
    """A phone, the bytes that it promised, and the address of their upload."""
    data = random.Random(next(SEEDS)).randbytes(SIZE)
    phone = door.phone()
    phone.promise(data, door.world.open_visit())
    return phone, data, door.begin_upload(phone, data).headers["Location"]


def kept(door: Door, data: bytes) -> bytes:
    with door.world.house.blobs.open(hashlib.sha256(data).hexdigest()) as blob:
        return blob.read()


@pytest.mark.parametrize("ending", ["FIN", "RST"])
def test_an_upload_that_is_cut_anywhere_goes_on_to_identical_bytes(
    door: Door, live: Live, ending: str
) -> None:
    phone, data, place = begin(door)
    dice = random.Random(ending)
    for _ in range(CUTS):
        before = live.offset(place, phone)
        piece = data[before : before + dice.randrange(1, (SIZE - before) // 2)]
        sent = before + len(piece)
        with live.appending(place, phone, before, SIZE - before) as connection:
            connection.sendall(piece)
            # What the server has not read when a reset comes is lost, as on any network.
            wait_until(partial(has_come, live, place, phone, sent - LOST_MAX))
            if ending == "RST":
                reset(connection)
        if ending == "FIN":
            wait_until(partial(has_come, live, place, phone, sent))
        after = live.offset(place, phone)
        assert max(before, sent - LOST_MAX) <= after <= sent
    wait_until(lambda: finish(live, place, phone, data))
    assert live.offset(place, phone) == SIZE
    assert kept(door, data) == data


def has_come(live: Live, place: str, phone: Phone, least: int) -> bool:
    return live.offset(place, phone) >= least


def finish(live: Live, place: str, phone: Phone, data: bytes) -> bool:
    """Send the rest, unless the connection that was cut is not noticed yet."""
    at = live.offset(place, phone)
    status = live.append(place, phone, at, data[at:])
    assert status in (204, 409, 423)
    return status == 204


def test_a_phone_that_comes_back_goes_on_though_its_old_connection_still_hangs(
    door: Door, live: Live
) -> None:
    phone, data, place = begin(door)
    half = SIZE // 2 // READ_BYTES * READ_BYTES
    with live.appending(place, phone, 0, SIZE) as hanging:
        hanging.sendall(data[:half])
        wait_until(lambda: live.offset(place, phone) == half)
        assert live.append(place, phone, half, data[half : half + 5000]) == 204
        assert live.offset(place, phone) == half + 5000
        hanging.sendall(data[half : half + READ_BYTES])
        assert hanging.recv(100).startswith(b"HTTP/1.1 423")
    assert live.append(place, phone, half + 5000, data[half + 5000 :]) == 204
    assert kept(door, data) == data


def test_the_largest_photo_is_taken_in_without_being_held_in_memory(door: Door, live: Live) -> None:
    for _ in range(4):
        phone, data, place = begin(door)
        assert live.append(place, phone, 0, data) == 204
    for pid in children(live.pid):
        Path(f"/proc/{pid}/clear_refs").write_text(PEAK)
    before = peaks(live)
    data = random.Random("largest").randbytes(limits.photo_bytes_max)
    phone.promise(data, door.world["visit"])
    place = door.begin_upload(phone, data).headers["Location"]
    assert live.append(place, phone, 0, data) == 204
    assert kept(door, data) == data
    grown = max(peaks(live)[pid] - peak for pid, peak in before.items())
    assert grown < limits.photo_bytes_max // 4


def peaks(live: Live) -> dict[int, int]:
    """The most memory that each process of the server has had, in bytes."""
    status = {pid: Path(f"/proc/{pid}/status").read_text() for pid in children(live.pid)}
    return {pid: int(text.partition("VmHWM:")[2].split()[0]) * 1024 for pid, text in status.items()}


def test_a_body_in_chunks_is_taken_as_well_and_bounded_too(door: Door, live: Live) -> None:
    phone, data, place = begin(door)
    answer = live.ask(
        "PATCH",
        place,
        phone,
        chunked(data),
        Transfer_Encoding="chunked",
        Upload_Offset="0",
        Content_Type=BYTES,
    )
    assert answer.status == 204
    assert kept(door, data) == data
    assert exchange(live, phone, chunked(b" " * (5 << 20)), Transfer_Encoding="chunked") == 413


def chunked(data: bytes) -> bytes:
    """The data as a body whose length is not told beforehand."""
    pieces = (data[start : start + 100_000] for start in range(0, len(data), 100_000))
    return b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in pieces) + b"0\r\n\r\n"


def exchange(live: Live, phone: Phone, body: bytes, **headers: str) -> int:
    """The status that a body gets at the exchange."""
    return live.ask(
        "POST", "/api/v1/sync", phone, body, Content_Type="application/json", **headers
    ).status


def test_a_bomb_leaves_the_server_as_it_was(door: Door, live: Live) -> None:
    phone = door.phone()
    bomb = gzip.compress(bytes(limits.body_bytes_max * 100))
    for _ in range(5):
        assert exchange(live, phone, bomb, Content_Encoding="gzip") == 413
    assert exchange(live, phone, b"{}") == 400

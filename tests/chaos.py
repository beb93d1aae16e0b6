"""A company whose processes may be killed at any moment, and whose phones go on regardless.

Web, workers, cron and Redis are what the Procfile starts, each a process of its own that is ended
with SIGKILL together with everything it has started, as a power cut would, and started again.
"""

import base64
import hashlib
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from threading import Event
from uuid import UUID

import requests
from PIL import Image
from redis import Redis, RedisError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.queue import nudge_to
from cli.redis_server import find_program
from models import enrolment
from models.clock import ManualClock, SystemClock
from models.facts import FactPart
from models.house import House
from models.outbox import Outbox
from models.photos import PhotoBytes
from models.records.sealing import SIGNATURE_PREFIX
from models.settings import Settings
from sync.arriving import LEFT_LIFE, expire_uploads
from sync.device import Device, Json, new_key
from sync.invariants import violations
from sync.proof import blobs_that_are_lost
from tests.api.live import ROOT
from tests.servers import free_port
from tests.statements import state
from tests.world import World, seeded

CLOCK = SystemClock()
Step = Callable[[str], None]
LATE = timedelta(hours=1)  # The desk decided earlier than the processes read their clocks.
START_SECONDS = 60
DRAIN_SECONDS = 120
BACKLOG_MAX = 20  # the phones wait for the office now and then, as what is measured is the dying
TUS = {"Tus-Resumable": "1.0.0"}


def wait_until(true: Callable[[], bool], seconds: float = START_SECONDS) -> None:
    """Wait until the function says so."""
    for _ in range(int(seconds * 20)):
        if true():
            return
        CLOCK.sleep(0.05)
    raise AssertionError(f"it did not come true in {seconds} s")


def photograph(seed: int, size: tuple[int, int] = (2400, 1800)) -> bytes:
    """A photo like no other, of which the worker has a while to do."""
    image = Image.radial_gradient("L").resize(size).convert("RGB")
    grain = Image.frombytes("RGB", (64, 48), random.Random(seed).randbytes(64 * 48 * 3))
    file = BytesIO()
    Image.blend(image, grain.resize(size), 0.5).save(file, "JPEG")
    return file.getvalue()


@dataclass
class Plant:
    """The processes, and the world that they share."""

    world: World
    redis_url: str
    commands: dict[str, list[str]]
    environ: dict[str, str]
    port: int
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, *names: str) -> None:
        """Start the processes of those names."""
        for name in names:
            with (self.world.house.settings.home / f"{name}.log").open("ab") as log:
                self.running[name] = subprocess.Popen(
                    self.commands[name], cwd=ROOT, env=self.environ, stdout=log, stderr=log,
                    start_new_session=True,
                )  # fmt: skip

    def kill(self, *names: str) -> None:
        """End the processes and all that they have started, at once and unasked."""
        trees = [frozen(self.running[name].pid) for name in names]
        for pid in (pid for pids in trees for pid in pids):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for name in names:
            self.running.pop(name).wait()

    def wait_for_web(self) -> None:
        wait_until(self.answers)

    def answers(self) -> bool:
        """Whether the web process is there."""
        try:
            return requests.get(f"{self.url}/healthz", timeout=2).ok
        except requests.RequestException:
            return False

    def wait_for_redis(self) -> None:
        wait_until(self.queue_answers)

    def queue_answers(self) -> bool:
        """Whether Redis is there."""
        with Redis.from_url(self.redis_url) as client:
            try:
                return bool(client.ping())
            except RedisError:
                return False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def workers(self) -> list[str]:
        return [name for name in self.commands if name.startswith("worker")]

    # What there is to do

    def leased(self) -> set[tuple[int, int]]:
        """The photos that somebody looks at now, the work that takes a while: row and attempt."""
        under_way = Outbox.leased > CLOCK.now(), Outbox.error.is_(None)
        query = select(Outbox.id, Outbox.attempts).where(Outbox.kind == "photo", *under_way)
        return self.world.house.database.read(
            lambda session: {(id_, attempt) for id_, attempt in session.execute(query)}
        )

    def waiting(self) -> int:
        """How much is not done."""
        query = select(func.count(Outbox.id))
        return self.world.house.database.read(lambda session: session.scalar(query) or 0)

    def wait_until_done(self, seconds: float = DRAIN_SECONDS) -> float:
        """Wait until nothing waits; answers how many seconds it took."""
        began = CLOCK.now()
        wait_until(lambda: self.waiting() == 0, seconds)
        return (CLOCK.now() - began).total_seconds()

    def check(self, photos: int) -> None:
        """Nothing is lost, nothing was done twice, and all that must be true is."""
        house = self.world.house
        states = [row.state for row in self.world.rows(PhotoBytes)]
        assert (len(states), set(states)) == (photos, {"present"})
        broken = house.database.read(violations)
        assert broken == {}, broken
        assert list(blobs_that_are_lost(house)) == []
        self.world.clock.advance((LATE + 2 * LEFT_LIFE).total_seconds())
        expire_uploads(house)  # as the next day does, with what the dead left half written
        assert [file.name for file in house.uploads.iterdir()] == []
        kept = {name.partition(".")[0] for name in house.blobs.names()}
        signed = FactPart.name.startswith(SIGNATURE_PREFIX)
        named = {part.hash for part in self.world.rows(FactPart, signed)}
        assert kept == named | {row.sha256 for row in self.world.rows(PhotoBytes)}


def frozen(pid: int) -> list[int]:
    """The process and all that it has started, each stopped before its children are looked for, so
    that none starts another meanwhile."""
    found = [pid]
    for one in found:
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGSTOP)
        found.extend(children(one))
    return found


def children(pid: int) -> Iterator[int]:
    """What the process has started, however it groups itself."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == pid:
                yield int(path.parent.name)


@dataclass
class Field:
    """Phones that state facts and bring photos over HTTP, and never give up."""

    plant: Plant
    refused: int = 0
    slowest: float = 0.0
    exchanges: int = 0
    photos: int = 0
    rounds: Iterator[int] = field(default_factory=lambda: iter(range(10**6)))

    def phone(self) -> tuple[Device, str]:
        """An enrolled phone and its token."""
        world = self.plant.world
        key, public_key = new_key(world.ids)

        def enrol(session: Session, now: datetime) -> tuple[UUID, str]:
            code = enrolment.issue_code(session, now, world.ids, world.named["ann"])
            session.flush()
            enrolled = enrolment.enrol(session, now, world.ids, code, public_key, "phone")
            return enrolled.device.id, enrolled.token

        id_, token = world.house.database.transact(enrol)

        def exchange(request: Json) -> Json:
            return self._exchange(token, request)

        return Device(id_, world.clock, world.ids, key, exchange), token

    def _exchange(self, token: str, request: Json) -> Json:
        began = CLOCK.now()
        answer = requests.post(
            f"{self.plant.url}/api/v1/sync", json=request, timeout=60,
            headers={"Authorization": f"Bearer {token}"},
        )  # fmt: skip
        self.exchanges += 1
        self.refused += answer.status_code != 200
        self.slowest = max(self.slowest, (CLOCK.now() - began).total_seconds())
        told: Json = answer.json()
        return told

    def work(self, photos: int = 2) -> None:
        """One visit: arrived, photographed, a loaner lent, sealed with parts used, and left."""
        world, number = self.plant.world, next(self.rounds)
        device, token = self.phone()
        visit = world.open_visit(f"visit {number}")
        state(device, world, "visit.arrived", visit)
        taken = [photograph(number * 100 + one) for one in range(photos)]
        for data in taken:
            sha256 = hashlib.sha256(data).hexdigest()
            promised = {"sha256": sha256, "size": len(data), "type": "image/jpeg"}
            state(device, world, "photo.taken", visit, photo=promised)
        for kind in ("loaner.handed_over", "record.sealed", "visit.left"):
            state(device, world, kind, visit)
        device.sync()
        for data in taken:
            self.upload(token, data)
            self.photos += 1

    def upload(self, token: str, data: bytes, step: Step = lambda place: None) -> None:
        """Bring the bytes, going on wherever the server stands after each break."""
        session = requests.Session()
        session.headers.update({**TUS, "Authorization": f"Bearer {token}"})
        place = ""
        while True:
            try:
                place = place or self._begin(session, data)
                step(place)
                if self._go_on(session, place, data):
                    return
            except requests.RequestException:
                CLOCK.sleep(0.2)

    def _begin(self, session: requests.Session, data: bytes) -> str:
        encoded = base64.b64encode(hashlib.sha256(data).hexdigest().encode()).decode()
        headers = {"Upload-Length": str(len(data)), "Upload-Metadata": f"sha256 {encoded}"}
        url = f"{self.plant.url}/api/v1/uploads"
        return str(session.post(url, headers=headers, timeout=20).headers["Location"])

    def _go_on(self, session: requests.Session, place: str, data: bytes) -> bool:
        url = f"{self.plant.url}{place}"
        at = int(session.head(url, timeout=20).headers["Upload-Offset"])
        headers = {"Upload-Offset": str(at), "Content-Type": "application/offset+octet-stream"}
        answer = session.patch(url, data=data[at:], headers=headers, timeout=20)
        assert answer.status_code in (204, 409, 423, 500, 503), answer.text
        return answer.status_code == 204

    @contextmanager
    def busy(self, pause: float, photos: int = 1, most: int = BACKLOG_MAX) -> Iterator[None]:
        """Visits one after the other while no more than that waits, for as long as the block
        lasts."""
        ended = Event()

        def go_on() -> None:
            while not ended.is_set():
                self.work(photos)
                ended.wait(pause)
                while self.plant.waiting() > most and not ended.is_set():
                    ended.wait(pause)

        with ThreadPoolExecutor(max_workers=1) as pool:
            going_on = pool.submit(go_on)
            try:
                yield
            finally:
                ended.set()
            going_on.result()


@contextmanager
def plant(database_url: str, home: Path, folder: Path, workers: int = 2) -> Iterator[Plant]:
    """Everything running over a new company; what is left at the end is killed too."""
    port, socket = free_port(), folder / "redis.sock"
    redis_url = f"unix://{socket}"
    settings = Settings.read({"ONSITE_HOME": str(home), "DATABASE_URL": database_url})
    clock, ids = ManualClock(CLOCK.now() - LATE), seeded(1)
    house = House.open(settings, nudge=nudge_to(redis_url), clock=clock, ids=ids)
    house.furnish()
    world = World(house, clock, ids)
    world.found_company()
    world.drain()
    environ = {
        **os.environ, "ONSITE_HOME": str(home), "DATABASE_URL": database_url,
        "REDIS_URL": redis_url, "ONSITE_LOG_LEVEL": "WARNING", "TZ": "UTC",
    }  # fmt: skip
    python = [sys.executable, "-m"]
    web = ["gunicorn", "api.app:create_app()", "--bind", f"127.0.0.1:{port}", "--threads", "8"]
    quiet = ["--no-control-socket"]
    keep = ["--dir", str(folder), "--appendonly", "yes", "--save", "", "--port", "0"]
    commands = {
        "redis": [str(find_program(None)), *keep, "--unixsocket", str(socket)],
        "web": [*python, *web, "--worker-class", "gthread", "--workers", "2", *quiet],
        "cron": [*python, "worker.cron"],
        **{f"worker-{number}": [*python, "worker"] for number in range(1, workers + 1)},
    }
    with ExitStack() as stack:
        stack.callback(house.close)
        opened = Plant(world, redis_url, commands, environ, port)
        stack.callback(lambda: opened.kill(*opened.running))
        opened.start("redis")
        opened.wait_for_redis()
        opened.start("web", "cron", *opened.workers)
        opened.wait_for_web()
        yield opened

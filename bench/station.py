"""A company in a scratch database, its web process, and devices that speak to it over HTTP."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    LargeBinary,
    Text,
    bindparam,
    cast,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.orm import Session

from bench.app import TABLES
from bench.web import Client, Web, running_web
from cli.redis_server import NoRedis, find_program, running_redis
from models import enrolment
from models.clock import ManualClock, SystemClock
from models.dialect import insert_rows
from models.feed import SUM_MODULUS, Head, Published
from models.house import House
from models.settings import Settings
from models.types import UtcDateTime
from sync import feed
from sync.device import Device, Json, new_key
from tests.servers import DatabaseServer, SqliteFiles, running_postgres
from tests.world import World, seeded

SEED = 20261122
LATE = timedelta(hours=1)  # The desk decided earlier than the web process reads its clock.
ROWS_AT_ONCE = 5000
CROWD_EACH = 1000
CHANNELS_AT_ONCE = 50
COLUMNS = ["channel", "type", "document", "position", "revision", "body", "changed"]


@dataclass
class Phone:
    """An enrolled device and its connection."""

    device: Device
    public_key: str
    user: UUID
    client: Client

    def body(self, facts: list[Json]) -> bytes:
        """The next request with those facts, as bytes."""
        return json.dumps(self.device.request(facts), ensure_ascii=False).encode()

    def settle(self) -> None:
        """Exchange until nothing is new on either side."""
        self.client.reconnect()
        self.device.sync()


@dataclass
class Station:
    """Where a bench takes place."""

    database: str
    world: World
    web: Web
    servers: list[int]  # the processes of the web and of the database, where it has some
    clients: list[Client] = field(default_factory=list)

    def phone(self, user: str = "ann") -> Phone:
        """A freshly enrolled device of the user that has synced once."""
        house, ids = self.world.house, self.world.ids
        key, public_key = new_key(ids)
        user_id = self.world.named[user]

        def body(session: Session, now: datetime) -> tuple[UUID, str]:
            code = enrolment.issue_code(session, now, ids, user_id)
            session.flush()
            enrolled = enrolment.enrol(session, now, ids, code, public_key, user)
            return enrolled.device.id, enrolled.token

        id_, token = house.database.transact(body)
        client = Client(self.web.port, token)
        self.clients.append(client)
        device = Device(id_, self.world.clock, ids, key, lambda request: _call(client, request))
        phone = Phone(device, public_key, user_id, client)
        phone.settle()
        return phone

    def hang_up(self) -> None:
        """Close all connections."""
        for client in self.clients:
            client.connection.close()

    def publish(self, channel: str, count: int, size: int) -> None:
        """Put that many documents of about that size into a channel, behind what it has."""
        entropy = self.world.ids.entropy
        total = 0
        rows = []
        for position in range(1, count + 1):
            id_, filler = entropy(16).hex(), entropy(size // 2).hex()
            revision, encoded = feed.encode("part", id_, {"basis": "", "filler": filler})
            total += revision
            rows.append(_row(channel, id_, position, revision, encoded, self.world.clock.now()))

        def body(session: Session, now: datetime) -> None:
            head = feed.lock_head(session, channel)
            behind = [{**row, "position": row["position"] + head.position} for row in rows]
            head.position += count
            head.count += count
            head.total = (head.total + total) % SUM_MODULUS
            for start in range(0, count, ROWS_AT_ONCE):
                session.execute(insert(Published), behind[start : start + ROWS_AT_ONCE])

        self.world.house.database.transact(body)

    def crowd(self, documents: int, size: int = 1000) -> None:
        """Other people's documents of about that size, a thousand each: copies of one, which the
        database makes by itself."""
        now, ids = self.world.clock.now(), self.world.ids
        _, body = feed.encode("part", "other", {"basis": "", "filler": "x" * size})
        each = min(documents, CROWD_EACH)
        channels = [f"user:{ids.new(now)}" for _ in range(documents // each)]

        def copy(some: list[str]) -> None:
            self.world.house.database.transact(
                lambda session, now: _copies(session, now, some, each, body)
            )

        for start in range(0, len(channels), CHANNELS_AT_ONCE):
            copy(channels[start : start + CHANNELS_AT_ONCE])
        with self.world.house.database.engine.begin() as connection:
            connection.execute(text("ANALYZE"))


def _copies(session: Session, now: datetime, channels: list[str], each: int, body: bytes) -> None:
    """So many rows with the same bytes in each of the channels."""
    insert_rows(session, Head, [
        {"channel": one, "position": each, "count": each, "total": 0, "purged": 0}
        for one in channels
    ])  # fmt: skip
    number = select(literal(1).label("n")).cte("number", recursive=True)
    number = number.union_all(select(number.c.n + 1).where(number.c.n < each))
    channel = cast(bindparam("channel"), Text)
    fixed = literal(1, BigInteger), literal(body, LargeBinary), literal(now, UtcDateTime())
    name = channel + "/" + cast(number.c.n, Text)
    rows = select(channel, literal("part"), name, number.c.n, *fixed)
    statement = insert(Published.metadata.tables[Published.__tablename__]).from_select(
        COLUMNS, rows
    )
    for one in channels:
        session.execute(statement, {"channel": one})


def _row(
    channel: str, id_: str, position: int, revision: int, encoded: bytes, now: datetime
) -> Json:
    return {
        "channel": channel,
        "type": "part",
        "document": id_,
        "position": position,
        "revision": revision,
        "body": encoded,
        "changed": now,
    }


def _call(client: Client, request: Json) -> Json:
    body = json.dumps(request, ensure_ascii=False).encode()
    answer: Json = json.loads(client.post("/api/v1/sync", body))
    return answer


@dataclass
class Ground:
    """What stations are opened on: a database server, a Redis, and a folder."""

    database: str
    server: DatabaseServer
    redis_url: str
    folder: Path
    workers: int
    numbers: Iterator[int] = field(default_factory=count)

    @contextmanager
    def station(self) -> Iterator[Station]:
        """A new company on a fresh database, with a warm web process."""
        url = self.server.fresh()
        home = self.folder / f"home-{next(self.numbers)}"
        home.mkdir()
        settings = Settings.read({"ONSITE_HOME": str(home), "DATABASE_URL": url})
        clock, ids = ManualClock(SystemClock().now() - LATE), seeded(SEED)
        house = House.open(settings, clock=clock, ids=ids)
        try:
            house.furnish()
            world = World(house, clock, ids)
            world.found_company()
            world.drain()
            TABLES.create_all(house.database.engine)
            with running_web(home, url, self.redis_url, self.workers) as web:
                station = Station(self.database, world, web, [web.pid, *self._postmaster()])
                yield station
                station.hang_up()
        finally:
            house.close()
            self.server.drop(url)

    def _postmaster(self) -> list[int]:
        file = self.folder / "server" / "data" / "postmaster.pid"
        return [int(file.read_text().split()[0])] if file.exists() else []


@contextmanager
def ground(database: str, folder: Path, workers: int) -> Iterator[Ground]:
    """The servers of one kind of database."""
    folder.mkdir()
    with ExitStack() as stack:
        server: DatabaseServer
        if database == "sqlite":
            server = SqliteFiles(folder / "databases")
        else:
            server = stack.enter_context(running_postgres(folder / "server"))
        yield Ground(database, server, _redis(stack, folder), folder, workers)


def _redis(stack: ExitStack, folder: Path) -> str:
    """A Redis of one's own: an exchange tells the queue of work. Empty where there is none."""
    try:
        program = find_program(None)
    except NoRedis:
        return ""
    return stack.enter_context(running_redis(program, folder / "redis"))

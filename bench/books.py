"""Books that have grown: a balance, the parts of a record, the proof of everything, and statements
of a month, among very many moves."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import islice
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from bench.measure import Comparison, Figure, Measured, alternate, compare, repeated, seconds
from bench.size import Size
from bench.station import SEED, Ground
from bench.year import DAYS, Row, Year
from models.base import Base
from models.dialect import insert_rows
from models.people import Role
from models.stock import ledger, proving
from models.stock.demand import Transfer
from models.stock.rows import Balance, Move, Part, Place, PlaceKeeper, StockStatement
from models.stock.statement.keeper import content_of
from sync.device import Device
from sync.working import drain
from tests.statements import STATEMENTS, Statement, put
from tests.world import ZONE, World

LINES = 5  # of the record that is posted
ROWS_AT_ONCE = 20_000
PROOF_AIM, POSTING_AIM = "60 s", 1.3


@dataclass
class Grown:
    """What has grown, and a phone of one of those who keep its vans."""

    world: World
    phone: Device
    parts: list[UUID]
    keepers: list[UUID]

    def read(self, body: Callable[[Session], object]) -> None:
        """Ask the database."""
        self.world.house.database.read(body)

    def state_a_record(self) -> None:
        """Seal the record of a visit on which some parts were used, and send it: what remains is
        the worker's."""
        world = self.world
        visit = world.open_visit()
        world.drain()
        self.phone.sync()
        lines = [
            {"place": world["van-a"], "part": str(part), "quantity": "1", "serial": None}
            for part in self.parts[:LINES]
        ]
        sealed = STATEMENTS["record.sealed"](world, visit)
        parts = {**sealed.parts, "parts_used": json.dumps({"lines": lines})}
        put(
            self.phone,
            "record.sealed",
            Statement(sealed.subject, sealed.data, parts, sealed.signers),
        )
        self.phone.sync()


def grown_books(ground: Ground, size: Size) -> Iterator[Measured]:
    """The same among few and very many moves; and everything of very many."""
    few, many = size.books
    with _grown(ground, *few) as small, _grown(ground, *many) as large:
        yield _balance(ground, small, large, size)
        yield _posting(ground, small, large, size)
        yield _proof(ground, large)
        yield _statements(ground, large)


def _remark(small: Grown, large: Grown) -> str:
    few, many = (f"{_moves(one):,}" for one in (small, large))
    return f"among {many} moves; floor: among {few}"


def _balance(ground: Ground, small: Grown, large: Grown, size: Size) -> Comparison:
    def ask(one: Grown) -> None:
        van = one.world.named["van-a"]
        one.read(lambda session: ledger.balance(session, van, one.parts[0]))

    ours, floor = (repeated(size.exchanges, partial(ask, one)) for one in (large, small))
    taken = alternate(size.pairs, ours, floor)
    return compare("a balance", ground.database, taken, _remark(small, large))


def _posting(ground: Ground, small: Grown, large: Grown, size: Size) -> Comparison:
    def post(one: Grown) -> float:
        one.state_a_record()
        return seconds(lambda: drain(one.world.house))

    taken = alternate(size.pairs, lambda: post(large), lambda: post(small))
    remark = f"{LINES} parts {_remark(small, large)}; aim: a ratio of {POSTING_AIM}"
    return compare("a record's parts posted", ground.database, taken, remark)


def _proof(ground: Ground, large: Grown) -> Figure:
    def prove(session: Session) -> None:
        found = [sentence for law in proving.BOOKS for sentence in law(session)]
        if found:
            raise RuntimeError(f"{len(found)} sentences, first: {found[0]}")

    taken = seconds(lambda: large.read(prove))
    remark = f"balances, moves and replay of {_moves(large):,} moves"
    return Figure("proof of all books", ground.database, taken, "s", PROOF_AIM, remark)


def _statements(ground: Ground, large: Grown) -> Figure:
    month = (large.world.clock.now() - timedelta(days=40)).strftime("%Y-%m")

    def state(session: Session) -> None:
        for keeper in large.keepers:
            if not content_of(session, keeper, month)["lines"]:
                raise RuntimeError(f"the statement of {keeper} is empty")

    taken = seconds(lambda: large.read(state))
    remark = f"{month}, {len(large.parts)} parts each, {_moves(large):,} moves in all"
    name = f"statements of {len(large.keepers)}"
    return Figure(name, ground.database, taken, "s", "", remark)


def _moves(one: Grown) -> int:
    counted = select(func.count()).select_from(Move)
    return one.world.house.database.read(lambda session: session.scalar(counted) or 0)


# Growing


@contextmanager
def _grown(ground: Ground, vans: int, parts: int) -> Iterator[Grown]:
    url = ground.server.fresh()
    home = ground.folder / f"home-{next(ground.numbers)}"
    home.mkdir()
    world = World.open(url, home, SEED)
    try:
        yield _grow(world, vans, parts)
    finally:
        world.close()
        ground.server.drop(url)


def _grow(world: World, vans: int, parts: int) -> Grown:
    """Twenty moves of each part in each van."""
    began = world.clock.now() - timedelta(days=DAYS)
    catalogue = [world.new(f"part {number}") for number in range(parts)]
    named = ({"id": id_, "code": f"P-{number:05}", "name": f"零件 {number}"}
             for number, id_ in enumerate(catalogue))  # fmt: skip
    _insert(world, Part, ({**one, "unit": "只", "tracking": "none"} for one in named))
    places, keepers = _vans(world, vans)
    year = Year(world.named["main"], places, catalogue, began)
    _insert(world, Transfer, year.shipments())
    _insert(world, StockStatement, year.statements())
    _insert(world, Move, year.moves())
    _insert(world, Balance, year.balances())
    with world.house.database.engine.begin() as connection:
        connection.execute(text("ANALYZE"))
    phone = world.device()
    world.drain()
    phone.sync()
    return Grown(world, phone, catalogue, keepers)


def _vans(world: World, number: int) -> tuple[list[UUID], list[UUID]]:
    """The phone's van, and so many others with their keepers."""
    rows: list[Base] = []
    since = world.clock.now() - timedelta(days=DAYS)
    places, keepers = [world.named["van-a"]], list[UUID]()
    for name in (f"keeper {one}" for one in range(number)):
        user, place = world.user(name, Role.TECHNICIAN), world.new(f"van of {name}")
        keeping = {"place_id": place, "user_id": user.id, "since": since, "until": None}
        rows += [
            user,
            Place(id=place, kind="van", code=name, name=name, zone=ZONE),
            PlaceKeeper(id=world.ids.new(since), **keeping),
        ]
        places.append(place)
        keepers.append(user.id)
    world.add(rows, set())
    return places, keepers


def _insert(world: World, table: type[Base], rows: Iterator[Row]) -> None:
    while some := list(islice(rows, ROWS_AT_ONCE)):

        def body(session: Session, now: object, some: list[Row] = some) -> None:
            insert_rows(session, table, some)

        world.house.database.transact(body)

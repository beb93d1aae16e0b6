"""The application with three bare views beside it: the least that each bench's work could cost."""

import json
import tempfile
from functools import cache

from flask import Blueprint, Flask, Response, current_app, request
from sqlalchemy import (
    Column,
    Engine,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TextClause,
    select,
    text,
)

import api.app
from models.dialect import for_writing
from models.feed import Published
from models.house import House
from models.types import ROW_NUMBER

blp = Blueprint("bench", __name__, url_prefix="/bench")

TABLES = MetaData()
STATEMENT = Table(
    "bench_statement",
    TABLES,
    Column("id", ROW_NUMBER, primary_key=True),
    Column("text", LargeBinary, nullable=False),
    Column("signature", Text, nullable=False),
    Column("parts", Text, nullable=False),
)
PIECE_BYTES = 16 * 1024
FIELDS = ("text", "signature", "parts")


def create_app() -> Flask:
    """The application that everybody else runs, and the bare views."""
    app = api.app.create_app()
    app.register_blueprint(blp)
    return app


def _engine() -> Engine:
    house: House = current_app.extensions["house"]
    return house.database.engine


@blp.post("/bytes/<int:size>")
def some_bytes(size: int) -> Response:
    """That many bytes, and nothing done for them."""
    request.get_data()
    return Response(b"x" * size, content_type="application/json")


@blp.put("/file")
def write_file() -> Response:
    """The body in a file, as it comes."""
    house: House = current_app.extensions["house"]
    with tempfile.NamedTemporaryFile(dir=house.uploads) as file:
        while piece := request.stream.read(PIECE_BYTES):
            file.write(piece)
    return Response(status=204)


@blp.post("/insert")
def insert() -> Response:
    """The facts of the body in one INSERT, unread."""
    envelope = json.loads(request.get_data())
    insert_bare(_engine(), statements(envelope["facts"]))
    return Response(b"{}", content_type="application/json")


@blp.post("/documents/<channel>/<int:after>/<int:most>")
def documents(channel: str, after: int, most: int) -> Response:
    """The bytes of that many documents of a channel."""
    query = (
        select(Published.body)
        .where(Published.channel == channel, Published.position > after)
        .order_by(Published.position)
        .limit(most)
    )
    with _engine().connect() as connection:
        bodies = [body or b"null" for (body,) in connection.execute(query)]
    return Response(b"[" + b",".join(bodies) + b"]", content_type="application/json")


Statement = tuple[bytes, str, str]


def statements(facts: list[dict[str, object]]) -> list[Statement]:
    """The same bytes as the facts have, as rows."""
    return [
        (str(fact["fact"]).encode(), str(fact["signature"]), json.dumps(fact["parts"]))
        for fact in facts
    ]


def insert_bare(engine: Engine, rows: list[Statement]) -> None:
    """One transaction with one statement."""
    values = {
        f"{name}{number}": value
        for number, row in enumerate(rows)
        for name, value in zip(FIELDS, row, strict=True)
    }
    with for_writing(engine).begin() as connection:
        connection.execute(_insert_of(len(rows)), values)


@cache
def _insert_of(count: int) -> TextClause:
    places = [", ".join(f":{name}{number}" for name in FIELDS) for number in range(count)]
    rows = ", ".join(f"({place})" for place in places)
    return text(f"INSERT INTO {STATEMENT.name} ({', '.join(FIELDS)}) VALUES {rows}")

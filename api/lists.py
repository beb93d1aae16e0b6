"""Lists: by page, filtered, sorted and searched, all by one description; and never a query a row.

A page begins behind the last row of the page before, in the order of the list, so any page costs
the same and nothing is shown twice or left out because somebody added a row meanwhile.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, validate
from sqlalchemy import ColumnElement, Select, or_, select, tuple_
from sqlalchemy.orm import Session

from api.schemas import Instant, Strict, Text
from models import serials
from models.plain import plain, typed
from models.refusals import Refused
from sync.facts.kind import printable

PAGE = 50
PAGE_MAX = 500
CURSOR_MAX = 2000
SEARCH_MAX = 100

Values = dict[str, Any]


@dataclass(frozen=True)
class Filter:
    """One parameter of a query: what it may hold, which rows it leaves, and that in words."""

    field: fields.Field[Any]
    leaves: Callable[[Any], ColumnElement[bool]]
    what: str = "only where it is this"

    def __post_init__(self) -> None:
        self.field.metadata = {"description": self.what, **self.field.metadata}


def equal(column: Any, choices: Sequence[str] = ()) -> Filter:
    """The rows whose column is just that."""
    kind = column.type.python_type
    if kind is UUID:
        return Filter(fields.UUID(), lambda value: column == value)
    if kind is bool:
        return Filter(fields.Boolean(), column.is_)
    if column.key == "serial":
        return Filter(Text(), lambda value: serials.is_numbered(column, value))
    text = fields.String(validate=validate.OneOf(choices)) if choices else Text()
    return Filter(text, lambda value: column == value)


def since(column: Any) -> Filter:
    """The rows of that moment and later."""
    return Filter(Instant(), lambda value: column >= value, "only from this moment on")


def before(column: Any) -> Filter:
    """The rows before that moment."""
    return Filter(Instant(), lambda value: column < value, "only before this moment")


def search_field() -> fields.String:
    """The words by which rows are looked for."""
    return fields.String(
        load_default="",
        validate=[validate.Length(max=SEARCH_MAX), printable],
        metadata={"description": "words that all have to occur, in any case"},
    )


@dataclass(frozen=True, eq=False)
class Listing:
    """What a list shows, in which orders, and how it is narrowed.

    `beside` are columns of joined rows that are told with each row; `joined` adds their tables to a
    query. The first of `sorts` is the order unless another is asked for; a list of nothing else is
    ordered by `key`, which tells one row from another. `search` are the columns looked through.
    """

    row: Any
    schema: type[Schema]
    sorts: Mapping[str, Any] = field(default_factory=dict)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    search: Sequence[Any] = ()
    beside: Mapping[str, Any] = field(default_factory=dict)
    joined: Callable[[Select[Any]], Select[Any]] = lambda query: query
    default: str = ""
    keys: Sequence[Any] = ()

    @property
    def key(self) -> Sequence[Any]:
        """The columns that tell one row from another."""
        return self.keys or (self.row.id,)

    def arguments(self) -> Schema:
        """The schema of the list's query."""
        name = self.schema.__name__.removesuffix("Schema")
        given: dict[str, Any] = {
            "after": fields.String(
                load_default=None,
                validate=validate.Length(1, CURSOR_MAX),
                metadata={"description": "`next` of the page before; leave out for the first"},
            ),
            "limit": fields.Integer(
                load_default=PAGE,
                validate=validate.Range(1, PAGE_MAX),
                metadata={"description": "how many at most"},
            ),
        }
        if self.sorts:
            orders = [name for sort in self.sorts for name in (sort, f"-{sort}")]
            given["sort"] = fields.String(
                load_default=self.default or orders[0],
                validate=validate.OneOf(orders),
                metadata={"description": "in which order; - for the other way round"},
            )
        if self.search:
            given["q"] = search_field()
        given |= {name: one.field for name, one in self.filters.items()}
        return Strict.from_dict(given, name=f"{name}ListArgs")()

    def page_schema(self) -> Schema:
        """The schema of a page: its items, and where the next one begins (null on the last)."""
        name = self.schema.__name__.removesuffix("Schema") + "Page"
        page: dict[str, Any] = {
            "items": fields.List(fields.Nested(self.schema), required=True),
            "next": fields.String(
                allow_none=True,
                required=True,
                metadata={"description": "`after` of the next page; null on the last"},
            ),
        }
        return Schema.from_dict(page, name=name)()


def page(session: Session, listing: Listing, args: Values, *where: Any) -> Values:
    """One page of the list, as values. Raises Refused for a cursor that is none of this list's."""
    sort = args.get("sort", "")
    query = listing.joined(select(listing.row, *listing.beside.values()))
    query = query.where(*where, *narrowed(listing, args))
    limit = args["limit"]
    rows: list[Any] = []
    for part in _parts(listing, sort, args["after"]):
        if len(rows) <= limit:
            rows += session.execute(part(query).limit(limit + 1 - len(rows))).all()
    items = [values_of(listing, row) for row in rows[:limit]]
    more = len(rows) > limit
    return {"items": items, "next": _cursor(listing, sort, rows[limit - 1][0]) if more else None}


def one(session: Session, listing: Listing, *where: Any) -> Values:
    """The one row that fits, as the list tells it. Raises Refused if there is none."""
    query = listing.joined(select(listing.row, *listing.beside.values()))
    found = session.execute(query.where(*where)).one_or_none()
    if found is None:
        raise Refused("unknown", "id")
    return values_of(listing, found)


def values_of(listing: Listing, row: Any) -> Values:
    """A row of the list's query, as the list tells it."""
    values: Values = row[0].values()
    return {**values, **dict(zip(listing.beside, row[1:], strict=True))}


def narrowed(listing: Listing, args: Values) -> list[ColumnElement[bool]]:
    """Which rows the filters and the words looked for leave."""
    given = [(one, args[name]) for name, one in listing.filters.items() if name in args]
    conditions = [one.leaves(value) for one, value in given]
    for word in args.get("q", "").split():
        found = [column.icontains(word, autoescape=True) for column in listing.search]
        conditions.append(or_(*found))
    return conditions


# The order. Rows without a value come last, whichever way round; they are a query of their own, as
# no index would serve both.

Part = Callable[[Select[Any]], Select[Any]]


def _parts(listing: Listing, sort: str, cursor: str | None) -> list[Part]:
    """What has to be asked, one after the other, for the rows behind the cursor."""
    column = listing.sorts.get(sort.removeprefix("-"))
    down = sort.startswith("-")
    if column is None:
        columns, at = listing.key, _read(listing, sort, [], cursor)
        return [lambda query: _ordered(query, columns, down, at)]
    at = _read(listing, sort, [column], cursor)
    with_value = [column, *listing.key]
    parts: list[Part] = []
    if at is None or at[0] is not None:
        parts.append(lambda query: _ordered(query.where(column.is_not(None)), with_value, down, at))
    if column.nullable:
        behind = at[1:] if at is not None and at[0] is None else None
        parts.append(
            lambda query: _ordered(query.where(column.is_(None)), listing.key, down, behind)
        )
    return parts


def _ordered(
    query: Select[Any], columns: Sequence[Any], down: bool, at: Sequence[Any] | None
) -> Select[Any]:
    if at is not None:
        here, there = tuple_(*columns), tuple_(*at, types=[one.type for one in columns])
        query = query.where(here < there if down else here > there)
    return query.order_by(*(one.desc() if down else one.asc() for one in columns))


def _cursor(listing: Listing, sort: str, row: Any) -> str:
    column = listing.sorts.get(sort.removeprefix("-"))
    columns = [*([] if column is None else [column]), *listing.key]
    at = [plain(getattr(row, one.key)) for one in columns]
    text = json.dumps([sort, *at], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(
    listing: Listing, sort: str, first: Sequence[Any], cursor: str | None
) -> Sequence[Any] | None:
    """The values at which the page before ended."""
    if cursor is None:
        return None
    columns = [*first, *listing.key]
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        told_sort, *at = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        for value in at:
            printable(value if isinstance(value, str) else "")
        values = [typed(column, value) for column, value in zip(columns, at, strict=True)]
    except (binascii.Error, ValueError, TypeError, RecursionError, ValidationError):
        raise Refused("wrong_value", "after", "take `next` of the page before, unchanged") from None
    if told_sort != sort:
        raise Refused("wrong_value", "after", f"that page was sorted by {told_sort!r:.40}")
    if None in values[len(first) :]:
        raise Refused("wrong_value", "after", "take `next` of the page before, unchanged")
    return values

"""How a table is described: once, for parsing, errors, templates, export and documentation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, select

from models.base import Base
from models.people import Role
from models.tables.kinds import Kind, Words


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a file: its headings, what it means, what it holds, and where it is stored.

    A column that is not `required` may be left out or be empty; `default` stands for empty, and
    for left out where a row is added. `key` columns together tell one row from another. `name` is
    that of the row's own field, unless a reference reads it.
    """

    name: str
    heading: Words
    means: Words
    example: Words
    kind: Kind
    stored: Any
    key: bool = False
    required: bool = True
    default: Any = None

    @property
    def headings(self) -> tuple[str, str, str]:
        """Every heading that means this column."""
        return (self.heading.en, self.heading.zh, self.name)


@dataclass(frozen=True)
class Reference:
    """A field that names another row by what stands in one or more columns.

    `levels` has a query for each column, from the first one to all: the texts, and last the id. So
    it can be told at which of the columns nothing was found.
    """

    field: str
    columns: tuple[str, ...]
    levels: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Table:
    """One table: its columns in the order in which they are written, and its rows.

    `rows` are what the columns are read from, `references` the fields which other tables' codes
    give. `writers` are the roles that may import it. `source` is the type of source that is marked
    with a row's id when it changes. `settled` are fields that cannot change any more once the
    row's id is among those that the query tells.
    """

    name: str
    title: Words
    means: Words
    row: type[Base]
    rows: Any
    writers: Sequence[Role]
    columns: tuple[Column, ...]
    references: tuple[Reference, ...] = ()
    source: str = ""
    where: Sequence[Any] = ()
    settled: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> list[Column]:
        """The columns that tell one row from another."""
        return [column for column in self.columns if column.key]

    @property
    def key_fields(self) -> list[str]:
        """The row's fields that tell one row from another."""
        refer = {name: one.field for one in self.references for name in one.columns}
        return list(dict.fromkeys(refer.get(column.name, column.name) for column in self.key))

    @property
    def own(self) -> list[Column]:
        """The columns that are fields of the row itself, not names of others."""
        refer = {name for one in self.references for name in one.columns}
        return [column for column in self.columns if column.name not in refer]

    def query(self) -> Select[Any]:
        """Every row, as its columns, in the order of its key."""
        stored = [column.stored for column in self.columns]
        order = [column.stored for column in self.key]
        return select(*stored).select_from(self.rows).where(*self.where).order_by(*order)

"""How a table is described: once, for parsing, errors, templates, export and documentation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from models.base import Base
from models.kept import Kept
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
    give. `writers` are the roles that may import it. `kept` is the table of the desk's that it
    fills; without one it is written by decisions.
    """

    name: str
    title: Words
    means: Words
    row: type[Base]
    rows: Any
    writers: Sequence[Role]
    columns: tuple[Column, ...]
    references: tuple[Reference, ...] = ()
    where: Sequence[Any] = ()
    kept: Kept | None = None

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

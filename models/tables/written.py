"""What only written tables have beside others: times, ids, and choices told in words."""

from datetime import datetime
from decimal import Decimal
from typing import Any, NoReturn

from models.clock import instant_text
from models.stock.rows import Part
from models.tables.catalogue import NAME
from models.tables.cells import Cell, Raw
from models.tables.description import Column
from models.tables.kinds import Choice, Words
from models.tables.problems import Wrong


class Written:
    """What no file brings back."""

    def read(self, raw: Raw) -> NoReturn:
        raise Wrong("cell.no_choice", words="")


class Moment(Written):
    """A time in UTC, as the protocol writes it."""

    says = Words("time in UTC, 2026-11-22T08:00:00.000Z", "世界时，2026-11-22T08:00:00.000Z")

    def cell(self, value: datetime, lang: str) -> Cell:
        return instant_text(value)


class Id(Written):
    """The id of a row, by which another file names it."""

    says = Words("an id", "编号")

    def cell(self, value: Any, lang: str) -> Cell:
        return str(value)


class Yuan(Written):
    """A price that is kept in fen."""

    says = Words("yuan, 680.50", "元，680.50")

    def cell(self, value: int, lang: str) -> Cell:
        return Decimal(value).scaleb(-2)


class Several(Written):
    """A list of words, one after another."""

    says = Words("words; and others", "文字；其他")

    def cell(self, value: list[str], lang: str) -> Cell:
        return "; ".join(value)


class Signer(Written):
    """The name of whoever signed, as long as it is not erased."""

    says = Words("a name", "姓名")

    def cell(self, value: bytes, lang: str) -> Cell:
        return value.decode()


def choice(**words: tuple[str, str]) -> Choice:
    """Each word of the database, in English and in Chinese."""
    return Choice({name: Words(*both) for name, both in words.items()})


YES = Choice({True: Words("yes", "是"), False: Words("no", "否")})  # type: ignore[dict-item]


def column(
    name: str, stored: Any, english: str, chinese: str, kind: Any = NAME, key: bool = False
) -> Column:
    """A column with these headings, which say what it is."""
    heading = Words(english, chinese)
    return Column(name, heading, heading, Words("", ""), kind, stored, key=key, required=False)


PART_COLUMNS = (
    column("part", Part.code, "part code", "备件编号"),
    column("part_name", Part.name, "part name", "备件名称"),
)

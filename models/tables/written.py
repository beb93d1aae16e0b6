"""What only written tables have beside others: times, ids, and choices told in words."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from models.clock import instant_text
from models.stock.rows import Part
from models.tables.catalogue import NAME
from models.tables.cells import Cell, Raw
from models.tables.description import Column
from models.tables.kinds import Choice, Words
from models.tables.problems import Wrong


class Moment:
    """A time in UTC, as the protocol writes it. It is only written."""

    says = Words("time in UTC, 2026-11-22T08:00:00.000Z", "世界时，2026-11-22T08:00:00.000Z")

    def read(self, raw: Raw) -> datetime:
        raise Wrong("cell.no_date")

    def cell(self, value: datetime, lang: str) -> Cell:
        return instant_text(value)


class Id:
    """The id of a row, by which another file names it. It is only written."""

    says = Words("an id", "编号")

    def read(self, raw: Raw) -> str:
        raise Wrong("cell.no_choice", words="")

    def cell(self, value: Any, lang: str) -> Cell:
        return str(value)


class Yuan:
    """A price that is kept in fen. It is only written."""

    says = Words("yuan, 680.50", "元，680.50")

    def read(self, raw: Raw) -> int:
        raise Wrong("cell.no_quantity")

    def cell(self, value: int, lang: str) -> Cell:
        return Decimal(value).scaleb(-2)


class Several:
    """A list of words, one after another. It is only written."""

    says = Words("words; and others", "文字；其他")

    def read(self, raw: Raw) -> list[str]:
        raise Wrong("cell.no_choice", words="")

    def cell(self, value: list[str], lang: str) -> Cell:
        return "; ".join(value)


class Signer:
    """The name of whoever signed, as long as it is not erased. It is only written."""

    says = Words("a name", "姓名")

    def read(self, raw: Raw) -> bytes:
        raise Wrong("cell.no_choice", words="")

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

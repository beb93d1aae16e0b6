"""What columns hold: how a cell is read, how a value is written, and how the kind is described.

A kind never looks at the database. `read` raises Wrong; empty cells do not come to it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple, Protocol
from zoneinfo import available_timezones

from models import serials
from models.tables import limits
from models.tables.cells import ERRORS, SHORTENED, Cell, Odd, Raw, guarded, plain
from models.tables.problems import Wrong
from models.types import said_quantity

UNKEPT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
DAY = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
DAY_IN_CHINESE = re.compile(r"([0-9]{4})()年([0-9]{1,2})月([0-9]{1,2})日")
WHOLE = re.compile(r"0|[1-9][0-9]{0,8}")
NUMBER = re.compile(r"[0-9]{1,30}(\.[0-9]{1,30})?")
FIRST_SPREADSHEET_DAY = date(1900, 3, 1)  # Spreadsheets believe in a 29th of February 1900.


class Words(NamedTuple):
    """The same in English and in Chinese."""

    en: str
    zh: str

    def of(self, lang: str) -> str:
        """The one of that language."""
        return self.zh if lang == "zh" else self.en


class Kind(Protocol):
    """What a column holds."""

    def read(self, raw: Raw) -> Any:
        """The value of a cell. Raises Wrong."""

    def cell(self, value: Any, lang: str) -> Cell:
        """The value as it is written into a cell, so that `read` gives it again."""

    @property
    def says(self) -> Words:
        """What may stand in a cell."""


def text_of(raw: Raw) -> str:
    """The text of a cell, numbers as they are shown. Raises Wrong."""
    if isinstance(raw, Odd):
        raise Wrong(raw.code)
    if isinstance(raw, datetime):
        raise Wrong("cell.became_date")
    if isinstance(raw, Decimal):
        return f"{raw:f}"
    return "" if raw is None else plain(raw)


@dataclass(frozen=True)
class Text:
    """Text that can be kept, with at most that many characters."""

    longest: int = limits.name_length_max

    def read(self, raw: Raw) -> str:
        text = text_of(raw)
        if isinstance(raw, str):
            _check_unspoilt(raw.strip())
        if found := UNKEPT.search(text):
            raise Wrong("cell.control", mark=f"U+{ord(found[0]):04X}")
        if len(text) > self.longest:
            raise Wrong("cell.too_long", length=len(text), longest=self.longest)
        return text

    def cell(self, value: str | None, lang: str) -> Cell:
        return None if value is None else guarded(value)

    @property
    def says(self) -> Words:
        return Words(f"text, at most {self.longest}", f"文本，最多 {self.longest} 字")


@dataclass(frozen=True)
class Serial(Text):
    """A serial number, in its normal form."""

    def read(self, raw: Raw) -> str:
        text = super().read(raw)
        number = serials.normal(text)
        if not number:
            raise Wrong("cell.control", mark=f"U+{ord(text[0]):04X}")
        return number


def _check_unspoilt(text: str) -> None:
    """Refuse what a spreadsheet leaves of a long number or of a broken formula. Raises Wrong."""
    if SHORTENED.fullmatch(text):
        raise Wrong("cell.became_number")
    if text in ERRORS:
        raise Wrong("cell.error")


@dataclass(frozen=True)
class Choice:
    """One of a few words, in either language; the value is what stands in the database."""

    words: Mapping[str, Words]

    def read(self, raw: Raw) -> str:
        text = text_of(raw).casefold()
        for value, words in self.words.items():
            if text in {value, words.en.casefold(), words.zh}:
                return value
        raise Wrong("cell.no_choice", words=", ".join(self._both()))

    def cell(self, value: str, lang: str) -> Cell:
        return self.words[value].of(lang)

    def _both(self) -> list[str]:
        return [f"{words.en} ({words.zh})" for words in self.words.values()]

    @property
    def says(self) -> Words:
        return Words(
            " / ".join(words.en for words in self.words.values()),
            " / ".join(words.zh for words in self.words.values()),
        )


@dataclass(frozen=True)
class Day:
    """A date without time."""

    says = Words("date, 2026-11-22", "日期，2026-11-22")

    def read(self, raw: Raw) -> date:
        if isinstance(raw, datetime):
            if raw.time() != time():
                raise Wrong("cell.no_date")
            return raw.date()
        text = text_of(raw)
        found = DAY.fullmatch(text) or DAY_IN_CHINESE.fullmatch(text)
        if found is None:
            raise Wrong("cell.no_date")
        try:
            return date(int(found[1]), int(found[3]), int(found[4]))
        except ValueError as error:
            raise Wrong("cell.impossible_date") from error

    def cell(self, value: date | None, lang: str) -> Cell:
        if value is None or value >= FIRST_SPREADSHEET_DAY:
            return value
        return value.isoformat()


@dataclass(frozen=True)
class Amount:
    """decimal(12,3), above zero."""

    says = Words("number above 0, at most 3 decimals", "大于 0 的数，最多 3 位小数")
    wrong = "cell.no_quantity"
    zero = False

    def read(self, raw: Raw) -> Decimal:
        if isinstance(raw, datetime):
            raise Wrong(self.wrong)
        text = text_of(raw)
        if not NUMBER.fullmatch(text):
            raise Wrong(self.wrong)
        try:
            quantity = said_quantity(Decimal(text))
        except ValueError as error:
            raise Wrong(self.wrong) from error
        if quantity < 0 or not (quantity or self.zero):
            raise Wrong(self.wrong)
        return quantity

    def cell(self, value: Decimal, lang: str) -> Cell:
        return Decimal(f"{value.normalize():f}")  # never 1E+2


class Level(Amount):
    """decimal(12,3), from zero on."""

    says = Words("number from 0 on, at most 3 decimals", "不小于 0 的数，最多 3 位小数")
    wrong = "cell.no_level"
    zero = True


PAIR = re.compile(r"\s*([a-z][a-z0-9_]{0,40})\s*=\s*([^;=]{1,200}?)\s*")


@dataclass(frozen=True)
class Pairs:
    """Names with values, as `name=value; other=value`. Whole numbers are numbers."""

    numbers: bool = True
    says = Words("name=value; other=value", "名称=值; 名称=值")

    def read(self, raw: Raw) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for piece in text_of(raw).split(";"):
            pair = PAIR.fullmatch(piece)
            if pair is None or pair[1] in found:
                raise Wrong("cell.no_pairs")
            whole = self.numbers and WHOLE.fullmatch(pair[2])
            found[pair[1]] = int(pair[2]) if whole else pair[2]
        return found

    def cell(self, value: Mapping[str, Any] | None, lang: str) -> Cell:
        return "; ".join(f"{name}={inner}" for name, inner in (value or {}).items()) or None


@cache
def _zones() -> set[str]:
    return available_timezones()


@dataclass(frozen=True)
class Zone:
    """A time zone by its name."""

    says = Words("time zone, Asia/Shanghai", "时区，Asia/Shanghai")

    def read(self, raw: Raw) -> str:
        name = text_of(raw)
        if name not in _zones():
            raise Wrong("cell.no_zone")
        return name

    def cell(self, value: str, lang: str) -> Cell:
        return value

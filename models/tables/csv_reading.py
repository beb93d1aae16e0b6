"""CSV: UTF-8 with or without its mark, or GB18030; commas, semicolons or tabs between cells."""

import csv
import re
from codecs import BOM_UTF8, getincrementaldecoder
from collections.abc import Generator, Iterator
from io import TextIOWrapper
from typing import IO

from models.tables.problems import refuse
from models.tables.sheets import Line

ENCODINGS = ("utf-8", "gb18030")
CHUNK = 1 << 20
DELIMITERS = ",;\t"
HEADING_BYTES = 8192
# Two bytes of UTF-8 each; two bytes of GB18030 may look the same.
ONLY_SHORT = re.compile(r"[\x00-\u07ff]*")


def read(file: IO[bytes], encoding: str | None) -> Generator[Line]:
    """The lines. Raises FileRefused for what is no text, or breaks off within quotation marks."""
    used = encoding or detect(file)
    file.seek(0)
    text = TextIOWrapper(file, encoding="utf-8-sig" if used == "utf-8" else used, newline="")
    number = 0
    try:
        for number, cells in enumerate(_rows(text), start=1):
            yield Line(number, cells)
    except UnicodeDecodeError:
        refuse(number + 1, "file.not_text")
    except csv.Error as error:
        refuse(number + 1, "file.quotes", reason=error)
    finally:
        text.detach()  # The file stays open: it is not ours.


def _rows(text: TextIOWrapper) -> Iterator[list[str]]:
    first = re.split("[\r\n]", text.read(HEADING_BYTES).lstrip(), maxsplit=1)[0]
    text.seek(0)
    delimiter = max(DELIMITERS, key=first.count)
    return csv.reader(text, delimiter=delimiter, strict=True)


def detect(file: IO[bytes]) -> str:
    """utf-8 or gb18030. Raises FileRefused where it is neither, or may be either.

    UTF-8 is told by its mark, or by being valid: a Chinese text in GB18030 is not, but for rare
    words. What has nothing but those, or nothing but accents, is not guessed at.
    """
    file.seek(0)
    if file.read(len(BOM_UTF8)) == BOM_UTF8:
        return "utf-8"
    valid_utf8, only_short = _decodes(file, "utf-8")
    if not valid_utf8:
        if not _decodes(file, "gb18030")[0]:
            refuse(1, "file.not_text")
        return "gb18030"
    if only_short and not _is_ascii(file) and _decodes(file, "gb18030")[0]:
        refuse(1, "file.encoding")
    return "utf-8"


def _decodes(file: IO[bytes], encoding: str) -> tuple[bool, bool]:
    """Whether the file is valid in the encoding, and whether no character is beyond U+07FF."""
    decoder = getincrementaldecoder(encoding)()
    file.seek(0)
    only_short = True
    try:
        while chunk := file.read(CHUNK):
            only_short &= ONLY_SHORT.fullmatch(decoder.decode(chunk)) is not None
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False, False
    return True, only_short


def _is_ascii(file: IO[bytes]) -> bool:
    file.seek(0)
    return all(chunk.isascii() for chunk in iter(lambda: file.read(CHUNK), b""))

"""What must lie where by all that was stated, told once more by somebody else.

It shares no code with the books that it judges.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from simulation.foretelling import Key, Word

SHANGHAI = timedelta(hours=8)

Item = tuple[str, str | None, str | None]  # part, lot, serial


class Line(NamedTuple):
    """So much of something went to a place, or from it."""

    place: str
    item: Item
    quantity: Decimal
    rank: tuple[datetime, int, str, int, str]
    leaves: bool
    to: str | None  # of our places
    counted: Key | None = None  # the fact that says that just so much was there
    explains: bool = False  # that of its rank which took too much


class Whole(NamedTuple):
    """Everything of a part was counted at a place; what the fact does not list was not there."""

    place: str
    part: str
    rank: tuple[datetime, int, str, int, str]
    counted: Key


def balances(
    lines: Iterable[Line],
    wholes: Sequence[Whole],
    aside: set[tuple[Key, Item]],
    physical: set[str],
    parts: set[str],
) -> dict[tuple[str, Item], Decimal]:
    """What lies where: never below nothing, whatever is taken. A piece lies where it came last.

    What a count says of an item goes for nothing where a person set it aside.
    """
    books: dict[Any, list[Line]] = defaultdict(list)
    for line in lines:
        if line.item[0] in parts and line.place in physical:
            books[line.item if line.item[2] else (line.place, line.item)].append(line)
    held: dict[Any, Decimal] = {}
    for book in books.values():
        place, item = book[0].place, book[0].item
        said = book if item[2] else [*book, *_unlisted(book, wholes)]
        said = [line for line in said if line.counted is None or (line.counted, item) not in aside]
        if item[2] is None:
            if amount := _amount(said):
                held[place, item] = amount
        elif said:
            last = max(said, key=lambda line: line.rank)
            if last.to is not None:
                held[last.to, item] = Decimal(1)
    return held


def _unlisted(book: list[Line], wholes: Sequence[Whole]) -> Iterable[Line]:
    """Where a whole count found nothing of what the book is about."""
    first, listed = book[0], {line.counted for line in book}
    for one in wholes:
        if (one.place, one.part) == (first.place, first.item[0]) and one.counted not in listed:
            yield first._replace(quantity=Decimal(0), rank=one.rank, counted=one.counted)


def _amount(book: list[Line]) -> Decimal:
    """What is left: a count ends what was before it, and its day."""
    amount, before = Decimal(0), [line for line in book if line.counted is None]
    for count in sorted((line for line in book if line.counted), key=lambda line: line.rank):
        before = [line for line in before if line.rank > count.rank]
        amount = count.quantity
    for line in sorted(before, key=_by_day):
        amount = max(amount - line.quantity, Decimal(0)) if line.leaves else amount + line.quantity
    return amount


def _by_day(line: Line) -> Any:
    """By day of the place, what comes before what goes, and what explains that just before it."""
    waits = line.leaves or line.explains
    return ((line.rank[0] + SHANGHAI).date(), waits, line.rank, not line.explains)


def lines_of(word: Word) -> list[tuple[str, dict[str, Any], bool]]:
    """By place what the fact says of stock, and whether it leaves."""
    if word.kind == "stock.received":
        return [(word.about[1], line, False) for line in word.data["lines"]]
    if word.kind == "stock.transferred":
        return [(word.about[1], line, True) for line in word.data["lines"]]
    if word.kind == "record.sealed":
        used = json.loads(word.parts["parts_used"])["lines"]
        return [(line["place"], line, True) for line in used]
    return []

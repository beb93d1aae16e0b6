"""A year of many vans: each got each part four times from the warehouse and used it up one by one.

What was said and the moves that follow are told as a replay would leave them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from models.ids import derived
from models.stock.replay import IN_TRANSIT
from models.stock.rows import Item, book_of, virtual_place

QUARTERS = 4
PIECES = 3  # of each part a quarter
SPARE = 1000  # of each part, in the warehouse and in each van, at the end of the year
DAYS = 360
SUPPLIER, CUSTOMER = virtual_place("supplier"), virtual_place("customer")

Row = dict[str, Any]


class Line(NamedTuple):
    """So much of a part went from one place to another; in which book, and when."""

    part: UUID
    book: UUID
    from_place: UUID
    to_place: UUID
    quantity: int
    happened: datetime
    transfer: UUID | None = None


@dataclass(frozen=True)
class Year:
    """The warehouse, the vans and the parts, and the first day."""

    main: UUID
    vans: Sequence[UUID]
    parts: Sequence[UUID]
    start: datetime

    def shipments(self) -> Iterator[Row]:
        """One a quarter to each van."""
        for van in self.vans:
            for quarter in range(QUARTERS):
                id_ = _shipment(van, quarter)
                yield {
                    "id": id_, "owner_type": "decision", "owner_id": id_, "transfer_id": id_,
                    "kind": "shipment", "from_place": self.main, "to_place": van,
                    "since": self._when(quarter), "announced": [],
                }  # fmt: skip

    def statements(self) -> Iterator[Row]:
        """What was said, line by line."""
        for id_, line in self._numbered():
            yield {
                "id": id_, "owner_type": "fact", "owner_id": id_, "cause_id": id_,
                "origin_id": None, "seq": 0, "part_id": line.part, "lot": None, "serial": None,
                "quantity": line.quantity, "from_place": line.from_place,
                "to_place": line.to_place, "transfer_id": line.transfer,
                "happened": line.happened, "book_id": line.book,
            }  # fmt: skip

    def moves(self) -> Iterator[Row]:
        """What was posted of it."""
        for id_, line in self._numbered():
            yield {
                "id": id_, "book_id": line.book, "cause_id": id_, "role": "stated", "ordinal": 0,
                "part_id": line.part, "lot": None, "serial": None, "quantity": line.quantity,
                "from_place": line.from_place, "to_place": line.to_place,
                "happened": line.happened, "posted": line.happened, "stated_by": id_,
            }  # fmt: skip

    def balances(self) -> Iterator[Row]:
        """What is left of each part in the warehouse and in each van."""
        for part in self.parts:
            for place in (self.main, *self.vans):
                yield {
                    "book_id": book_of(place, Item(part)), "place_id": place, "part_id": part,
                    "lot": None, "serial": None, "quantity": SPARE,
                }  # fmt: skip

    def _numbered(self) -> Iterator[tuple[UUID, Line]]:
        lines = (line for part in self.parts for line in self._of(part))
        return ((UUID(int=number), line) for number, line in enumerate(lines, start=1))

    def _of(self, part: UUID) -> Iterator[Line]:
        book = book_of(self.main, Item(part))
        bought = SPARE + len(self.vans) * (SPARE + QUARTERS * PIECES)
        yield Line(part, book, SUPPLIER, self.main, bought, self.start)
        for van in self.vans:
            here = book_of(van, Item(part))
            for quarter in range(QUARTERS):
                sent, when = PIECES + (SPARE if quarter == 0 else 0), self._when(quarter)
                shipment = _shipment(van, quarter)
                yield Line(part, book, self.main, IN_TRANSIT, sent, when, shipment)
                yield Line(part, here, IN_TRANSIT, van, sent, when, shipment)
                for piece in range(1, PIECES + 1):
                    yield Line(part, here, van, CUSTOMER, 1, self._when(quarter, piece))

    def _when(self, quarter: int, piece: int = 0) -> datetime:
        days = DAYS // QUARTERS
        return self.start + timedelta(days=1 + quarter * days + piece * (days // (PIECES + 1)))


def _shipment(van: UUID, quarter: int) -> UUID:
    return derived("shipment", van, quarter)

"""What was said of one book, as its replay takes it: from the rows about it, and without asking any
further.

What a statement names may not be known here, and what persons found to be otherwise is left out or
explained.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from models.decisions import Decision
from models.findings import Found
from models.ids import derived
from models.stock import writing_off
from models.stock.replay import ADJUSTMENT, IN_TRANSIT, Line, Seen
from models.stock.rows import CountLine, Item, Part, Sweep, virtual_place
from models.timeline import Rank, Stating, ranks
from models.types import exact_quantity

SUPPLIER = virtual_place("supplier")
# What the resolutions of a shortage say the missing quantity came from.
EXPLAINS = {
    "bought_locally": SUPPLIER,
    "wrong_part": ADJUSTMENT,
    "written_off": ADJUSTMENT,
}
SETS_ASIDE = {"first_use_holds": "later", "count_set_aside": "count"}


class Statement(NamedTuple):
    """The columns of a `stock_statement` that a replay asks for."""

    book_id: UUID
    id: UUID
    cause_id: UUID
    origin_id: UUID | None
    seq: int
    part_id: UUID
    lot: str | None
    serial: str | None
    quantity: Decimal
    from_place: UUID
    to_place: UUID
    transfer_id: UUID | None
    happened: datetime

    @property
    def item(self) -> Item:
        """What was moved."""
        return Item(self.part_id, self.lot, self.serial)


@dataclass
class Rows:
    """What the database has about one book, from `start` on if that is given."""

    book_id: UUID
    start: datetime | None
    statements: list[Statement] = field(default_factory=list)
    counted: list[CountLine] = field(default_factory=list)
    held: dict[UUID, Item] = field(default_factory=dict)  # by place that has a balance
    part: Part | None = None
    places: Mapping[UUID, str] = field(default_factory=dict)  # the physical ones, with their zones
    sweeps: Mapping[UUID, Sweep] = field(default_factory=dict)  # whole counts there, by their fact
    listed: set[UUID] = field(default_factory=set)  # the counts that found anything of the book
    settled: list[Decision] = field(default_factory=list)
    delivered: set[UUID] = field(default_factory=set)  # the transfers that suppliers announced
    off: dict[UUID, list[Line]] = field(default_factory=dict)  # of a piece, by transfer

    @property
    def names_anything(self) -> bool:
        """Whether anything was ever said of the book."""
        return bool(self.held or self.statements or self.counted)

    @cached_property
    def item(self) -> Item:
        """What the book is about, by the first that names it."""
        for item in self.held.values():
            return item
        both: Sequence[Statement | CountLine] = self.statements or self.counted
        return both[0].item

    @cached_property
    def transfers(self) -> set[UUID]:
        """Every transfer with which it was shipped or received."""
        return {one.transfer_id for one in self.statements if one.transfer_id is not None}

    @cached_property
    def named(self) -> set[UUID]:
        """Every place that it names."""
        entered = {one.to_place for one in self.statements}
        left = {one.from_place for one in self.statements}
        return {*self.held, *entered, *left, *(one.place_id for one in self.counted)}

    def is_swept_by(self, sweep: Sweep) -> bool:
        """Whether somebody who counted the whole would have found it."""
        return sweep.place_id in self.places and sweep.part_id in (None, self.item.part_id)


@dataclass(frozen=True)
class Resolved:
    """What persons decided of the book's findings: who is set aside, and what explains what."""

    aside: set[UUID] = field(default_factory=set)
    explained: dict[UUID, list[Decision]] = field(default_factory=dict)  # by line

    def explained_of(self, line_id: UUID) -> Decimal:
        """How much of the line's shortage was explained so far."""
        return sum(map(quantity_of, self.explained.get(line_id, ())), Decimal("0.000"))


@dataclass(frozen=True)
class Said:
    """What was said of a book, as its replay takes it."""

    item: Item
    part: Part | None
    places: Mapping[UUID, str]  # the physical ones, with their zones
    lines: list[Line]
    counts: list[Seen]
    unknown: list[Found]
    resolved: Resolved
    unreceived: set[UUID]  # the transfers by which the piece went, and was not received
    start: datetime | None  # nothing before it was read

    @property
    def last(self) -> UUID | None:
        """The line or count that says where the piece is now; None where nothing does."""
        both: list[Line | Seen] = [*self.lines, *self.counts]
        seen = [one for one in both if one.quantity > 0]
        return max(seen, key=lambda one: one.rank).id if seen else None

    @property
    def place(self) -> UUID | None:
        """The place of a book that is kept by quantity; None where nothing names one."""
        return min(self.places, default=None)


def said(rows: Rows) -> Said:
    """What the rows say."""
    resolved = _resolved(rows.settled)
    statements = [one for one in rows.statements if one.id not in resolved.aside]
    known, unknown = _known(rows, statements)
    counts = [] if rows.part is None else [*_counts(rows)]
    known += writing_off.never_arrived(_off(rows.off, statements), [*known, *counts])
    received = {one.transfer_id for one in rows.statements if one.from_place == IN_TRANSIT}
    return Said(
        item=rows.item,
        part=rows.part,
        places=rows.places,
        lines=_with_explained(known, resolved),
        counts=[one for one in counts if one.id not in resolved.aside],
        unknown=unknown,
        resolved=resolved,
        unreceived=set() if rows.item.serial is None else rows.transfers - received,
        start=rows.start,
    )


def quantity_of(settled: Decision) -> Decimal:
    """The quantity of which the settled finding told."""
    return exact_quantity(Decimal(settled.data["evidence"]["quantity"]))


# What persons decided


def _resolved(decisions: Iterable[Decision]) -> Resolved:
    resolved = Resolved()
    for settled in decisions:
        way, evidence = settled.data["resolution"], settled.data["evidence"]
        if way in SETS_ASIDE:
            resolved.aside.add(UUID(evidence[SETS_ASIDE[way]]))
        elif way in EXPLAINS:
            resolved.explained.setdefault(UUID(evidence["line"]), []).append(settled)
    return resolved


def _with_explained(lines: list[Line], resolved: Resolved) -> list[Line]:
    """The lines, and before each what was said to explain that it took too much."""
    if not resolved.explained:
        return lines
    return [*lines, *(one for line in lines for one in explaining(line, resolved))]


def explaining(line: Line, resolved: Resolved) -> Iterable[Line]:
    """What entered at the moment of the line, as a person said."""
    for settled in resolved.explained.get(line.id, ()):
        yield line._replace(
            id=derived("explained", settled.id),
            cause_id=settled.id,
            from_place=EXPLAINS[settled.data["resolution"]],
            to_place=line.from_place,
            quantity=quantity_of(settled),
            explains=True,
        )


def _off(off: Mapping[UUID, list[Line]], statements: Sequence[Statement]) -> Iterable[Line]:
    """What was written off of the transfers, but of those of which the piece was received."""
    received = {one.transfer_id for one in statements if one.from_place == IN_TRANSIT}
    return [line for id_ in sorted(off.keys() - received) for line in off[id_]]


# As the replay takes it


def _known(rows: Rows, statements: Sequence[Statement]) -> tuple[list[Line], list[Found]]:
    """The statements as lines, and a finding for each that names what is not known here."""
    ranked = ranks(map(stating, statements))
    lines, unknown = [], []
    for one in statements:
        ends = (one.from_place, one.to_place)
        is_here = ends[0] in rows.places or ends[1] in rows.places
        if rows.part is not None and is_here and ends[0] != ends[1]:
            lines.append(as_line(one, ranked[one.id], one.transfer_id in rows.delivered))
        else:
            names = {"part": str(rows.item.part_id), "places": sorted(map(str, {*ends}))}
            unknown.append(Found("stock.unknown", (one.id,), one.happened, names))
    if rows.part is None:
        unknown += [_uncounted(one) for one in rows.counted]
    elif not _tracked_as(rows.part, rows.item):
        both: list[Statement | CountLine] = [*statements, *rows.counted]
        unknown += [_untracked(one, rows.part) for one in both]
    return lines, unknown


def _uncounted(one: CountLine) -> Found:
    names = {"part": str(one.part_id), "places": [str(one.place_id)]}
    return Found("stock.unknown", (one.id,), one.happened, names)


def _tracked_as(part: Part, item: Item) -> bool:
    given = {"serial": item.serial is not None, "lot": item.lot is not None}
    return all(given[name] == (part.tracking == name) for name in given)


def _untracked(one: Statement | CountLine, part: Part) -> Found:
    evidence = {"part": str(part.id), "tracking": part.tracking, "lot": one.lot}
    return Found("stock.tracking", (one.id,), one.happened, {**evidence, "serial": one.serial})


def as_line(one: Statement, rank: Rank, delivered: bool = False) -> Line:
    """The statement as the replay sees it: what arrived of a delivery comes from the supplier, and
    not from in transit."""
    from_place = SUPPLIER if delivered and one.from_place == IN_TRANSIT else one.from_place
    return Line(one.id, one.cause_id, from_place, one.to_place, one.quantity, one.happened, rank)


def stating(one: Statement) -> Stating:
    """What decides where the statement stands among others."""
    return Stating(one.id, one.happened, one.origin_id, one.seq, one.id)


def _counts(rows: Rows) -> Iterable[Seen]:
    """What was counted, and what a whole count did not list. Counts stand at their exact time."""
    for one in rows.counted:
        yield _seen(one.id, one, one.quantity)
    for cause in rows.sweeps.keys() - rows.listed:
        missed = derived("missed", cause, rows.book_id)
        yield _seen(missed, rows.sweeps[cause], Decimal("0.000"))


def _seen(id_: UUID, one: CountLine | Sweep, quantity: Decimal) -> Seen:
    rank = (one.happened, 2, str(one.origin_id), one.seq, str(id_))
    exact = exact_quantity(quantity)
    return Seen(id_, one.cause_id, one.place_id, exact, one.happened, rank)

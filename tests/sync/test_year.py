"""A year's books show exactly what was not said, between every two counts; none more, none less."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import pytest

from models.findings import Finding
from models.stock.rows import Balance, Move, virtual_place
from sync.invariants import violations
from tests.conftest import Figures
from tests.world import World
from tests.year import SMALL, WHOLE, Size, Truth, Year

SAID = {"stated"}  # every other role is what the books add to what was said
TRANSIT = virtual_place("in_transit")


def shown(world: World, truth: Truth) -> dict[tuple[str, str], dict[datetime, Decimal]]:
    """By place, part and count what the books added to what was said, up to that count."""
    names = {id_: name for name, id_ in world.named.items()}
    found: dict[tuple[str, str], dict[datetime, Decimal]] = defaultdict(dict)
    for move in world.rows(Move, Move.role.not_in(SAID)):
        for place, sign in ((move.to_place, 1), (move.from_place, -1)):
            key = (names.get(place, ""), names[move.part_id])
            if key in truth.closed:
                until = min(at for at, _ in truth.closed[key] if at >= move.happened)
                found[key][until] = found[key].get(until, Decimal(0)) + sign * move.quantity
    return found


def differing(
    truth: Truth, found: dict[tuple[str, str], dict[datetime, Decimal]]
) -> Iterable[tuple[str, str, datetime, int, Decimal]]:
    """Where the books show other than what was not said."""
    for (place, part), counts in truth.closed.items():
        for at, unsaid in counts:
            told = found[place, part].get(at, Decimal(0))
            if told != unsaid:
                yield place, part, at, unsaid, told


def prove(world: World, seed: int, size: Size) -> tuple[Year, int]:
    """Play the year and look at its books; answers it, and how many intervals showed something."""
    year = Year(world, seed, size)
    truth = year.play()
    found = shown(world, truth)
    assert list(differing(truth, found)) == []
    assert lying(world) == really(world, truth)
    assert under_way(world) == expected_under_way(world, truth)
    assert world.house.database.read(violations) == {}
    apart = {
        (place, at) for (place, _), one in found.items() for at, number in one.items() if number
    }
    assert {place for place, _ in apart} <= named_places(world)
    return year, sum(1 for one in found.values() for number in one.values() if number)


def lying(world: World) -> Counter[tuple[UUID, UUID, str | None, str | None]]:
    there = world.rows(Balance, Balance.quantity > 0, Balance.place_id != TRANSIT)
    return Counter(
        {(one.place_id, one.part_id, one.lot, one.serial): int(one.quantity) for one in there}
    )


def really(world: World, truth: Truth) -> Counter[tuple[UUID, UUID, str | None, str | None]]:
    """What really lies where, as everything was counted at last."""
    named = world.named
    return Counter(
        {
            (named[place], named[piece.part], piece.lot, piece.serial): number
            for (place, piece), number in truth.real.items()
            if number
        }
    )


def under_way(world: World) -> dict[UUID, Decimal]:
    there = world.rows(Balance, Balance.place_id == TRANSIT, Balance.quantity > 0)
    total: dict[UUID, Decimal] = defaultdict(Decimal)
    for one in there:
        if one.serial is None:
            total[one.part_id] += one.quantity
    return dict(total)


def expected_under_way(world: World, truth: Truth) -> dict[UUID, int]:
    """What was said to be shipped and not to be received, transfer by transfer."""
    total: Counter[UUID] = Counter()
    for (_, part), left in truth.under_way.items():
        total[world.named[part]] += max(left, 0)
    return {part: left for part, left in total.items() if left}


def named_places(world: World) -> set[str]:
    """The places that an open finding names."""
    names = {str(id_): name for name, id_ in world.named.items()}
    codes = {"stock.variance": "place", "stock.short": "place", "stock.serial_jump": "from"}
    found = world.rows(Finding, Finding.state == "open", Finding.code.in_(codes))
    return {names.get(one.evidence[codes[one.code]], "") for one in found}


def test_between_two_counts_the_books_show_exactly_what_was_not_said(world: World) -> None:
    year, intervals = prove(world, 2, SMALL)
    assert intervals > 5
    assert year.truth.planted["stolen"] > 0


@pytest.mark.proof
def test_a_whole_year_of_a_company_comes_out_to_the_piece(world: World, figures: Figures) -> None:
    """Budget: a quarter of an hour on 2 cores."""
    year, intervals = prove(world, 2026, WHOLE)
    moves = len(world.rows(Move))
    figures(
        records=WHOLE.records, vans=WHOLE.vans, parts=WHOLE.parts, moves=moves,
        intervals=sum(map(len, year.truth.closed.values())), differing=intervals,
        planted=dict(year.truth.planted),
    )  # fmt: skip

"""Parts: what lies where as hands know it, what the warehouse ships and technicians receive."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from uuid import UUID

from cli.sampling.agenda import Steps
from cli.sampling.company import Company, Technician
from cli.sampling.workdays import at, later, local_day
from models.people import Role
from models.stock.rows import Part, Place
from sync.device import Json

Wishes = Sequence[tuple[Part, int]]
LINES_MAX = 150
IN_STORE = (4, 40)
PIECES_IN_STORE = 2


@dataclass
class Supply:
    """The shelves. Whoever takes from one sees what is there, so only a scene goes wrong."""

    company: Company
    shelves: dict[tuple[UUID, UUID], list[Json]] = field(default_factory=dict)
    _serials: "count[int]" = field(default_factory=lambda: count(40001))

    def open_books(self, vans: dict[UUID, list[tuple[Part, int]]]) -> None:
        """What lies in the warehouses and vans when the books begin."""
        company = self.company
        main, west, _ = company.stores
        parts = list(company.parts.values())
        needed = {part.code for wishes in vans.values() for part, _ in wishes}
        held = [part for number, part in enumerate(parts) if number % 4 or part.code in needed]
        self._open(main, [(part, self._amount(part)) for part in held], 0)
        plain = [part for part in parts if part.tracking != "serial"]
        self._open(west, [(part, self._amount(part)) for part in plain[::5]], 1)
        for technician in company.technicians:
            self._open(technician.van, vans[technician.van.id], technician.area)

    def _amount(self, part: Part) -> int:
        return (
            PIECES_IN_STORE if part.tracking == "serial" else self.company.dice.between(*IN_STORE)
        )

    def _open(self, place: Place, wishes: Wishes, area: int) -> None:
        lines = [line for part, number in wishes for line in self._fresh(part, number)]
        keeper = self.company.office_of(Role.WAREHOUSE, area)
        for start in range(0, len(lines), LINES_MAX):
            some = lines[start : start + LINES_MAX]
            self.company.decide(keeper, "stock.opened", place=str(place.id), lines=some)
        self._put(place, lines)

    def _fresh(self, part: Part, number: int) -> Iterable[Json]:
        """Lines of a part that was never here: piece by piece where each has its number."""
        plain = {"part": str(part.id), "lot": None, "serial": None}
        if part.tracking == "serial":
            return [
                {**plain, "quantity": "1", "serial": f"SN{next(self._serials)}"}
                for _ in range(number)
            ]
        lot = f"L{part.code[-2:]}26" if part.tracking == "lot" else None
        return [{**plain, "quantity": str(number), "lot": lot}]

    def _put(self, place: Place, lines: Iterable[Json]) -> None:
        for line in lines:
            self.shelves.setdefault((place.id, UUID(line["part"])), []).append(dict(line))

    def take(self, place: Place, part: Part, number: int = 1) -> Json | None:
        """A line with so much of the part from that shelf, None where it is not there."""
        shelf = self.shelves.get((place.id, part.id), [])
        for line in shelf:
            if int(line["quantity"]) >= number:
                line["quantity"] = str(int(line["quantity"]) - number)
                if line["quantity"] == "0":
                    shelf.remove(line)
                return {**line, "quantity": str(number)}
        return None

    def somebody_elses(self, technician: Technician) -> Json | None:
        """A piece that lies in another van: where its number was mistaken for one's own."""
        for other in self.company.technicians:
            for (place, _), lines in self.shelves.items():
                if place == other.van.id != technician.van.id and lines and lines[0]["serial"]:
                    return dict(lines[0])
        return None

    def ship(self, technician: Technician, wishes: Wishes) -> tuple[str, list[Json]]:
        """Ship what the warehouse has of the wishes to the van; answers transfer and lines."""
        company, main = self.company, self.company.stores[0]
        lines = [line for part, number in wishes if (line := self.take(main, part, number))]
        transfer = str(company.new())
        if lines:
            company.decide(
                company.office_of(Role.WAREHOUSE, 0),
                "stock.shipped",
                place=str(main.id),
                to=str(technician.van.id),
                transfer=transfer,
                lines=lines,
            )
        return transfer, lines

    def receive(self, technician: Technician, transfer: str, lines: Sequence[Json]) -> None:
        """The technician counts what came and says so."""
        if lines:
            place = ("place", str(technician.van.id))
            data = {"transfer": transfer, "lines": [dict(line) for line in lines]}
            technician.phone.device.state("stock.received", place, data)
            self._put(technician.van, lines)

    def deliver(self, technician: Technician, wishes: Wishes) -> Steps:
        """Ship now; it is in the van on the next workday, before the first visit."""
        transfer, lines = self.ship(technician, wishes)
        today = local_day(self.company.clock.now())
        yield at(later(today, 1), 8, 10) + timedelta(seconds=self.company.dice.between(0, 600))
        self.receive(technician, transfer, lines)


def merged(parts: Iterable[Part]) -> list[tuple[Part, int]]:
    """Each part once, with how often it is wished for; pieces stay one by one."""
    numbers: defaultdict[str, int] = defaultdict(int)
    by_code = {}
    for part in parts:
        numbers[part.code] += 1
        by_code[part.code] = part
    return [
        (part, 1 if part.tracking == "serial" else numbers[code])
        for code, part in by_code.items()
        for _ in range(numbers[code] if part.tracking == "serial" else 1)
    ]

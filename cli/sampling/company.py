"""The sample company as those who act in it know it."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from cli.sampling.phones import Phone
from cli.sampling.tables import people
from cli.sampling.tables.agreements import Signed
from cli.sampling.tables.customers import Client
from cli.sampling.tables.people import Member
from models.clock import ManualClock
from models.contracts.plan import Plan
from models.contracts.rows import Contract
from models.customers import Asset, Contact, Site
from models.decisions import Decision
from models.house import House
from models.ids import Ids
from models.knowledge import Checklist
from models.loaners.rows import Loaner
from models.people import Role, Territory, User
from models.stock.rows import Part, Place
from simulation.dice import Dice
from sync.decide import decide


class Size(NamedTuple):
    """How much of everything there is."""

    customers: int
    assets: int
    technicians: int
    models: int  # of each family
    days_past: int
    days_ahead: int


FULL = Size(customers=60, assets=150, technicians=12, models=3, days_past=21, days_ahead=14)
SMALL = Size(customers=12, assets=24, technicians=3, models=1, days_past=7, days_ahead=4)


@dataclass(frozen=True)
class Machine:
    """An asset and the family it belongs to."""

    row: Asset
    family: str


@dataclass(frozen=True)
class Ground:
    """A site with what one has to know to work there."""

    client: Client
    site: Site
    contacts: list[Contact]
    machines: list[Machine] = field(default_factory=list)

    @property
    def language(self) -> str:
        """In which language one speaks there."""
        return self.client.language


@dataclass(frozen=True)
class Agreed:
    """A contract, the plan that it pins with its blanks filled in, and how it stands in the
    table."""

    row: Contract
    plan: Plan
    signed: Signed

    @property
    def events(self) -> set[str]:
        """What starts or stops its clocks."""
        known = [(*one.start, *one.stop, one.once) for one in self.plan.targets]
        return {event for events in known for event in events if event is not None}


@dataclass
class Technician:
    """A technician with a van and, once it is enrolled, a phone."""

    member: Member
    user: User
    van: Place
    phone: Phone

    @property
    def area(self) -> int:
        """The number of the territory."""
        return self.member.area or 0


@dataclass
class Company:
    """Everything that was founded, and the means to act in it."""

    house: House
    clock: ManualClock
    ids: Ids
    dice: Dice
    areas: list[Territory] = field(default_factory=list)
    office: dict[str, User] = field(default_factory=dict)
    grounds: list[Ground] = field(default_factory=list)
    parts: dict[str, Part] = field(default_factory=dict)
    stores: list[Place] = field(default_factory=list)
    loaners: list[Loaner] = field(default_factory=list)
    agreed: list[Agreed] = field(default_factory=list)
    checklists: dict[str | None, Checklist] = field(default_factory=dict)  # by family
    technicians: list[Technician] = field(default_factory=list)

    def new(self) -> UUID:
        """A new id of this moment."""
        return self.ids.new(self.clock.now())

    def decide(self, user: User, kind: str, **data: Any) -> Decision:
        """Take a decision, a second after whatever was before."""
        self.clock.advance(1)
        return decide(self.house.database, self.ids, user.id, kind, data)

    def agreed_on(self, ground: Ground, machine: Machine) -> list[Agreed]:
        """The contracts that hold for the machine."""
        return [
            one
            for one in self.agreed
            if one.row.customer_id == ground.site.customer_id
            and one.row.asset_id in {None, machine.row.id}
        ]

    def office_of(self, role: Role, area: int) -> User:
        """Who does that in the office for the area."""
        found = [one for one in people.OFFICE if one.role == role]
        name = next((one.name for one in found if one.area == area), found[0].name)
        return self.office[name]


def part_code(model: str, suffix: str) -> str:
    """The code of a model's part."""
    return f"{model}-{suffix}"

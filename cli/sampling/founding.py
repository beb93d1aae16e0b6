"""The rows that the office simply keeps: people, customers, equipment, parts, places, loaners, and
what it has written down."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from cli.sampling.agreements import sign
from cli.sampling.company import Company, Ground, Machine, Size, Technician, part_code
from cli.sampling.phones import Phone
from cli.sampling.tables import people
from cli.sampling.tables.customers import CUSTOMERS, Client
from cli.sampling.tables.equipment import FAMILIES, LOANERS, Family, Model
from cli.sampling.tables.knowledge import ARTICLES, CHECKLISTS, CODES, Lines
from cli.sampling.tables.people import AREAS, Area, Member
from models.base import Base
from models.clock import ManualClock
from models.company import COMPANY_ID
from models.company import Company as CompanyRow
from models.customers import Asset, Contact, Customer, Site
from models.feed import mark
from models.house import COMPANY_ZONE, House
from models.ids import Ids
from models.kept import KEPT
from models.knowledge import Article, Checklist, FaultCode
from models.loaners.rows import Loaner
from models.people import Role, Territory, User
from models.stock.rows import Part, Place, PlaceKeeper
from simulation.dice import Dice

COMPANY_NAME = "松岚设备服务 Songlan Service"
STORES = (
    ("MAIN", "总库 main warehouse", "warehouse"),
    ("WEST", "西区库 west warehouse", "warehouse"),
    ("BAD", "坏件库 defective store", "defective"),
)


def found(
    house: House, clock: ManualClock, ids: Ids, dice: Dice, size: Size, hashed: str
) -> Company:
    """Make the rows and enrol a phone for each technician. `hashed` is everybody's password."""
    company = Company(house, clock, ids, dice)
    areas = company.areas = [_area(company, area) for area in AREAS]
    users = [
        _user(company, member, areas, hashed)
        for member in (*people.OFFICE, *people.TECHNICIANS[: size.technicians])
    ]
    company.office = {user.name: user for user in users if user.role != Role.TECHNICIAN}
    company.parts = {part.code: part for part in _parts(company, size)}
    company.stores = [_place(company, *store) for store in STORES]
    vans = [
        _place(company, f"VAN-{number:02}", f"车载库 van {number:02} {user.full_name}", "van")
        for number, user in enumerate(users[len(people.OFFICE) :], start=1)
    ]
    company.loaners = list(_loaners(company))
    company.checklists = {one.family: _checklist(company, one) for one in CHECKLISTS}
    customers = [_customer(company, client, areas) for client in CUSTOMERS[: size.customers]]
    _place_machines(company, size)
    keepers = [_keeper(company, van, user) for van, user in _crews(users, vans)]
    _write(
        house,
        [areas, users, [*company.parts.values()], [*company.stores, *vans], keepers,
         company.loaners, customers, [ground.site for ground in company.grounds],
         [contact for ground in company.grounds for contact in ground.contacts],
         [machine.row for ground in company.grounds for machine in ground.machines],
         _codes(company), list(company.checklists.values()), _articles(company)],
    )  # fmt: skip
    company.agreed = sign(company)
    members = {member.name: member for member in people.TECHNICIANS}
    company.technicians = [
        Technician(members[user.name], user, van, Phone.enrol(house, clock, ids, user))
        for van, user in _crews(users, vans)
    ]
    return company


def _crews(users: Sequence[User], vans: Sequence[Place]) -> list[tuple[Place, User]]:
    return list(zip(vans, users[len(people.OFFICE) :], strict=True))


def _write(house: House, tables: Sequence[Sequence[Base]]) -> None:
    """Insert table by table, and tell the phones of what they show."""

    def body(session: Session, now: datetime) -> None:
        for rows in tables:
            session.add_all(rows)
            session.flush()
        own = session.get_one(CompanyRow, COMPANY_ID)
        own.name = COMPANY_NAME
        kept = {one.row: one for one in KEPT.values()}
        for row in (own, *(row for rows in tables for row in rows)):
            mark(session, kept[type(row)].source_of(row))

    house.database.transact(body)


def _area(company: Company, area: Area) -> Territory:
    return Territory(
        id=company.new(), code=area.code, name=area.name, tier=area.tier, zone=COMPANY_ZONE
    )


def _user(company: Company, member: Member, areas: Sequence[Territory], hashed: str) -> User:
    return User(
        id=company.new(),
        name=member.name,
        full_name=member.full_name,
        role=member.role,
        territory_id=None if member.area is None else areas[member.area].id,
        password_hash=hashed,
        language=member.language,
        created=company.clock.now(),
    )


def _codes(company: Company) -> list[FaultCode]:
    return [
        FaultCode(id=company.new(), code=code, kind=kind, name_zh=zh, name_en=en, active=True)
        for kind, code, zh, en in CODES
    ]


def _checklist(company: Company, known: Lines) -> Checklist:
    return Checklist(id=company.new(), code=known.code, name=known.name, lines=list(known.lines))


def _articles(company: Company) -> list[Article]:
    return [
        Article(
            id=company.new(),
            code=known.code,
            language=language,
            title=title,
            body=body,
            models=list(known.models),
            published=known.published,
        )
        for known in ARTICLES
        for language, (title, body) in known.texts.items()
    ]


def _parts(company: Company, size: Size) -> list[Part]:
    return [
        Part(
            id=company.new(),
            code=part_code(model.code, kind.suffix),
            name=f"{kind.name} ({model.code})",
            unit=kind.unit,
            tracking=kind.tracking,
        )
        for family in FAMILIES.values()
        for model in family.models[: size.models]
        for kind in family.parts
    ]


def _place(company: Company, code: str, name: str, kind: str) -> Place:
    return Place(id=company.new(), kind=kind, code=code, name=name, zone=COMPANY_ZONE)


def _keeper(company: Company, van: Place, user: User) -> PlaceKeeper:
    since = company.clock.now()
    return PlaceKeeper(id=company.new(), place_id=van.id, user_id=user.id, since=since, until=None)


def _loaners(company: Company) -> list[Loaner]:
    known = [(model, words) for model, words, count in LOANERS for _ in range(count)]
    return [
        Loaner(id=company.new(), model=model, serial=f"LN-{number:03}", accessories=words)
        for number, (model, words) in enumerate(known, start=1)
    ]


def _customer(company: Company, client: Client, areas: Sequence[Territory]) -> Customer:
    number = CUSTOMERS.index(client) + 1
    customer = Customer(id=company.new(), code=f"C-{number:03}", name=client.name)
    for place in client.places:
        site = _site(company, client, customer, areas[client.area], place)
        contacts = [_contact(company, client, site) for _ in range(company.dice.between(1, 2))]
        company.grounds.append(Ground(client, site, contacts))
    return customer


def _site(
    company: Company, client: Client, customer: Customer, area: Territory, place: str
) -> Site:
    dice, english = company.dice, client.language == "en"
    notes = people.ACCESS_NOTES_ENGLISH if english else people.ACCESS_NOTES
    return Site(
        id=company.new(),
        customer_id=customer.id,
        territory_id=area.id,
        name=place,
        address=f"{AREAS[client.area].city}{dice.pick(people.STREETS)} {dice.between(2, 298)} 号",
        zone=COMPANY_ZONE,
        access_notes=dice.pick(notes),
    )


def _contact(company: Company, client: Client, site: Site) -> Contact:
    """Somebody with a number that nobody has: 000 begins none in China, 7946 is kept for plays."""
    dice = company.dice
    if client.language == "en":
        name = f"{dice.pick(people.ENGLISH_GIVEN)} {dice.pick(people.ENGLISH_FAMILY)}"
        phone = f"+44 20 7946 0{dice.between(100, 999)}"
    else:
        name = dice.pick(people.SURNAMES) + dice.pick((*people.GIVEN_NAMES, *people.TITLES))
        phone = f"000-0000-{dice.between(1000, 9999)}"
    return Contact(id=company.new(), site_id=site.id, name=name, phone=phone)


def _place_machines(company: Company, size: Size) -> None:
    """Spread the assets over the sites, at least one to each."""
    for number in range(size.assets):
        ground = company.grounds[number % len(company.grounds)]
        families = ground.client.families.split()
        family = FAMILIES[families[len(ground.machines) % len(families)]]
        ground.machines.append(_machine(company, ground, family, size, number))


def _machine(company: Company, ground: Ground, family: Family, size: Size, number: int) -> Machine:
    model: Model = company.dice.pick(family.models[: size.models])
    age = timedelta(days=company.dice.between(90, 1800))
    installed: date = company.clock.now().date() - age
    asset = Asset(
        id=company.new(),
        site_id=ground.site.id,
        model=model.code,
        serial=f"{installed:%y%m}{1000 + number}",
        name=model.name,
        installed=installed,
    )
    return Machine(asset, family.key)

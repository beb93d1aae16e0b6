"""The sample company's three weeks, from the opening of the books until now."""

from collections.abc import Callable
from datetime import timedelta

from cli.sampling.agenda import Agenda, Steps, minutes
from cli.sampling.agreements import tell_customers
from cli.sampling.company import FULL, SMALL, Company, Technician
from cli.sampling.courses import life
from cli.sampling.demand import STOCKED_UNTIL, Demand, first_stock, needed_by
from cli.sampling.founding import found
from cli.sampling.lending import look_after_loaners
from cli.sampling.supply import Supply, merged
from cli.sampling.tables.notices import NOTICES, Told
from cli.sampling.tables.scenes import SCENES
from cli.sampling.trip import Job
from cli.sampling.workdays import Workdays, at, later, local_day
from models.clock import ManualClock, instant_text
from models.house import House
from models.ids import SeededIds
from models.notices import recipients
from models.people import Role
from models.plain import plain
from simulation.dice import Dice
from sync.device import Json
from sync.passing import note_overdue, note_promises
from sync.working import drain

FRIDAY = 4
BEFORE_NOW = minutes(5)  # Decisions take a second each, and none may lie after now.
Progress = Callable[[float], None]


def tell(
    house: House, seed: int, small: bool, hashed: str, progress: Progress = lambda share: None
) -> Company:
    """Fill the house, whose clock stands at now and whose ids follow from the seed.

    `hashed` is the hash of everybody's password. What needs the worker (looking at photos) waits
    in the outbox.
    """
    clock = house.clock
    assert isinstance(clock, ManualClock)
    assert isinstance(house.ids, SeededIds)
    size = SMALL if small else FULL
    workdays = Workdays(clock.now(), size.days_past, size.days_ahead)
    clock.instant = workdays.founded
    dice = Dice(f"sample company {seed}")
    company = found(house, clock, house.ids, dice, size, hashed)
    _enact(company, workdays, progress)
    return company


def _enact(company: Company, workdays: Workdays, progress: Progress) -> None:
    agenda, supply = Agenda(company.clock), Supply(company)
    jobs = Demand(company, workdays).jobs()
    stocked_until = at(later(local_day(workdays.founded), STOCKED_UNTIL), 18)
    first = first_stock(company, jobs, stocked_until)
    supply.open_books({van: merged(parts) for van, parts in first.items()})
    _place_loaners(company)
    drain(company.house)
    for technician in company.technicians:
        technician.phone.sync()
    for job in jobs:
        agenda.start(life(company, supply, job), job.opened)
        if job.starts >= stocked_until:
            agenda.start(_supply(supply, job), at(later(local_day(job.starts), -2), 15))
    for told in NOTICES:
        if told.workdays_ago <= len(workdays.past):
            agenda.start(_tell(company, told), at(workdays.past[-told.workdays_ago], 8, 20))
    agenda.start(_nights(company, workdays))
    for technician in company.technicians:
        agenda.start(_phone(technician, workdays))
    until = workdays.now - BEFORE_NOW
    whole = until - workdays.founded
    agenda.run(until, lambda instant: progress((instant - workdays.founded) / whole))
    for technician in company.technicians:
        technician.phone.sync()
    note_overdue(company.house)
    note_promises(company.house)
    drain(company.house)
    look_after_loaners(company)
    drain(company.house)
    company.clock.instant = workdays.now


def _place_loaners(company: Company) -> None:
    """Those that will be lent lie in the vans, the others in the warehouses."""
    vans = {
        scene.loaner: company.technicians[scene.technician].van
        for scene in reversed(SCENES)
        if scene.technician < len(company.technicians)
    }
    for number, loaner in enumerate(company.loaners):
        place = vans.get(number, company.stores[number % 2])
        keeper = company.office_of(Role.WAREHOUSE, 0)
        company.decide(keeper, "loaner.placed", loaner=str(loaner.id), place=str(place.id))


def _supply(supply: Supply, job: Job) -> Steps:
    """What a job will need is shipped two workdays before."""
    wishes = merged(needed_by(supply.company, job))
    if wishes:
        yield from supply.deliver(job.technician, wishes)


def _tell(company: Company, told: Told) -> Steps:
    """A notice, and perhaps its withdrawal."""
    sender = company.office_of(Role.DISPATCHER, told.area or 0)
    to: Json = {"role": Role.TECHNICIAN}
    if told.area is not None:
        to["territory"] = company.areas[told.area].id
    users = company.house.database.read(lambda session: recipients(session, to))
    if not users:
        return
    question = None
    if told.question is not None:
        zh, en = told.question
        choices = [{"code": code, "zh": zh, "en": en} for code, zh, en in told.choices]
        question = {"zh": zh, "en": en, "choices": choices}
    notice = str(company.new())
    company.decide(
        sender, "notice.sent", notice=notice, to=plain(to), recipients=plain(users),
        text={"zh": told.zh, "en": told.en}, question=question, visit=None,
        valid_until=instant_text(company.clock.now() + timedelta(days=told.days)),
    )  # fmt: skip
    if told.withdrawn is not None:
        yield timedelta(hours=told.withdrawn)
        company.decide(sender, "notice.withdrawn", notice=notice)


def _phone(technician: Technician, workdays: Workdays) -> Steps:
    """A phone has a network in the evening, at home."""
    day = local_day(workdays.founded)
    while True:
        yield at(day, 18, 20)
        technician.phone.sync()
        day = later(day, 1)


def _nights(company: Company, workdays: Workdays) -> Steps:
    """What the server does by itself, not each minute as in real life: the promises of the day in
    the evening, the books at the end of the week, due dates at night."""
    day = local_day(workdays.founded)
    while True:
        yield at(day, 18, 40)
        note_promises(company.house)
        if day.weekday() == FRIDAY:
            drain(company.house)
            tell_customers(company)
        day = later(day, 1)
        yield at(day, 0, 10)
        if note_overdue(company.house):
            drain(company.house)

"""How a visit may go, from the day before to the signature: each course is a run of steps."""

from collections.abc import Callable
from datetime import timedelta

from cli.sampling import pictures
from cli.sampling.agenda import Steps, minutes
from cli.sampling.company import Company, Technician
from cli.sampling.supply import Supply
from cli.sampling.tables.phrases import REMARKS
from cli.sampling.trip import Job, Trip
from cli.sampling.workdays import at, later, local_day

Course = Callable[[Trip], Steps]

SECOND_VISIT = (15, 30)
LOOK = (18, 31)  # when technicians look at what is new for them
AT_ONCE_PERCENT = 30
PROMPT_PERCENT = 85
SETTLED_AFTER = 6  # workdays


def life(company: Company, supply: Supply, job: Job) -> Steps:
    """A job from the customer's call on."""
    trip = Trip(company, supply, job, job.technician, str(company.new()), job.starts)
    trip.open_orders()
    if trip.agreed:
        yield from answer(trip)
    yield trip.after(10, 50)
    trip.plan()
    yield trip.after(2, 15)
    trip.assign(job.technician)
    if local_day(trip.starts) == local_day(company.clock.now()):
        job.technician.phone.sync()
    if job.course != "declined":
        yield from accept(trip)
    yield from COURSES[job.course](trip)


def answer(trip: Trip) -> Steps:
    """The desk calls back, mostly soon, and finds that somebody has to come: clocks stop and begin
    with what it notes."""
    soon = trip.job.course != "answered_late" and trip.company.dice.chance(PROMPT_PERCENT)
    yield trip.after(4, 25) if soon else trip.after(40, 100)
    trip.note("replied", "responded")
    yield trip.after(1, 6)
    trip.note("phone_failed", "need_confirmed", "visit_requested", "visit_decided")


def colleague(trip: Trip) -> Technician:
    """Somebody else who is free, from the same area if there is one."""
    free = [one for one in trip.free(trip.starts) if one is not trip.technician]
    others = free or [one for one in trip.company.technicians if one is not trip.technician]
    near = [one for one in others if one.area == trip.technician.area]
    return trip.company.dice.pick(near or others)


def accept(trip: Trip) -> Steps:
    """The technician takes the visit on: at the first look, or on the evening before it."""
    day = local_day(trip.company.clock.now())
    if not trip.company.dice.chance(AT_ONCE_PERCENT):
        day = max(day, later(local_day(trip.starts), -1))
    seen = at(day, *LOOK) + trip.after(0, 15)
    if seen < trip.starts - timedelta(hours=1) and trip.company.dice.chance(92):
        yield seen
        trip.state("visit.accepted")


def come_again(trip: Trip, course: Course, workdays: int = 2) -> Steps:
    """The desk plans another visit on the next morning, for the first day that is free."""
    today = local_day(trip.company.clock.now())
    yield at(later(today, 1), 8, 40) + trip.after(0, 20)
    day = later(today, workdays)
    while trip.technician not in trip.free(at(day, *SECOND_VISIT)):
        day = later(day, 1)
    again = trip.again(at(day, *SECOND_VISIT))
    yield from accept(again)
    yield from course(again)


# Ordinary visits


def reach(trip: Trip) -> Steps:
    """On the way, and there."""
    yield trip.starts - trip.after(15, 40)
    trip.state("visit.travelling")
    yield trip.after(15, 45)
    trip.state("visit.arrived")
    trip.arrived = trip.company.clock.now()


def work(trip: Trip) -> Steps:
    """What is done on site before the pen comes out."""
    machine, day = trip.job.tasks[0].machine, local_day(trip.starts).isoformat()
    person = trip.job.ground.contacts[0].name
    yield trip.after(3, 8)
    if trip.photographed:
        trip.photograph(pictures.plate(machine.row.model, machine.row.serial))
        trip.photograph(pictures.before(machine.family, f"{day} {machine.row.serial}"))
    for what in trip.consents:
        words = trip.say("power_off")
        trip.cites.append(trip.state("consent.given", {"what": what}, person=person, words=words))
    yield trip.after(15, 50)
    if trip.company.dice.chance(8):
        trip.state("visit.paused", {"reason": "waiting"}, words=trip.say("waiting"))
        yield trip.after(10, 25)
        trip.state("visit.resumed")
    if trip.company.dice.chance(12):
        trip.state("note.added", words=trip.say("note"))
    if trip.photographed:
        trip.photograph(pictures.after(machine.family, f"{day} {machine.row.serial}"))
    yield trip.after(4, 12)


def leave(trip: Trip) -> Steps:
    """Off to the next."""
    yield trip.after(2, 9)
    trip.state("visit.left")


def repair(trip: Trip) -> Steps:
    """All goes well."""
    yield from reach(trip)
    yield from work(trip)
    dice = trip.company.dice
    remarks = trip.say(dice.pick(REMARKS)) if dice.chance(25) else None
    trip.seal(trip.used_parts(), remarks=remarks)
    yield from leave(trip)


def absent_signer(trip: Trip) -> Steps:
    """Nobody is there to sign."""
    yield from reach(trip)
    yield from work(trip)
    trip.seal(trip.used_parts(), sign_off="absent", remarks=trip.say("signer_absent"))
    yield from leave(trip)


def refused(trip: Trip) -> Steps:
    """The customer will not sign."""
    yield from reach(trip)
    yield from work(trip)
    trip.seal(trip.used_parts(), sign_off="refused", remarks=trip.say("refused"))
    yield from leave(trip)


def incomplete(trip: Trip) -> Steps:
    """A part is missing; it is ordered, and somebody comes again with it."""
    yield from reach(trip)
    yield from work(trip)
    trip.seal(result="incomplete", remarks=trip.say("part_missing"))
    yield from leave(trip)
    yield from come_again(trip, repair)


def nobody_there(trip: Trip) -> Steps:
    """The customer is absent: waited for, given up, and another visit."""
    yield from reach(trip)
    trip.state("visit.paused", {"reason": "customer_absent"}, words=trip.say("absent"))
    yield minutes(30)
    trip.state("visit.failed", {"reason": "customer_absent"}, words=trip.say("absent"))
    yield from come_again(trip, repair)


def no_access(trip: Trip) -> Steps:
    """The gate is locked."""
    yield from reach(trip)
    trip.state("visit.failed", {"reason": "no_access"}, words=trip.say("no_access"))
    yield from come_again(trip, repair, workdays=3)


def called_off(trip: Trip) -> Steps:
    """The customer calls: it works again."""
    yield trip.starts - timedelta(hours=1)
    trip.decide("visit.cancelled", visit=trip.visit, reason=trip.say("cancel_reason"))


def storm(trip: Trip) -> Steps:
    """Nobody can go: the clock stands still until the roads are open."""
    yield trip.starts - minutes(70)
    trip.pause("force_majeure")
    trip.decide("visit.cancelled", visit=trip.visit, reason=trip.say("storm"))
    yield from come_again(trip, after_the_storm)


def after_the_storm(trip: Trip) -> Steps:
    """The clock runs on, and somebody goes."""
    yield trip.starts - minutes(70)
    trip.pause("force_majeure", over=True)
    yield from repair(trip)


def declined(trip: Trip) -> Steps:
    """The technician is ill, and somebody else goes."""
    yield at(later(local_day(trip.starts), -1), 18, 5)
    trip.state("visit.declined", {"reason": "ill"}, words=trip.say("ill"))
    yield trip.starts - minutes(55)
    trip.technician = colleague(trip)
    trip.assign(trip.technician)
    trip.technician.phone.sync()
    yield from repair(trip)


def lend(trip: Trip) -> Steps:
    """The device goes to the workshop, and the customer gets one of ours meanwhile."""
    loaner, scene = trip.loaner, trip.job.scene
    assert loaner is not None
    assert scene is not None
    yield from reach(trip)
    yield from work(trip)
    due = local_day(trip.starts) + timedelta(days=scene.days)
    signer = trip.job.ground.contacts[0].name
    trip.cites.append(trip.state("consent.given", {"what": "take_away"}, person=signer))
    data = {**_unit(trip), "due": due.isoformat()}
    words = trip.say("loaner_out")
    trip.cites.append(trip.state("loaner.handed_over", data, signer=signer, words=words))
    trip.seal(result="incomplete")
    yield from leave(trip)


def _unit(trip: Trip) -> dict[str, object]:
    assert trip.loaner is not None
    accessories = trip.loaner.accessories.split(", ")
    return {"loaner": str(trip.loaner.id), "condition": "worn", "accessories": accessories}


def lend_and_return(trip: Trip) -> Steps:
    """A loaner that is taken back when the repaired device comes."""
    yield from lend(trip)
    yield from come_again(trip, bring_back, workdays=4)


def bring_back(trip: Trip) -> Steps:
    """The repaired device is brought, the loaner taken back."""
    yield from reach(trip)
    yield trip.after(20, 40)
    data = {**_unit(trip), "place": str(trip.technician.van.id)}
    signer, words = trip.job.ground.contacts[0].name, trip.say("loaner_back")
    trip.cites.append(trip.state("loaner.taken_back", data, signer=signer, words=words))
    trip.seal(trip.used_parts())
    yield from leave(trip)


# What a person has to look at afterwards


def late_work(trip: Trip) -> Steps:
    """The visit is given to somebody else, and the first one, without a network, does it."""
    yield trip.starts - minutes(50)
    trip.assign(colleague(trip))
    yield from repair(trip)
    trip.state("note.added", words=trip.say("late"))
    scene = trip.job.scene
    if scene is not None and scene.workdays_ago >= SETTLED_AFTER:
        yield at(later(local_day(trip.starts), 1), 9, 15)
        trip.settle("visit.late_work", "keep")


def works_after_cancellation(trip: Trip) -> Steps:
    """Cancelled while the technician was on the way without a network."""
    yield trip.starts - minutes(50)
    trip.decide("visit.cancelled", visit=trip.visit, reason=trip.say("cancel_reason"))
    yield from repair(trip)
    trip.state("note.added", words=trip.say("cancelled"))


def lends_a_hand(trip: Trip) -> Steps:
    """Somebody who was never assigned reports what they did there."""
    yield from repair(trip)
    others = [one for one in trip.company.technicians if one.area != trip.technician.area]
    trip.by(others[0]).state("note.added", words=trip.say("helped"))


def both_seal(trip: Trip) -> Steps:
    """Lead and helper each seal a record of the same visit."""
    yield trip.starts - minutes(50)
    helper = colleague(trip)
    trip.assign(trip.technician, helper)
    yield from repair(trip)
    second = trip.by(helper)
    second.state("visit.arrived")
    yield trip.after(3, 9)
    second.seal()


def uses_too_much(trip: Trip) -> Steps:
    """More is used than the books have in the van: it was bought on the way, perhaps."""
    yield from reach(trip)
    yield from work(trip)
    shelves = trip.supply.shelves.items()
    van = trip.technician.van.id
    held = [line for (place, _), lines in shelves if place == van for line in lines]
    line = next(line for line in held if line["serial"] is None)
    trip.seal([*trip.used_parts(), {**line, "quantity": str(int(line["quantity"]) + 2)}])
    line["quantity"] = "0"
    yield from leave(trip)


def counted_too_much(trip: Trip) -> Steps:
    """At the counter one more was counted than the warehouse shipped."""
    yield trip.starts - minutes(100)
    parts = [part for part in trip.company.parts.values() if part.tracking == "none"]
    transfer, lines = trip.supply.ship(trip.technician, [(parts[0], 2)])
    yield minutes(25)
    counted = [{**line, "quantity": "3"} for line in lines]
    trip.supply.receive(trip.technician, transfer, counted)
    yield from repair(trip)


def takes_anothers_piece(trip: Trip) -> Steps:
    """The number that was written down belongs to a piece in another van."""
    yield from reach(trip)
    yield from work(trip)
    piece = trip.supply.somebody_elses(trip.technician)
    trip.seal([*trip.used_parts(), *([] if piece is None else [piece])])
    yield from leave(trip)


COURSES: dict[str, Course] = {
    course.__name__: course
    for course in (
        repair, absent_signer, refused, incomplete, nobody_there, no_access, called_off, storm,
        declined, lend, lend_and_return, late_work, works_after_cancellation, lends_a_hand,
        both_seal, uses_too_much, counted_too_much, takes_anothers_piece,
    )
}  # fmt: skip
COURSES |= {"inspect": repair, "answered_late": repair}

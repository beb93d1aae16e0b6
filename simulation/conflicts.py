"""The conflicts of real life: two people who each do what they may, and do not know of each other.

Chance alone brings them about too seldom. Each is only stated here; that it reaches the server, in
parts, late or doubled, is up to the other steps.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from models.contracts.rows import Contract
from models.edits import Editor
from models.kept import KEPT
from models.photos import PHOTOS_MAX
from simulation.company import LOANERS, PLANS
from simulation.dice import Dice
from simulation.field import say
from simulation.office import desk, name_crew
from simulation.phone import Phone
from simulation.play import Play, step
from simulation.statements import STATEMENTS, put

Two = tuple[Phone, Phone]
Conflict = Callable[[Play, Two, str, Dice], None]


@step("a conflict of real life", 9)
def conflicts(play: Play, who: int, dice: Dice) -> str:
    """Two people on one visit, or with one thing."""
    two, visit = _two(play, dice), play.pick(dice, play.visits)
    if two is None or visit is None:
        return "there is nobody to differ with"
    what, conflict = dice.weighted(CONFLICTS)
    conflict(play, two, visit, dice)
    play.hit(what)
    return f"{what}: {two[0].name} and {two[1].name}, {play.visit(visit)}"


def _two(play: Play, dice: Dice) -> Two | None:
    """The phones of two technicians."""
    held = [one for one in play.phones if not one.lost and one.user != "wang"]
    first, second = dice.pick(held), dice.pick(held)
    return None if first.user == second.user else (first, second)


def _all_say(play: Play, phone: Phone, visit: str, dice: Dice, *kinds: str) -> None:
    for kind in kinds:
        play.world.clock.advance(dice.between(20, 400))
        say(play, phone, kind, visit, dice)


def _done_twice(play: Play, two: Two, visit: str, dice: Dice) -> None:
    """Given to another, of which the former does not hear; both of them do it."""
    for phone in two:
        name_crew(play, desk(dice.between(0, 2)), visit, [phone.user])
    for phone in dice.shuffled(two):
        _all_say(play, phone, visit, dice, "visit.arrived", "record.sealed", "visit.left")


def _crew_differs(play: Play, two: Two, visit: str, dice: Dice) -> None:
    """One seals a record, and the other says that nobody let them in. They are lead and helper, or
    the helpers of somebody who says nothing."""
    one, other = two
    names = [one.user, other.user]
    if dice.chance(40):
        names = [dice.pick([name for name in play.technicians() if name not in names]), *names]
    name_crew(play, desk(dice.between(0, 2)), visit, names)
    _all_say(play, one, visit, dice, "visit.arrived")
    _all_say(play, other, visit, dice, "visit.failed")
    _all_say(play, one, visit, dice, "record.sealed")


def _lent_twice(play: Play, two: Two, visit: str, dice: Dice) -> None:
    """Both say that they have handed over one and the same loaner."""
    loaner = play.world[f"loaner-{dice.between(1, LOANERS)}"]
    name_crew(play, desk(dice.between(0, 2)), visit, [phone.user for phone in two])
    for phone in two:
        play.world.clock.advance(dice.between(20, 400))
        say(play, phone, "loaner.handed_over", visit, dice, loaner=loaner)


def _lent_again(play: Play, two: Two, visit: str, dice: Dice) -> None:
    """One takes a loaner back, of which the other knows nothing and lends it again at once, while
    the warehouse believes that it lies there."""
    loaner = play.world[f"loaner-{dice.between(1, LOANERS)}"]
    name_crew(play, desk(dice.between(0, 2)), visit, [phone.user for phone in two])
    for phone, kind in zip((*two, two[1]), LENT_AGAIN, strict=True):
        play.world.clock.advance(dice.between(20, 400))
        say(play, phone, kind, visit, dice, loaner=loaner)
    fit = {"wiped": True, "condition": "worn", "note": ""}
    play.decide("wang", "loaner.inspected", loaner=loaner, **fit)


LENT_AGAIN = ("loaner.handed_over", "loaner.taken_back", "loaner.handed_over")


def _taken_twice(play: Play, two: Two, visit: str, dice: Dice) -> None:
    """Both say that they took the customer's unit along, or one that nobody knows."""
    world = play.world
    known = dice.chance(60)
    asset = world["asset-1"] if known else str(world.ids.new(world.clock.now()))
    name_crew(play, desk(dice.between(0, 2)), visit, [phone.user for phone in two])
    for phone in two:
        world.clock.advance(dice.between(20, 400))
        say(play, phone, "unit.taken", visit, dice, asset=asset)


def _photographed(play: Play, two: Two, visit: str, dice: Dice) -> None:
    """The button of a camera is stuck."""
    name_crew(play, desk(dice.between(0, 2)), visit, [two[0].user])
    for _ in range(PHOTOS_MAX + 1):
        say(play, two[0], "photo.taken", visit, dice)


def _paid_twice(play: Play, two: Two, visit: str, dice: Dice) -> None:
    """One record, and both of them take the customer's money."""
    name_crew(play, desk(dice.between(0, 2)), visit, [phone.user for phone in two])
    _all_say(play, two[0], visit, dice, "record.sealed")
    for phone in two:
        _all_say(play, phone, visit, dice, "payment.received")


def _order_claimed(play: Play, two: Two, visit: str, dice: Dice) -> None:
    """As if the customer had asked on the spot for what the desk has opened long since."""
    phone, order = two[0], play.audit.plan_of(visit)["items"][0]["work_order"]
    statement = replace(STATEMENTS["visit.opened"](play.world, visit), subject=("visit", order))
    put(phone.device, "visit.opened", statement, phone.clock.now())
    play.audit.stated(phone, phone.device.outbox[-1])
    _all_say(play, phone, order, dice, "visit.arrived", "record.sealed")


CONFLICTS: list[tuple[tuple[str, Conflict], int]] = [
    (("visit done twice", _done_twice), 25),
    (("crew at odds", _crew_differs), 20),
    (("loaner lent twice", _lent_twice), 20),
    (("loaner lent as it came back", _lent_again), 15),
    (("unit taken twice", _taken_twice), 15),
    (("customer paid twice", _paid_twice), 20),
    (("order claimed", _order_claimed), 12),
    (("camera stuck", _photographed), 4),
]


@step("an agreement changes", 3)
def agrees_anew(play: Play, who: int, dice: Dice) -> str:
    """Another version of the plan holds for the customer, while work under the former goes on."""
    world, row_id = play.world, play.world.named["contract"]
    plan = world.named[dice.pick(list(PLANS))]

    def body(session: Session, now: datetime) -> None:
        row = session.get_one(Contract, row_id)
        editor = Editor(session, now, world.ids, world.named[desk(who)])
        editor.change(KEPT["contracts"], row, {"plan_id": plan})

    world.house.database.transact(body)
    play.audit.edited(Contract, row_id, "plan_id", plan)
    play.hit("agreement changed")
    return f"{desk(who)} puts another plan into the agreement"

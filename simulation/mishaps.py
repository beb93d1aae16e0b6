"""What goes wrong and what time brings: phones are lost, clocks set, the server started anew."""

from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from models import enrolment, outbox
from models.derived import Subject
from models.feed import Life
from models.house import House
from models.photos import PhotoBytes
from simulation.company import enrol
from simulation.dice import Dice
from simulation.field import say
from simulation.mortal import Fuse, light
from simulation.phone import Phone
from simulation.play import Lost, Play, step
from sync import judge, working
from sync.arriving import expire_uploads
from sync.device import Replica
from sync.nightly import look_again, look_at_everything, note_late, note_stuck
from sync.passing import move_windows, note_overdue, note_promises, purge_gone, sweep
from sync.photos import Verdict, note_missing, settle
from sync.publishing import publish_all
from sync.restocking import open_monthly

# Phones

CLOCKS = (
    timedelta(minutes=-3), timedelta(hours=2), timedelta(hours=-30), timedelta(days=400),
    timedelta(days=-30000), timedelta(days=70000), timedelta(0), timedelta(0),
)  # fmt: skip


@step("a phone has no network for long", 2)
def goes_away(play: Play, who: int, dice: Dice) -> str:
    """Hours or days."""
    phone = play.phone(who)
    phone.away = play.world.clock.now() + timedelta(hours=dice.pick([6, 24, 72]))
    play.hit("off line for long")
    return f"{phone.name} has no network for long"


@step("a phone's clock is set", 2)
def sets_clock(play: Play, who: int, dice: Dice) -> str:
    """Wrong by minutes or by centuries, or right again."""
    phone = play.phone(who)
    phone.clock.off = dice.pick(CLOCKS)
    play.hit("clock set")
    return f"the clock of {phone.name} is set {phone.clock.off} off"


@step("a phone starts anew", 2)
def boots(play: Play, who: int, dice: Dice) -> str:
    """Its forward clock begins anew; some phones have none."""
    phone = play.phone(who)
    phone.clock.booted = play.world.clock.now()
    phone.device.boot = dice.pick([None, f"boot {len(play.told)}"])
    play.hit("phone restarted")
    return f"{phone.name} starts anew"


@step("a phone's data are hurt", 4)
def hurts(play: Play, who: int, dice: Dice) -> str:
    """Its replica, its cursor, or all that it was sent."""
    phone = play.phone(who)
    device, what = phone.device, dice.pick(["replica damaged", "cursor spoilt", "replica lost"])
    if what == "replica damaged" and device.replica.documents:
        for _ in range(dice.between(1, 2)):  # twice within the hour, so that no reset is granted
            _damage(play, phone, dice)
    elif what == "cursor spoilt":
        (device.building or device.replica).cursor = "spoilt"
        phone.moved = True
    else:
        device.replica, device.building, device.kept, device.anchor = Replica(), None, {}, None
    play.hit(what)
    return f"{phone.name}: {what}"


def _damage(play: Play, phone: Phone, dice: Dice) -> None:
    """A document vanishes, and the phone tells by its next digest."""
    documents = phone.device.replica.documents
    if documents:
        documents.pop(dice.pick(sorted(documents)))
    phone.damaged = True
    with suppress(Lost):
        phone.device.sync()
        told = phone.device.last_answer["digest"]
        phone.damaged = phone.device.building is None and phone.device.replica.digest() != told


@step("a phone is backed up", 2)
def backs_up(play: Play, who: int, dice: Dice) -> str:
    """Everything that it holds is copied."""
    phone = play.phone(who)
    phone.back_up()
    return f"{phone.name} is backed up"


@step("a phone is restored", 2)
def restores(play: Play, who: int, dice: Dice) -> str:
    """A phone becomes what it was: numbers are given again, to other facts."""
    held = [phone for phone in play.phones if phone.backup is not None and not phone.lost]
    if not held:
        return "no phone was ever backed up"
    phone = held[who % len(held)]
    play.audit.gone(phone, phone.restore())
    phone.moved = True
    play.hit("phone restored from its backup")
    return f"{phone.name} is restored from its backup"


@step("a phone is lost", 1)
def loses(play: Play, who: int, dice: Dice) -> str:
    """With all that is unsent. It is revoked, and its owner gets another."""
    phone = play.phone(who)
    phone.lost = True
    play.audit.gone(phone, phone.device.outbox)
    _replace(play, phone)
    play.hit("phone lost")
    return f"{phone.name} is lost"


@step("a phone is revoked", 2)
def revokes(play: Play, who: int, dice: Dice) -> str:
    """Whoever has it goes on stating and sending."""
    phone = play.phone(who)
    if phone.revoked is None:
        if phone.device.outbox and dice.chance(50):
            _say_what_is_unsent(phone)
        play.hit("revoked with unsent facts" if phone.device.outbox else "revoked")
        if dice.chance(60):  # and not only of visits
            say(play, phone, dice.pick(BESIDE_VISITS), "", dice)
        _replace(play, phone)
    return f"{phone.name} is revoked"


BESIDE_VISITS = (
    "stock.counted", "stock.transferred", "stock.received", "parts.requested", "notice.answered",
)  # fmt: skip


def _say_what_is_unsent(phone: Phone) -> None:
    """The phone says what it holds, and the network breaks before it sends any of it."""
    with suppress(Lost):
        phone.device.exchange(phone.device.request([]))


def _replace(play: Play, phone: Phone) -> None:
    if phone.revoked is None:
        _revoke(play, phone)
    fresh = enrol(play.world, phone.user, f"{play.history.seed}/{len(play.told)}")
    play.connect(fresh)
    play.phones.append(fresh)


def _revoke(play: Play, phone: Phone) -> None:
    def body(session: Session, now: datetime) -> datetime:
        enrolment.revoke(session, now, phone.device.id)
        return now

    phone.revoked = play.world.house.database.transact(body)


# The server


@step("the server starts anew", 1)
def restarts(play: Play, who: int, dice: Dice) -> str:
    """Its process is ended between two requests."""
    play.restart()
    play.hit("server restarted")
    return "the server starts anew"


@step("the server is about to die", 5)
def fates(play: Play, who: int, dice: Dice) -> str:
    """It dies at one of the next commits, just before it or just after."""
    light(play.world.house, Fuse(dice.between(1, 9), dice.chance(50)))
    return "the server is about to die"


@step("the database begins a new life", 1)
def new_life(play: Play, who: int, dice: Dice) -> str:
    """As after a restored backup: no cursor counts any more."""
    number = play.world.ids.new(play.world.clock.now())
    database = play.world.house.database
    for phone in play.phones:
        phone.moved = True  # Said before: the server may die once this is written.
    database.transact(
        lambda session, now: session.execute(update(Life).values(number=number)).close()
    )
    play.hit("new life")
    return "the database begins a new life"


@step("the queue is lost", 2)
def loses_queue(play: Play, who: int, dice: Dice) -> str:
    """Redis forgets that there is work."""
    if play.word:
        play.hit("queue lost")
    play.word = False
    return "the queue is lost"


# The worker


def look_at(house: House, subject: Subject) -> None:
    """What a darkroom would tell of a photo, which follows from its first byte: a picture, no
    picture, or one over which it dies."""

    def body(session: Session, now: datetime) -> None:
        judge.lock(session, [subject])
        waiting = outbox.waiting(session, "photo", subject)
        row = session.get(PhotoBytes, subject.id)
        if settle(session, now, subject, None if row is None else _verdict(house, row)):
            outbox.done(session, waiting)

    house.database.transact(body)


class Ruined(Exception):
    """The darkroom died over the photo."""


def _verdict(house: House, row: PhotoBytes) -> Verdict | None:
    if row.state == "erased":
        house.blobs.remove(row.sha256)
        return None
    with house.blobs.open(row.sha256) as file:
        first = file.read(1)[0]
    if first < 16:
        raise Ruined
    return Verdict("unreadable", None, "broken") if first < 64 else Verdict("present", "image/jpeg")


def draw(house: House, subject: Subject) -> None:
    """No signature is drawn here."""

    def body(session: Session, now: datetime) -> None:
        outbox.done(session, outbox.waiting(session, "signature", subject))

    house.database.transact(body)


WORK = {**working.KINDS, "photo": look_at, "signature": draw}


@step("the worker has word", 14)
def works(play: Play, who: int, dice: Dice) -> str:
    """It does what waits, if it knows of it; or only some of it, in any order; or dies over it."""
    if not play.word:
        return "the worker knows of nothing"
    play.word = False
    if dice.chance(20):
        light(play.world.house, Fuse(dice.between(1, 12), dice.chance(50)))
    if dice.chance(60):
        return f"the worker does all that waits ({work_off(play, dice, 500)})"
    return f"the worker does some of what waits ({work_off(play, dice, dice.between(1, 4))})"


@step("the relay", 5)
def relays(play: Play, who: int, dice: Dice) -> str:
    """What waits is done, whether or not there was word of it."""
    return f"the relay does what waits ({work_off(play, dice, 500)})"


def work_off(play: Play, dice: Dice, most: int) -> int:
    """Do some of what waits, in any order, and publish; answers how much was done.

    Raises what the work raises, unless it was the darkroom that died.
    """
    house = play.world.house
    offered = house.database.transact(lambda session, now: outbox.offered(session, now, WORK))
    done = 0
    for job in dice.shuffled(offered)[:most]:
        try:
            done += working.perform(house, WORK, int(job.rpartition(" ")[2]))
        except Ruined:
            play.hit("darkroom died")
    return done + publish_all(house)


# Time


@step("time passes", 8)
def passes(play: Play, who: int, dice: Dice) -> str:
    """Minutes, hours, days; now and then so many that what is gone is forgotten."""
    hours = dice.weighted([(0, 45), (1, 40), (24, 12), (24 * 100, 3)])
    play.world.clock.advance(3600 * hours)
    if hours >= 2400:
        play.hit("months passed")
    pass_time(play)
    if hours >= 24:
        pass_night(play)
    return f"{hours} hours pass"


def pass_time(play: Play) -> None:
    """Do what the clock brings, hour by hour and minute by minute."""
    house = play.world.house
    note_promises(house)
    move_windows(house)
    note_overdue(house)
    note_missing(house)
    expire_uploads(house)
    _purge(play)
    sweep(house)
    look_again(house)
    open_monthly(house)


def _purge(play: Play) -> None:
    """Who forgets what is gone may die once that is written, and then nobody tells of it."""
    gone = None
    try:
        gone = purge_gone(play.world.house)
    finally:
        for phone in play.phones:
            phone.moved = phone.moved or gone != 0
    if gone:
        play.hit("feed purged")


def pass_night(play: Play) -> None:
    """Do what is done each night, but the proof: the auditor asks for that."""
    house = play.world.house
    note_stuck(house)
    note_late(house)
    play.audit.night = house.clock.now()
    look_at_everything(house)

"""What happens in the field: people state facts, and their phones exchange them, or fail to."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from models.clock import bounded
from models.people import Device as DeviceRow
from models.uploads import begin_upload
from simulation.company import SITES
from simulation.dice import Dice
from simulation.phone import Phone
from simulation.play import Lost, Play, step
from simulation.statements import STATEMENTS, Statement, put
from simulation.world import World
from sync.arriving import Arriving
from sync.device import Json

TRIP = (
    "visit.accepted", "visit.travelling", "visit.arrived", "photo.taken", "note.added",
    "record.sealed", "visit.left",
)  # fmt: skip
NETWORK = (
    ("", 50), ("request lost", 6), ("request delayed", 6), ("request doubled", 8),
    ("request spoilt", 3), ("answer lost", 12), ("answer cut", 4),
)  # fmt: skip
EXCHANGES_MAX = 6
PHOTO_BYTES = 48


# Stating


@step("somebody works", 30)
def works(play: Play, who: int, dice: Dice) -> str:
    """The next few things that one does on a visit, in their natural order."""
    phone = play.phone(who, Phone.visits)
    visit = play.pick(dice, phone.visits())
    if visit is None:
        return f"{phone.name} shows no visit"
    first = phone.begun.get(visit, 0)
    some = TRIP[first : first + dice.between(1, 4)]
    phone.begun[visit] = (first + len(some)) % len(TRIP)
    for kind in some:
        play.world.clock.advance(dice.between(20, 400))
        say(play, phone, kind, visit, dice)
    if dice.chance(10):
        say(play, phone, "help.requested", visit, dice)
    return f"{phone.name} states {', '.join(some)} of {play.visit(visit)}"


@step("somebody receives what came", 6)
def receives(play: Play, who: int, dice: Dice) -> str:
    """What is under way to a van is signed for, whole or in part."""
    phone = play.phone(who, _incoming)
    say(play, phone, "stock.received", _some_visit(play, phone, dice), dice)
    return f"{phone.name} receives something"


def _incoming(phone: Phone) -> list[Json]:
    """What the phone shows to be under way to its places."""
    return [one for stock in phone.device.documents("stock").values() for one in stock["incoming"]]


@step("somebody states a fact", 18)
def states(play: Play, who: int, dice: Dice) -> str:
    """Any fact about any visit, that never was the phone's too; some of them long after."""
    phone, kind = play.phone(who), dice.pick(list(STATEMENTS))
    visit = _some_visit(play, phone, dice)
    late = dice.between(1, 48) if dice.chance(20) else 0
    if late:
        play.hit("fact stated late")
    say(play, phone, kind, visit, dice, late)
    return f"{phone.name} states {kind} of {play.visit(visit)}, {late} h late"


@step("somebody states nonsense", 2)
def nonsense(play: Play, who: int, dice: Dice) -> str:
    """What is malformed, what nobody knows yet, and what belongs to another."""
    phone, visit = play.phone(who), _some_visit(play, play.phone(who), dice)
    about = ("visit", visit)
    what = dice.pick(["malformed", "newer kind", "stolen"])
    play.hit(f"{what} fact")
    if what == "malformed":
        put(phone.device, "visit.declined", Statement(about, {"reason": "Not A Code"}))
    elif what == "newer kind":
        put(phone.device, "drone.landed", Statement(about, {"roof": True}))
    else:
        _send_stolen(play, phone, dice)
        return f"{phone.name} sends what another stated"
    play.audit.stated(phone, phone.device.outbox[-1])
    return f"{phone.name} states a {what} fact"


def _send_stolen(play: Play, phone: Phone, dice: Dice) -> None:
    others = [one for other in play.phones if other is not phone for one in other.device.sent]
    if others:
        phone.device.exchange(phone.device.request([dice.pick(others)]))


def _some_visit(play: Play, phone: Phone, dice: Dice) -> str:
    shown, chance = phone.visits(), dice.between(1, 100)
    if chance <= 4 or not play.visits:
        return str(play.world.ids.new(play.world.clock.now()))  # nobody ever planned it
    return dice.pick(shown if shown and chance <= 80 else play.visits)


def say(
    play: Play,
    phone: Phone,
    kind: str,
    visit: str,
    dice: Dice,
    hours_ago: int = 0,
    **data: object,
) -> None:
    """Put a fact of the kind into the phone's outbox, with some data as they are given."""
    glance = _as_seen(play, phone, dice)
    statement = STATEMENTS[kind](glance, visit)
    changed = TAILORED[kind](phone, glance, dice) if kind in TAILORED else {}
    if kind == "record.sealed":
        statement = _sealed(play, phone, statement, glance, dice)
    if kind == "photo.taken":
        changed = {"photo": _photo(play, phone, dice)}
    at = bounded(phone.clock.now(), -timedelta(hours=hours_ago))
    put(phone.device, kind, statement, at, **changed, **data)
    play.audit.stated(phone, phone.device.outbox[-1])


def _as_seen(play: Play, phone: Phone, dice: Dice) -> World:
    """The company as the phone's user sees it: their van, a part, a loaner, a transfer, a site."""
    world, named = play.world, play.world.named
    unknown = world.ids.new(world.clock.now())
    part, loaner = dice.pick(["roller", "roller", "ink"]), dice.between(0, 3)
    transfer, notice = play.pick(dice, play.transfers), play.pick(dice, play.notices)
    site = dice.between(1, SITES)
    mine = {
        "van-a": named[_place(play, phone, dice)],
        "roller": unknown if dice.chance(4) else named[part],
        "loaner": unknown if dice.chance(15) else named[f"loaner-{max(loaner, 1)}"],
        "transfer": unknown if transfer is None or dice.chance(10) else named[transfer],
        "notice": unknown if notice is None or dice.chance(10) else UUID(notice),
        **{name: named[f"{name}-{site}"] for name in ("site", "asset", "contact")},
    }
    return replace(world, named={**named, **mine})


def _place(play: Play, phone: Phone, dice: Dice) -> str:
    """Mostly the own place."""
    own = "main" if phone.user == "wang" else f"van-{phone.user}"
    if dice.chance(90):
        return own
    return dice.pick([name for name in sorted(play.world.named) if name.startswith("van-")])


def _lines(glance: World, dice: Dice) -> list[Json]:
    """Parts as hands name them, now and then by the wrong name."""
    lines: list[Json] = []
    for _ in range(dice.between(1, 2)):
        if dice.chance(40):
            number = dice.between(1, 6)
            serial = dice.pick([f"S-{number}"] * 7 + [f" s-{number}", f"Ｓ-{number}\u200b"])
            lines.append({"part": glance["head"], "quantity": "1", "serial": serial})
            continue
        lot = {"lot": "B-1"} if glance["roller"] == glance["ink"] and dice.chance(80) else {}
        quantity = str(dice.between(1, 3))
        lines.append({"part": glance["roller"], "quantity": quantity, **lot})
    return lines


def _received(phone: Phone, glance: World, dice: Dice) -> Json:
    """Mostly what the phone shows to be under way, or a piece less; or anything."""
    stock = phone.device.documents("stock").get(glance["van-a"], {})
    if not stock.get("incoming") or dice.chance(30):
        return {"lines": _lines(glance, dice)}
    incoming = dice.pick(stock["incoming"])
    lines = [{name: value for name, value in line.items() if value} for line in incoming["lines"]]
    for line in lines:
        if Decimal(line["quantity"]) > 1 and dice.chance(50):
            line["quantity"] = str(Decimal(line["quantity"]) - 1)
    return {"transfer": incoming["transfer"], "lines": lines}


def _handed_over(phone: Phone, glance: World, dice: Dice) -> Json:
    due = glance.clock.now() + timedelta(days=dice.between(0, 4))
    return {"due": f"{due:%Y-%m-%d}"}


TAILORED = {"stock.received": _received, "loaner.handed_over": _handed_over}


def _sealed(play: Play, phone: Phone, statement: Statement, glance: World, dice: Dice) -> Statement:
    """A record that uses what is drawn, and cites what was stated or is not known yet."""
    used = [{"place": glance["van-a"], **line} for line in _lines(glance, dice)]
    for line in used:
        if "serial" in line:
            line["removed"] = {"part": line["part"], "serial": f"OLD-{line['serial']}"}
    recent = [*phone.device.sent, *phone.device.outbox][-8:]
    texts = [json.loads(one["fact"]) for one in recent]
    about = {"type": statement.subject[0], "id": statement.subject[1]}
    cited = [text["id"] for text in texts if text["subject"] == about]
    cites = [dice.pick(cited)] if cited and dice.chance(60) else []
    if dice.chance(10):
        cites.append(str(play.world.ids.new(play.world.clock.now())))
    result = dice.pick(["done", "done", "incomplete"])
    return replace(
        statement,
        data={**statement.data, "result": result, "cites": cites},
        parts={**statement.parts, "parts_used": json.dumps({"lines": used})},
    )


def _photo(play: Play, phone: Phone, dice: Dice) -> Json:
    """The promise of a new photo, or of one that somebody took before."""
    known = play.pick(dice, [data.hex() for data in play.bytes]) if dice.chance(15) else None
    data = play.world.ids.entropy(PHOTO_BYTES) if known is None else bytes.fromhex(known)
    play.bytes.append(data)
    phone.photos.append(data)
    return {"sha256": play.audit.promised(data), "size": len(data), "type": "image/jpeg"}


# Exchanging


@step("a phone syncs", 48)
def syncs(play: Play, who: int, dice: Dice) -> str:
    """A few exchanges, of which one may go wrong."""
    full = dice.chance(60)
    phone = play.phone(who, lambda one: one.device.outbox if full else True)
    fault = dice.weighted(NETWORK)
    if phone.away is not None:
        if phone.away > play.world.clock.now():
            return f"{phone.name} has no network"
        phone.away = None
    reordered = dice.chance(50) and len(phone.device.outbox) > 1
    if reordered:
        play.hit("facts reordered")
        phone.device.outbox = dice.shuffled(phone.device.outbox)
    batch = dice.between(1, 3) if dice.chance(70 if reordered else 15) else 500
    limit = dice.between(1, 6) if dice.chance(15) else 1000
    begun, failing = play.exchanges, dice.between(1, 2)
    for number in range(1, EXCHANGES_MAX + 1):
        if fault and number == failing:
            play.networks[phone.device.id] = fault
        try:
            if not _exchange(play, phone, batch, limit, twice=dice.chance(4)):
                break
        except Lost:
            break
    play.networks.pop(phone.device.id, None)
    return f"{phone.name} syncs ({play.exchanges - begun} exchanges, {fault or 'no fault'})"


def _exchange(play: Play, phone: Phone, batch: int, limit: int, twice: bool) -> bool:
    """One exchange; answers whether another has to follow."""
    device, facts = phone.device, phone.device.outbox[:batch]
    answer = device.exchange(device.request(facts, limit))
    device.take(facts, answer)
    if answer["reset"] is not None:
        phone.damaged = False  # what was hurt is not told of any more
    if twice and answer["reset"] is None and device.building is None:
        play.hit("answer taken twice")
        device.take(facts, answer)
    return device.client == "ok" and bool(answer["more"] or device.outbox)


@step("what was delayed arrives", 4)
def arrives(play: Play, who: int, dice: Dice) -> str:
    """A request of which the phone knows nothing any more reaches the server after others."""
    if not play.delayed:
        return "nothing is under way"
    phone, request, troubles = play.delayed.pop(who % len(play.delayed))
    try:
        play.deliver(phone, request, troubles)
    except Lost:
        return "the server died over what was delayed"
    play.hit("delayed request arrived")
    return f"a delayed request of {phone.name} arrives"


@step("photos are brought", 10)
def brings(play: Play, who: int, dice: Dice) -> str:
    """The bytes of a photo, or only some of them."""
    phone = play.phone(who, lambda one: one.photos and one.away is None)
    if not phone.photos or phone.away is not None:
        return f"{phone.name} brings no photo"
    data, house = dice.pick(phone.photos), play.world.house
    sha256 = play.audit.promised(data)

    def begin(session: Any, now: Any) -> Any:
        row = session.get_one(DeviceRow, phone.device.id)
        return begin_upload(session, now, play.world.ids, row, sha256, len(data))

    arriving = Arriving.of(house, house.database.transact(begin))
    if arriving.is_finished():
        phone.photos.remove(data)
        return f"{phone.name} need not bring a photo again"
    with arriving.writing() as writer:
        rest = data[writer.offset :]
        if dice.chance(25) and len(rest) > 1:
            play.hit("upload cut")
            writer.write(rest[: len(rest) // 2])
            return f"{phone.name} brings half of a photo"
        writer.write(rest)
    arriving.finish()
    phone.photos.remove(data)
    return f"{phone.name} brings a photo"

"""What happens at the desk and in the warehouse: decisions and edits, whatever the field does."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import Base
from models.clock import instant_text
from models.customers import Asset, Contact, Customer, Site
from models.edits import Editor
from models.findings import KINDS, SETTLED, Finding
from models.kept import KEPT
from models.knowledge import FaultCode
from models.people import User
from models.photos import Photo
from models.stock.demand import ENDED, Requisition
from models.stock.fitted import Debt
from models.stock.keeping import keeper
from models.stock.rows import Part, Place, PlaceKeeper
from models.stock.serving import to_reserve
from simulation import supplying
from simulation.company import SITES
from simulation.dice import Dice
from simulation.play import Play, step
from sync.settling import settlement

DESK = ("dora", "dan", "sue")


def desk(who: int) -> str:
    """One of the desk's users."""
    return DESK[who % len(DESK)]


# Visits


@step("the desk plans a visit", 11)
def plans(play: Play, who: int, dice: Dice) -> str:
    """A request comes in, a visit is planned, and mostly somebody is sent."""
    world, number = play.world, dice.between(1, SITES)
    order, visit = str(world.new("order")), str(world.new("visit"))
    user = desk(who)
    asset = world[f"asset-{number}"] if dice.chance(80) else None
    play.decide(
        user, "work_order.opened", work_order=order, site=world[f"site-{number}"], asset=asset,
        request=_words(dice), level=dice.pick(["normal", "urgent"]), due=None,
    )  # fmt: skip
    play.decide(user, "visit.planned", **_plan(play, dice, visit, order, f"site-{number}"))
    if dice.chance(90):
        _assign(play, user, dice, visit)
    return f"{user} plans {play.visit(visit)}"


def _words(dice: Dice) -> str:
    return f"打印不清 {dice.between(1, 999)}"


def _plan(play: Play, dice: Dice, visit: str, order: str, site: str) -> dict[str, Any]:
    """A window that is near, ahead, or so far away that no phone shows it yet."""
    low, high = dice.weighted([((-4, 10), 80), ((24, 300), 12), ((350, 900), 8)])
    starts = play.world.clock.now() + timedelta(hours=dice.between(low, high))
    parts = [{"part": play.world["roller"], "quantity": "1"}] if dice.chance(30) else []
    return {
        "visit": visit, "site": play.world[site],
        "starts": instant_text(starts), "ends": instant_text(starts + timedelta(hours=2)),
        "items": [{"work_order": order, "task": f"更换 {dice.between(1, 99)}"}],
        "checklist": [], "parts_planned": parts, "loaner_duty": None,
        "to_sign": ["technician", "customer"], "consents": [],
    }  # fmt: skip


def _assign(play: Play, user: str, dice: Dice, visit: str) -> None:
    crew = dice.shuffled(play.technicians())[: dice.weighted([(1, 65), (2, 23), (3, 12)])]
    name_crew(play, user, visit, crew, overlap=dice.chance(90))


def name_crew(
    play: Play, user: str, visit: str, crew: Sequence[str], *, overlap: bool = True
) -> None:
    """Assign the visit to these, the lead first."""
    members = [
        {"user": play.world[name], "role": "lead" if number == 0 else "helper"}
        for number, name in enumerate(crew)
    ]
    play.decide(user, "visit.assigned", visit=visit, crew=members, overlap=overlap)


@step("the desk changes its mind", 14)
def changes(play: Play, who: int, dice: Dice) -> str:
    """Whatever may be decided of a visit or work order, though the phone is off line."""
    user, visit = desk(who), play.pick(dice, play.visits)
    if visit is None:
        return "there is no visit to change"
    what, change = dice.weighted(CHANGES)
    change(play, user, dice, visit)
    play.hit(what)
    return f"{what} by {user}: {play.visit(visit)}"


def _reassign(play: Play, user: str, dice: Dice, visit: str) -> None:
    _assign(play, user, dice, visit)


def _unassign(play: Play, user: str, dice: Dice, visit: str) -> None:
    member = play.world[dice.pick(play.technicians())]
    play.decide(user, "visit.unassigned", visit=visit, user=member)


def _cancel(play: Play, user: str, dice: Dice, visit: str) -> None:
    play.decide(user, "visit.cancelled", visit=visit, reason="customer")


def _replan(play: Play, user: str, dice: Dice, visit: str) -> None:
    plan = play.audit.plan_of(visit)
    order, site = plan["items"][0]["work_order"], plan["site"]
    known = next(name for name, id_ in play.world.named.items() if str(id_) == site)
    play.decide(user, "visit.planned", **_plan(play, dice, visit, order, known))


def _rewrite(play: Play, user: str, dice: Dice, visit: str) -> None:
    order = play.audit.plan_of(visit)["items"][0]["work_order"]
    play.decide(user, "work_order.changed", work_order=order, changed={"request": _words(dice)})


def _cancel_order(play: Play, user: str, dice: Dice, visit: str) -> None:
    order = play.audit.plan_of(visit)["items"][0]["work_order"]
    play.decide(user, "work_order.cancelled", work_order=order, reason="customer")


Change = Callable[[Play, str, Dice, str], None]
CHANGES: list[tuple[tuple[str, Change], int]] = [
    (("visit reassigned", _reassign), 40),
    (("visit unassigned", _unassign), 10),
    (("visit cancelled", _cancel), 25),
    (("visit planned anew", _replan), 20),
    (("order told otherwise", _rewrite), 15),
    (("order cancelled", _cancel_order), 10),
]


# Findings, notices, photos


@step("a finding is settled", 5)
def settles(play: Play, who: int, dice: Dice) -> str:
    """One of the open events, by one of its resolutions."""
    events = [code for code, kind in KINDS.items() if kind.is_event]
    query = select(Finding).where(Finding.state == "open", Finding.code.in_(events))
    rows = play.rows(query.order_by(Finding.id))
    if not rows:
        return "no finding is open"
    finding = dice.pick(rows)
    resolution = dice.pick(KINDS[finding.code].offered(finding.evidence))
    play.decide(desk(who), SETTLED, **settlement(finding, resolution, finding.digest))
    play.hit("finding settled")
    return f"{finding.code} is settled: {resolution}"


@step("a notice", 3)
def notices(play: Play, who: int, dice: Dice) -> str:
    """One is sent, or withdrawn."""
    user, notice = desk(who), play.pick(dice, play.notices)
    if notice is not None and dice.chance(40):
        play.decide(user, "notice.withdrawn", notice=notice)
        return f"{user} withdraws a notice"
    fresh, world = str(play.world.new("notice")), play.world
    to = dice.shuffled(play.technicians())[: dice.between(1, 3)]
    until = world.clock.now() + timedelta(hours=dice.between(1, 72))
    play.decide(
        user, "notice.sent", notice=fresh, to={"role": "technician"},
        recipients=[world[name] for name in to], text={"zh": _words(dice), "en": ""},
        question=None, visit=None, valid_until=instant_text(until),
    )  # fmt: skip
    play.notices.append(fresh)
    return f"{user} sends a notice"


@step("a photo is erased", 2)
def erases(play: Play, who: int, dice: Dice) -> str:
    """A photo's bytes go under a rule, here or not."""
    query = select(Photo.sha256).distinct().order_by(Photo.sha256)
    hashes = play.rows(query)
    if not hashes:
        return "there is no photo to erase"
    play.decide("sue", "photo.erased", sha256=dice.pick(hashes), under="30 days")
    play.hit("photo erased")
    return "sue has a photo erased"


# Edits


class Editable(NamedTuple):
    """A field that the desk edits by hand: table, row, names of rows, column, and a word."""

    table: str
    row: type[Base]
    named: str
    field: str
    word: str


EDITABLE = (
    Editable("sites", Site, "site-", "access_notes", "从后门进"),
    Editable("contacts", Contact, "contact-", "name", "赵工"),
    Editable("customers", Customer, "customer-", "name", "客户"),
    Editable("assets", Asset, "asset-", "name", "标签机"),
    Editable("users", User, "tech-", "full_name", "Tech"),
    Editable("parts", Part, "roller", "name", "胶辊"),
    Editable("places", Place, "van-tech-", "name", "车载库"),
    Editable("fault_codes", FaultCode, "code", "name_zh", "卡纸"),
)


@step("the desk edits what it keeps", 8)
def edits(play: Play, who: int, dice: Dice) -> str:
    """A word that some document shows."""
    one, world = dice.pick(EDITABLE), play.world
    name = dice.pick([known for known in sorted(world.named) if known.startswith(one.named)])
    word = f"{one.word} {dice.between(1, 999)}"

    def body(session: Session, now: datetime) -> None:
        row = session.get_one(one.row, world.named[name])
        editor = Editor(session, now, world.ids, world.named[desk(who)])
        editor.change(KEPT[one.table], row, {one.field: word})

    world.house.database.transact(body)
    play.audit.edited(one.row, world.named[name], one.field, word)
    return f"{desk(who)} edits the {one.field} of {name}"


@step("a van changes hands", 2)
def changes_hands(play: Play, who: int, dice: Dice) -> str:
    """Somebody keeps a place from now on, and mostly nobody else does."""
    world, to = play.world, dice.pick(play.technicians())
    van = dice.pick([known for known in sorted(world.named) if known.startswith("van-tech-")])
    shared = dice.chance(30)

    def body(session: Session, now: datetime) -> None:
        editor = Editor(session, now, world.ids, world.named["sue"])
        held = select(PlaceKeeper).where(
            PlaceKeeper.place_id == world.named[van], PlaceKeeper.until.is_(None)
        )
        for row in session.scalars(held.order_by(PlaceKeeper.id)).all():
            if not shared:
                editor.change(KEPT["keepers"], row, {"until": now})
        place, user = world.named[van], world.named[to]
        editor.add(KEPT["keepers"], keeper(session, now, world.ids, place, user))

    world.house.database.transact(body)
    play.hit("van changed hands")
    return f"{van} is kept by {to}{' too' if shared else ''}"


# The warehouse


@step("the warehouse decides", 8)
def ships(play: Play, who: int, dice: Dice) -> str:
    """Something is shipped, announced or reserved, a loaner is placed, more is found, or a debt
    passes on."""
    ways = [
        (_ship, 50), (_serve, 40), (_place, 15), (_open, 20), (_pass, 10), (supplying.announce, 15),
        (supplying.close, 5),
    ]  # fmt: skip
    return dice.weighted(ways)(play, dice)


def _line(play: Play, dice: Dice) -> dict[str, Any]:
    if dice.chance(25):
        serial = f"S-{dice.between(1, 5)}"
        return {"part": play.world["head"], "quantity": "1", "lot": None, "serial": serial}
    name, lot = dice.pick([("roller", None), ("roller", None), ("ink", "B-1")])
    quantity = str(dice.between(1, 4))
    return {"part": play.world[name], "quantity": quantity, "lot": lot, "serial": None}


def _van(play: Play, dice: Dice) -> str:
    return play.world[f"van-{dice.pick(play.technicians())}"]


def _ship(play: Play, dice: Dice) -> str:
    name = f"transfer-{len(play.transfers) + 1}"
    transfer = str(play.world.new(name))
    play.transfers.append(name)
    lines = [_line(play, dice)]
    place, to = play.world["main"], _van(play, dice)
    play.decide("wang", "stock.shipped", place=place, to=to, transfer=transfer, lines=lines)
    return "wang ships something"


def _serve(play: Play, dice: Dice) -> str:
    """What somebody asked for is reserved, or something is kept back for a van."""
    asked, line, place = _unserved(play), _line(play, dice), play.world["main"]
    if not asked or dice.chance(30):
        fresh = play.world.new(f"requisition-{len(play.told)}")
        wanted = [{"part": line["part"], "quantity": line["quantity"]}]
        play.decide("wang", "requisition.opened", requisition=str(fresh), place=_van(play, dice),
                    requester=None, visit=None, needed=None, urgent=False, lines=wanted,
                    contract=None, kind=None)  # fmt: skip
        asked = {fresh: {UUID(line["part"]): Decimal(line["quantity"])}}
    requisition = dice.pick(list(asked))
    lines = [_as_wanted(line, asked[requisition])]
    play.decide("wang", "requisition.reserved", requisition=str(requisition), place=place,
                lines=lines)  # fmt: skip
    return "wang reserves something"


def _unserved(play: Play) -> dict[UUID, dict[UUID, Decimal]]:
    """The open requisitions that still want something, and what by part."""
    query = select(Requisition.id).where(Requisition.status.not_in(ENDED)).order_by(Requisition.id)

    def body(session: Session) -> dict[UUID, dict[UUID, Decimal]]:
        left = {id_: to_reserve(session, id_) for id_ in session.scalars(query)}
        return {id_: wanted for id_, wanted in left.items() if any(wanted.values())}

    return play.world.house.database.read(body)


def _as_wanted(line: dict[str, Any], left: dict[UUID, Decimal]) -> dict[str, Any]:
    """The line, or so much of it as is wanted; another part stands for the one that is."""
    part = UUID(line["part"])
    meant = part if left.get(part) else next(one for one in sorted(left) if left[one])
    other = {} if meant == part else {"instead_of": str(meant)}
    quantity = min(Decimal(line["quantity"]), left[meant])
    return {**line, **other, "quantity": str(quantity)}


def _place(play: Play, dice: Dice) -> str:
    loaner, place = play.world[f"loaner-{dice.between(1, 3)}"], _van(play, dice)
    play.decide("wang", "loaner.placed", loaner=loaner, place=place)
    return "wang places a loaner"


def _open(play: Play, dice: Dice) -> str:
    lines = [_line(play, dice) for _ in range(2)]
    place = play.world["main"] if dice.chance(60) else _van(play, dice)
    play.decide("wang", "stock.opened", place=place, lines=lines, again="遗漏")
    return "wang finds something more"


def _pass(play: Play, dice: Dice) -> str:
    query = select(Debt).order_by(Debt.id)
    debts = play.rows(query)
    if not debts:
        return "nobody owes anything"
    debt, to = dice.pick(debts), dice.pick([None, play.world[dice.pick(play.technicians())]])
    data = {"debt": str(debt.id), "visit": str(debt.visit_id), "to": to, "note": "lost"}
    play.decide("wang", "debt.assigned", **data)
    return "wang passes a debt on"

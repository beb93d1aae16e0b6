"""One history played to its end: what was hit, and what did not hold."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import outbox
from models.contracts.rows import Contract
from models.feed import Published
from models.findings import Finding
from simulation import conflicts, customers, lending, mishaps, office
from simulation import field as in_the_field
from simulation.auditor import Auditor, Broken
from simulation.company import PLANS, Company
from simulation.dice import Dice
from simulation.evidence import Evidence
from simulation.history import History
from simulation.mishaps import pass_time, work_off
from simulation.phone import Phone
from simulation.play import Play
from simulation.questions import QUESTIONS
from sync import feed
from sync.dying import note_dead
from sync.invariants import violations

ROUNDS_MAX = 12
RESTARTED_EVERY = 100  # steps, whatever the dice say
LEASES_END = 3700  # seconds, longer than any pause between two tries

__all__ = [
    "Outcome",
    "conflicts",
    "customers",
    "in_the_field",
    "lending",
    "mishaps",
    "office",
    "play",
]  # which put their steps there


@dataclass
class Outcome:
    """What came of a history. `broken` is the name of what did not hold, None where all did."""

    history: History
    hits: Counter[str]
    exchanges: int
    digest: str
    told: list[str]
    broken: str | None = None
    sentences: list[str] = field(default_factory=list)


def play(company: Company, history: History) -> Outcome:
    """Play the history in a copy of the company, and ask at the end whether all is in order."""
    with company.opened() as (world, phones):
        one = Play(history, world, phones, Auditor())
        one.audit.users = {phone.user: world[phone.user] for phone in phones}
        one.audit.within = {world.named[name]: hours for name, hours in PLANS.items()}
        one.audit.edited(Contract, world.named["contract"], "plan_id", world.named["plan-1"])
        one.restart()
        try:
            _take_all(one)
        except Broken as broken:
            return _outcome(one, broken)
        except Exception as error:
            return _outcome(one, Broken("nothing_raises", [f"{type(error).__name__}: {error}"]))
        return _outcome(one)


def _take_all(one: Play) -> None:
    for step in one.history.steps:
        one.take(step)
        if step.number % RESTARTED_EVERY == 0:
            one.restart()
            one.hit("server restarted")
    settle(one)
    _ask(one)


def settle(one: Play) -> None:
    """Let all come to rest: what was under way arrives, the work is done, and all phones sync."""
    one.restart()
    one.networks.clear()
    while one.delayed:
        one.deliver(*one.delayed.pop(0))
    for _ in range(ROUNDS_MAX):
        _finish_work(one)
        if not any([_sync(phone) for phone in one.phones if not phone.lost]):
            return
    raise Broken("everything_comes_to_rest", [f"phones get news after {ROUNDS_MAX} rounds"])


def _finish_work(one: Play) -> None:
    """Do what waits, again and again where it fails, until it is done or dead."""
    house = one.world.house
    for _ in range(outbox.ATTEMPTS_MAX + 2):
        one.world.clock.advance(LEASES_END)
        pass_time(one)
        while work_off(one, Dice(0), outbox.OFFER_MAX):
            pass
        note_dead(house)
        if not house.database.read(outbox.count) and not house.database.read(feed.waiting_marks):
            return
    raise Broken("everything_comes_to_rest", ["work waits that is neither done nor dead"])


def _sync(phone: Phone) -> bool:
    """Let the phone exchange all that it has; answers whether anything was new."""
    device = phone.device
    before = (device.replica.digest(), len(device.sent))
    device.sync()
    return (device.replica.digest(), len(device.sent)) != before or device.last_answer["more"]


def _ask(one: Play) -> None:
    """Ask the invariants and the auditor. Raises Broken with the first that does not hold."""
    database = one.world.house.database
    for name, sentences in database.read(violations).items():
        raise Broken(name, sentences)
    ruined = database.read(outbox.dead_rows)
    if any(row.kind != "photo" for row in ruined):
        raise Broken("no_work_is_dead", [f"{row.kind}: {row.error}" for row in ruined])

    def ask(session: Session) -> None:
        evidence = Evidence(session, one.audit, one.phones)
        for name, question in QUESTIONS.items():
            sentences = question(evidence)
            if sentences:
                raise Broken(name, sentences)

    database.read(ask)


def _outcome(one: Play, broken: Broken | None = None) -> Outcome:
    codes = one.world.house.database.read(_codes)
    one.hits.update({code: 1 for code in codes})
    return Outcome(
        history=one.history,
        hits=one.hits,
        exchanges=one.exchanges,
        digest=_digest(one),
        told=one.told,
        broken=None if broken is None else broken.name,
        sentences=[] if broken is None else broken.sentences,
    )


def _codes(session: Session) -> list[str]:
    return list(session.scalars(select(Finding.code).distinct()))


def _digest(one: Play) -> str:
    """What tells whether two plays came to the same: what was told, received and published."""
    query = select(Published.channel, Published.type, Published.document, Published.revision)
    rows = one.world.house.database.read(
        lambda session: session.execute(query.order_by(Published.channel, Published.position)).all()
    )
    seen = [one.told, sorted(one.audit.receipts.items()), [list(row) for row in rows]]
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()

"""What the auditor asks at the end, each question by its name: evidence → violations."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from models.contracts.rows import Contract, PromiseRow
from models.customers import Customer, Site
from models.dispatch.rows import Visit, WorkOrder
from models.facts import FactPart, Standing
from models.feed import Window
from models.findings import Finding
from models.people import User
from models.stock.rows import Balance
from simulation.deliveries import otherwise
from simulation.evidence import Evidence
from simulation.foretelling_customers import orders_otherwise, returns_otherwise
from simulation.phone import Phone
from simulation.standing import records_otherwise, unknown_otherwise
from sync.device import Device

Question = Callable[[Evidence], list[str]]
QUESTIONS: dict[str, Question] = {}
BACK, AHEAD, REMEMBERED = timedelta(days=30), timedelta(days=14), timedelta(days=30)
CODES = {
    "visit.late_work", "visit.work_after_cancellation", "visit.unassigned_work",
    "record.two_records", "record.cites_missing", "visit.unknown",
}  # fmt: skip


def question(function: Question) -> Question:
    """Put the function under its name among the questions."""
    QUESTIONS[function.__name__] = function
    return function


# Facts and decisions


@question
def every_fact_is_stored_once_as_it_was_stated(evidence: Evidence) -> list[str]:
    """Whatever a phone stated and still has, or had a receipt for, is there byte by byte."""
    audit, found = evidence.audit, []
    for device, facts in audit.facts.items():
        for id_, sent in facts.items():
            fact = evidence.facts.get((device, id_))
            if fact is None:
                if not _may_be_missing(evidence, device, id_):
                    found.append(f"fact {id_} of device {device} is not stored")
            elif (fact.text, fact.signature) != (sent["fact"].encode(), sent["signature"]):
                found.append(f"fact {id_} of device {device} is not stored as it was sent")
    unknown = [key for key in evidence.facts if key[1] not in audit.facts[key[0]]]
    return found + [f"nobody stated fact {id_} of device {device}" for device, id_ in unknown]


def _may_be_missing(evidence: Evidence, device: str, id_: str) -> bool:
    """It was lost with a phone, or refused as malformed."""
    told = evidence.audit.told(device, id_)
    return told == "refused" or (told is None and (device, id_) in evidence.audit.doubtful)


@question
def every_part_is_kept(evidence: Evidence) -> list[str]:
    """The parts of each fact are there as they were sent."""
    kept: dict[UUID, dict[str, tuple[str | None, bytes | None]]] = {}
    for part in evidence.session.scalars(select(FactPart)):
        kept.setdefault(part.fact_key, {})[part.name] = (part.salt, part.text)
    return [
        f"the parts of fact {id_} of device {device} are not those that were sent"
        for (device, id_), fact in evidence.facts.items()
        if kept.get(fact.key, {}) != _parts(evidence.audit.facts[device].get(id_))
    ]


def _parts(sent: dict[str, Any] | None) -> dict[str, tuple[str, bytes]]:
    parts = {} if sent is None else sent["parts"]
    return {name: (part["salt"], part["text"].encode()) for name, part in parts.items()}


@question
def no_decision_is_lost(evidence: Evidence) -> list[str]:
    """What somebody was told is decided stands there unchanged."""
    there = {one.id: one.data for some in evidence.decided.values() for one in some}
    return [
        f"decision {id_} ({one.kind}) is not there as it was taken"
        for id_, one in evidence.audit.decisions.items()
        if there.get(str(id_)) != one.data
    ]


# What follows


@question
def every_fact_stands_as_foretold(evidence: Evidence) -> list[str]:
    """Each fact counts, or is held for the reason that the protocol gives."""
    stands = {row.id: row.reason for row in evidence.session.scalars(select(Standing))}
    found = []
    for key, reason in evidence.standings.items():
        held = stands.get(evidence.facts[key].key, "nothing")
        if held != reason:
            found.append(f"fact {key[1]} is held as {held}, and foretold was {reason}")
    return found


@question
def every_visit_is_as_foretold(evidence: Evidence) -> list[str]:
    """Status and findings of each visit follow from what was decided and stated of it."""
    rows = {str(row.id): row for row in evidence.session.scalars(select(Visit))}
    found = []
    for id_, visit in evidence.visits.items():
        row = rows.get(id_)
        if (row is None) != (visit.plan is None):
            found.append(f"visit {id_} is {'not ' if row is None else ''}there")
        elif row is not None and visit.told and row.status != visit.status:
            found.append(f"visit {id_} is {row.status}, and foretold was {visit.status}")
        if visit.told:
            found += _findings(evidence, id_, visit.codes)
    return found


def _findings(evidence: Evidence, visit: str, codes: set[str]) -> list[str]:
    query = select(Finding.code, Finding.state).where(
        Finding.subject_type == "visit", Finding.subject_id == UUID(visit), Finding.code.in_(CODES)
    )
    rows = evidence.session.execute(query).all()
    kept = {code for code, state in rows if state != "gone"}
    open_ones = {code for code, state in rows if state == "open"}
    if open_ones <= codes <= kept:
        return []
    return [f"visit {visit} has {sorted(open_ones)} open, and foretold were {sorted(codes)}"]


@question
def whatever_is_said_of_no_visit_is_found(evidence: Evidence) -> list[str]:
    """It is open until somebody sets aside all of it, and opens anew with every word."""
    return unknown_otherwise(evidence)


@question
def every_delivery_is_as_foretold(evidence: Evidence) -> list[str]:
    """What is awaited of each delivery, and what of it differs from what was announced."""
    return otherwise(evidence)


@question
def every_order_of_a_customer_is_as_foretold(evidence: Evidence) -> list[str]:
    """Each passes its gates before it leaves, and what of it is late is found."""
    return orders_otherwise(evidence)


@question
def every_return_is_as_foretold(evidence: Evidence) -> list[str]:
    """How far each has come, and what of it differs from its list."""
    return returns_otherwise(evidence)


@question
def whatever_waits_for_a_keeper_is_found(evidence: Evidence) -> list[str]:
    """What somebody said for a place that they never kept is found, until they do."""
    rows = evidence.session.scalars(select(Finding).where(Finding.code == "place.not_kept"))
    kept = {_waits(row): row.state for row in rows if row.state != "gone"}
    open_ones = {one for one, state in kept.items() if state == "open"}
    foretold = {(about, user, tuple(sorted(facts)))
                for (about, user), facts in evidence.waiting_for_keepers.items()}  # fmt: skip
    wrong = [f"{one} is found to wait, and does not" for one in sorted(open_ones - foretold)]
    return wrong + [f"{one} waits, and is not found" for one in sorted(foretold - kept.keys())]


def _waits(row: Finding) -> tuple[str, str, tuple[str, ...]]:
    keys = tuple(sorted(one["key"] for one in row.evidence["facts"]))
    return f"{row.subject_type} {row.subject_id}", row.evidence["user"], keys


@question
def whatever_a_revoked_phone_stated_is_found(evidence: Evidence) -> list[str]:
    """What such a phone said of anything but visits is found, until somebody adopts it."""
    rows = evidence.session.scalars(select(Finding).where(Finding.code == "fact.revoked"))
    kept = {row.evidence["key"]: row.state for row in rows if row.state != "gone"}
    open_ones = {key for key, state in kept.items() if state == "open"}
    foretold = evidence.waiting_for_adoption
    wrong = [f"fact {key} is found, and does not wait" for key in sorted(open_ones - foretold)]
    return wrong + [f"fact {key} waits, and is not found" for key in sorted(foretold - {*kept})]


@question
def every_record_is_as_it_was_sealed(evidence: Evidence) -> list[str]:
    """Each record that counts belongs to its visit, was sealed when its phone says, and stands if
    nobody said that another one counts alone."""
    return records_otherwise(evidence)


@question
def everything_lies_where_it_is_foretold(evidence: Evidence) -> list[str]:
    """The balances are what was opened, shipped, received and used comes to."""
    rows = evidence.session.scalars(select(Balance).where(Balance.quantity > 0))
    held = {
        (str(row.place_id), (str(row.part_id), row.lot, row.serial)): row.quantity
        for row in rows
        if str(row.place_id) in evidence.ours
    }
    if not evidence.all_told:
        return []
    foretold = evidence.stock
    return [
        f"at {place} lie {held.get((place, item), 0)} of {item}, "
        f"and foretold were {foretold.get((place, item), 0)}"
        for place, item in sorted({*held, *foretold}, key=str)
        if held.get((place, item), 0) != foretold.get((place, item), 0)
    ]


@question
def every_order_keeps_what_was_agreed_when_it_was_opened(evidence: Evidence) -> list[str]:
    """Whatever was agreed since, somebody is due within as many hours as the plan said then."""
    contract = evidence.session.scalars(select(Contract)).one()
    sites = select(Site.id).where(Site.customer_id == contract.customer_id)
    orders = select(WorkOrder.id, WorkOrder.opened).where(
        WorkOrder.site_id.in_(sites), WorkOrder.status != "cancelled"
    )
    due: dict[str, list[datetime | None]] = defaultdict(list)
    for row in evidence.session.scalars(select(PromiseRow).where(PromiseRow.kind == "arrival")):
        due[str(row.work_order_id)].append(row.due)
    found = []
    for id_, opened in evidence.session.execute(orders):
        hours = evidence.audit.agreed.get(str(id_))  # none where a technician opened it on the spot
        wanted = [] if hours is None else [opened + timedelta(hours=hours)]
        if due[str(id_)] != wanted:
            found.append(f"work order {id_} is due {due[str(id_)]}, and foretold was {wanted}")
    return found


# What the phones show


def _in_hands(evidence: Evidence) -> list[Phone]:
    return [one for one in evidence.phones if not one.lost and one.revoked is None]


@question
def every_phone_holds_what_a_fresh_one_would_get(evidence: Evidence) -> list[str]:
    """A phone that synced all along shows what one shows that begins now."""
    found = []
    for phone in _in_hands(evidence):
        device = phone.device
        fresh = Device(device.id, device.clock, device.ids, device.key, device.exchange)
        fresh.sync()
        if fresh.replica.documents != device.replica.documents:
            both = {*fresh.replica.documents, *device.replica.documents}
            differ = [
                key for key in sorted(both)
                if fresh.replica.documents.get(key) != device.replica.documents.get(key)
            ]  # fmt: skip
            found.append(f"{phone.name} holds other documents than a fresh one: {differ[:5]}")
    return found


@question
def every_phone_shows_the_visits_it_ought_to(evidence: Evidence) -> list[str]:
    """Those of its user's crew that are near in time, as the desk has planned them; no other."""
    at = evidence.session.get_one(Window, "visits").at
    found = []
    for phone in _in_hands(evidence):
        user = evidence.audit.users[phone.user]
        shown = phone.device.documents("visit")
        for id_, visit in evidence.visits.items():
            ought = visit.plan is not None and user in visit.crew and _near(visit.plan, at)
            if visit.told and (ought and visit.status != "cancelled") != (id_ in shown):
                found.append(f"{phone.name} {'shows' if id_ in shown else 'lacks'} visit {id_}")
            elif id_ in shown:
                found += _other_words(evidence, phone, id_, shown[id_])
    return found


def _near(plan: dict[str, Any], at: datetime) -> bool:
    starts, ends = (datetime.fromisoformat(plan[name]) for name in ("starts", "ends"))
    return ends >= at - BACK and starts <= at + AHEAD


def _moments(*texts: str) -> list[datetime]:
    """Two writings of the same time are equal, down to the millisecond."""
    moments = map(datetime.fromisoformat, texts)
    return [one.replace(microsecond=one.microsecond // 1000 * 1000) for one in moments]


def _other_words(evidence: Evidence, phone: Phone, id_: str, shown: dict[str, Any]) -> list[str]:
    visit = evidence.visits[id_]
    assert visit.plan is not None
    site = evidence.kept(Site, visit.plan["site"])
    customer = evidence.kept(Customer, site["customer_id"])
    orders = [item["work_order"] for item in visit.plan["items"]]
    wanted = {
        "status": visit.status if visit.told else shown["status"],
        "window": _moments(visit.plan["starts"], visit.plan["ends"]),
        "notes": site["access_notes"],
        "customer": customer["name"],
        "contacts": sorted(evidence.contacts(visit.plan["site"])),
        "crew": sorted(
            (evidence.kept(User, one)["full_name"], role) for one, role in visit.crew.items()
        ),
        "requests": [evidence.request(order) for order in orders],
    }
    told = {
        "status": shown["status"],
        "window": _moments(shown["window"]["from"], shown["window"]["to"]),
        "notes": shown["site"]["access_notes"],
        "customer": shown["customer"]["name"],
        "contacts": sorted(one["name"] for one in shown["contacts"]),
        "crew": sorted((one["name"], one["role"]) for one in shown["crew"]),
        "requests": [item["request"] for item in shown["items"]],
    }
    return [
        f"{phone.name} shows {told[name]} as {name} of visit {id_}, and it is {wanted[name]}"
        for name in wanted
        if wanted[name] != told[name]
    ]


@question
def every_phone_shows_its_places_and_records(evidence: Evidence) -> list[str]:
    """The stock of the places that its user keeps, and the records of the visits it goes to."""
    keepers, found = evidence.keepers(), []
    for phone in _in_hands(evidence):
        user = evidence.audit.users[phone.user]
        wanted = {
            "stock": {place for place, users in keepers.items() if user in users},
            "record": {
                record
                for visit in evidence.visits.values()
                if user in visit.crew
                for record in visit.records
            },
            "profile": {user},
        }
        for type_, ids in wanted.items():
            shown = set(phone.device.documents(type_))
            if shown != ids and evidence.all_told:
                found.append(f"{phone.name} shows {type_} {sorted(shown ^ ids)} or does not")
        found += _other_stock(evidence, phone)
    return found


def _other_stock(evidence: Evidence, phone: Phone) -> list[str]:
    found = []
    for place, shown in phone.device.documents("stock").items():
        told = {
            (line["part"], line["lot"], line["serial"]): line["quantity"] for line in shown["lines"]
        }
        wanted = {
            item: f"{amount:.3f}" for (at, item), amount in evidence.stock.items() if at == place
        }
        if told != wanted and evidence.all_told:
            found.append(f"{phone.name} shows {told} at {place}, and there are {wanted}")
    return found


@question
def every_phone_shows_the_notices_that_stand(evidence: Evidence) -> list[str]:
    """Those that were sent to its user, neither withdrawn nor over."""
    at = evidence.session.get_one(Window, "visits").at
    found = []
    for phone in _in_hands(evidence):
        user, wanted = evidence.audit.users[phone.user], set()
        for (type_, id_), some in evidence.decided.items():
            sent = [one for one in some if one.kind == "notice.sent"]
            withdrawn = any(one.kind == "notice.withdrawn" for one in some)
            if type_ != "notice" or not sent or withdrawn:
                continue
            until = datetime.fromisoformat(sent[0].data["valid_until"])
            if user in sent[0].data["recipients"] and until > at:
                wanted.add(id_)
        if set(phone.device.documents("notice")) != wanted:
            found.append(f"{phone.name} shows other notices than {sorted(wanted)}")
    return found


@question
def every_phone_shows_how_its_facts_stand(evidence: Evidence) -> list[str]:
    """Each of its facts of the last days, as it stands."""
    at, found = evidence.session.get_one(Window, "visits").at, []
    for phone in _in_hands(evidence):
        told = {
            fact["id"]: fact["reason"]
            for shown in phone.device.documents("standing").values()
            for fact in shown["facts"]
        }
        for word in evidence.words:
            if word.device != str(phone.device.id) or word.received <= at - REMEMBERED:
                continue
            wanted = evidence.standings.get(word.key, "unknown")
            if wanted != "unknown" and told.get(word.id, "nothing") != wanted:
                found.append(f"{phone.name} shows fact {word.id} as {told.get(word.id, 'nothing')}")
    return found

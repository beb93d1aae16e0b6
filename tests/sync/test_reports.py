"""What the field reports beside the work: jobs asked for on the spot, proposals, money, units,
answers. Each has its effect, its document and what the desk gets to look at."""

import json
from dataclasses import replace
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest

from models.clock import instant_text
from models.customers import Asset, Contact, Site
from models.dispatch.reported import Money, Proposal
from models.dispatch.rows import Assignment, Visit, WorkOrder
from models.edits import Edit
from models.facts import Fact
from models.notices import NoticeAnswer
from models.refusals import Refused
from models.units import UnitStay
from sync.device import Device, Json
from tests.statements import STATEMENTS, put, state
from tests.sync.test_laws import standing
from tests.world import ZONE, World, proved


@pytest.fixture
def phone(world: World) -> Device:
    """The phone of a technician with one visit, up to date."""
    world.open_visit()
    phone = world.device()
    world.drain()
    phone.sync()
    return phone


def told(phone: Device, sent: str) -> Json:
    """The fact of that id as it was stated."""
    every = [json.loads(one["fact"]) for one in (*phone.sent, *phone.outbox)]
    return next(dict(one) for one in every if one["id"] == sent)


# A job on the spot


def open_on_site(world: World, phone: Device) -> tuple[str, str]:
    """Visit and work order of a job that was opened on the spot."""
    fact = told(phone, state(phone, world, "visit.opened", world["visit"]))
    return fact["subject"]["id"], fact["subject"]["id"]


def test_a_job_asked_for_on_the_spot_is_request_work_order_and_visit(
    world: World, phone: Device
) -> None:
    visit, order = open_on_site(world, phone)
    state(phone, world, "visit.arrived", visit)
    phone.sync()
    packet = phone.documents("visit")[visit]
    assert (packet["status"], packet["crew"]) == ("on_site", [{"name": "Ann", "role": "lead"}])
    assert packet["items"][0]["request"] == "顺便看看扫描枪"
    assert packet["items"][0]["asset"]["id"] == world["asset"]
    proved(world, phone)
    (row,) = world.rows(WorkOrder, WorkOrder.id == UUID(order))
    assert (row.status, row.site_id) == ("in_progress", world.named["site"])
    world.settle("visit.opened_on_site", "confirm")
    state(phone, world, "record.sealed", visit)
    proved(world, phone)
    assert world.rows(WorkOrder, WorkOrder.id == UUID(order))[0].status == "resolved"


def test_a_job_that_the_desk_declines_is_cancelled_with_its_work_order(
    world: World, phone: Device
) -> None:
    visit, order = open_on_site(world, phone)
    proved(world, phone)
    world.settle("visit.opened_on_site", "decline")
    proved(world, phone)
    assert visit not in phone.documents("visit")
    assert world.rows(Visit, Visit.id == UUID(visit))[0].status == "cancelled"
    assert world.rows(WorkOrder, WorkOrder.id == UUID(order))[0].status == "cancelled"
    state(phone, world, "visit.arrived", visit)
    proved(world, phone)
    assert len(world.found("visit.work_after_cancellation")) == 1


def test_the_desk_plans_and_assigns_what_was_opened_on_the_spot(
    world: World, phone: Device
) -> None:
    visit, order = open_on_site(world, phone)
    phone.sync()
    world.plan(visit, order, overlap=True)
    world.assign(visit, "bob", "ann")
    bob = world.device("bob")
    proved(world, phone, bob)
    assert visit in phone.documents("visit")
    assert visit in bob.documents("visit")
    rows = world.rows(Assignment, Assignment.visit_id == UUID(visit), Assignment.until.is_(None))
    assert {one.user_id for one in rows} == {world.named["ann"], world.named["bob"]}


def open_as_if_earlier(world: World, phone: Device, visit: str) -> str:
    """Somebody claims to have opened the visit days before."""
    early = world.clock.now() - timedelta(days=9)
    return phone.state(
        "visit.opened", ("visit", visit), {"site": world["site"]}, {"request": "x"}, early
    )


def test_nobody_becomes_crew_by_opening_what_the_desk_has_planned(
    world: World, phone: Device
) -> None:
    eve = world.device("eve")
    sent = open_as_if_earlier(world, eve, world["visit"])
    proved(world, eve, phone)
    assert standing(world, sent) == ("held", "not_assigned")
    assert eve.documents("visit") == {}


def test_nobody_takes_the_place_of_who_opened_a_visit_that_the_desk_planned_on(
    world: World, phone: Device
) -> None:
    visit, order = open_on_site(world, phone)
    phone.sync()
    world.plan(visit, order, overlap=True)
    eve = world.device("eve")
    sent = open_as_if_earlier(world, eve, visit)
    proved(world, eve, phone)
    assert standing(world, sent) == ("held", "not_assigned")
    assert (visit in eve.documents("visit"), visit in phone.documents("visit")) == (False, True)


def test_nobody_takes_over_a_work_order_of_the_desk_by_opening_a_visit_of_its_id(
    world: World, phone: Device
) -> None:
    order = world["order of visit"]
    eve = world.device("eve")
    sent = eve.state("visit.opened", ("visit", order), {"site": world["site"]}, {"request": "x"})
    state(eve, world, "visit.arrived", order)
    state(eve, world, "record.sealed", order)
    proved(world, eve, phone)
    assert standing(world, sent) == ("held", "unknown_subject")
    assert eve.documents("visit") == {}
    (row,) = world.rows(WorkOrder, WorkOrder.id == UUID(order))
    assert (row.status, row.request) == ("planned", "打印不清")
    assert [one.code for one in world.found("visit.unknown")] == ["visit.unknown"]


@pytest.mark.parametrize("word", ["confirm", "decline"])
def test_nobody_takes_the_place_of_who_opened_a_visit_of_which_the_desk_has_heard(
    world: World, phone: Device, word: str
) -> None:
    visit, order = open_on_site(world, phone)
    proved(world, phone)
    world.settle("visit.opened_on_site", word)
    eve = world.device("eve")
    sent = open_as_if_earlier(world, eve, visit)
    proved(world, eve, phone)
    assert standing(world, sent) == ("held", "not_assigned")
    (row,) = world.rows(WorkOrder, WorkOrder.id == UUID(order))
    assert row.request == "顺便看看扫描枪"


def test_a_job_at_a_site_that_nobody_knows_is_held(world: World, phone: Device) -> None:
    sent = state(phone, world, "visit.opened", world["visit"], site=str(world.new("nowhere")))
    proved(world, phone)
    assert standing(world, sent) == ("held", "unknown_subject")


# Proposals


def test_an_asset_that_was_found_is_in_the_packet_at_once_and_in_the_books_once_accepted(
    world: World, phone: Device
) -> None:
    fact = told(phone, state(phone, world, "asset.found", world["visit"]))
    asset = UUID(fact["data"]["asset"])
    opened = told(
        phone, state(phone, world, "visit.opened", world["visit"], asset=fact["data"]["asset"])
    )
    phone.sync()
    (shown,) = phone.documents("visit")[world["visit"]]["proposals"]
    assert (shown["kind"], shown["state"]) == ("asset.found", "proposed")
    assert shown["fields"]["model"] == "SC-7"
    assert world.rows(Asset, Asset.id == asset) == []
    world.settle("asset.proposed", "accept")
    proved(world, phone)
    assert phone.documents("visit")[world["visit"]]["proposals"][0]["state"] == "accepted"
    (row,) = world.rows(Asset, Asset.id == asset)
    assert (row.model, row.site_id) == ("SC-7", world.named["site"])
    items = phone.documents("visit")[opened["subject"]["id"]]["items"]
    assert items[0]["asset"]["id"] == str(asset)
    (edit,) = world.rows(Edit)
    assert (edit.table, edit.row_id, edit.user_id) == ("assets", asset, world.named["dora"])


def test_a_correction_changes_what_it_names_and_nothing_when_it_is_set_aside(
    world: World, phone: Device
) -> None:
    state(phone, world, "asset.corrected", world["visit"])
    phone.sync()
    world.settle("asset.proposed", "accept")
    (asset,) = world.rows(Asset)
    assert (asset.model, asset.serial) == ("BP-200S", "A-1")
    state(phone, world, "asset.corrected", world["visit"], model="XX")
    phone.sync()
    world.settle("asset.proposed", "set_aside")
    proved(world, phone)
    assert world.rows(Asset)[0].model == "BP-200S"
    states = [one["state"] for one in phone.documents("visit")[world["visit"]]["proposals"]]
    assert states == ["accepted", "set_aside"]
    assert phone.documents("visit")[world["visit"]]["items"][0]["asset"]["model"] == "BP-200S"


def test_what_cannot_be_accepted_is_refused_and_stays_open(world: World, phone: Device) -> None:
    state(phone, world, "asset.corrected", world["visit"], asset=str(world.new("nothing")))
    phone.sync()
    with pytest.raises(Refused, match="unknown"):
        world.settle("asset.proposed", "accept")
    assert len(world.found("asset.proposed")) == 1


@pytest.mark.parametrize("kind", ["asset.corrected", "contact.corrected"])
def test_what_belongs_to_another_site_than_the_visit_is_not_corrected_by_it(
    world: World, phone: Device, kind: str
) -> None:
    elsewhere = Site(
        id=world.new("elsewhere"), customer_id=world.named["customer"], territory_id=None,
        zone=ZONE, name="分院", address="", access_notes="",
    )  # fmt: skip
    at = {"id": world.new("other"), "site_id": elsewhere.id}
    row = {
        "asset.corrected": Asset(**at, model="BP-9", serial="A-9", name="打印机", installed=None),
        "contact.corrected": Contact(**at, name="李工", phone="1"),
    }[kind]
    world.add([elsewhere, row], set())
    what = kind.split(".", maxsplit=1)[0]
    finding, named = f"{what}.proposed", {what: world["other"]}
    statement = STATEMENTS[kind](world, world["visit"])
    put(phone, kind, replace(statement, data={**statement.data, **named}))
    phone.sync()
    assert world.found(finding)[0].evidence["about"] == world["other"]
    with pytest.raises(Refused, match="belongs_elsewhere"):
        world.settle(finding, "accept")
    assert world.rows(Edit) == []
    world.settle(finding, "set_aside")
    proved(world, phone)


def test_a_contact_is_proposed_without_its_words_going_into_findings_or_decisions(
    world: World, phone: Device
) -> None:
    state(phone, world, "contact.corrected", world["visit"])
    phone.sync()
    (shown,) = phone.documents("visit")[world["visit"]]["proposals"]
    assert shown["fields"] == {"phone": "13900000000"}
    assert "13900000000" not in str(world.found("contact.proposed")[0].evidence)
    world.settle("contact.proposed", "accept")
    (contact,) = world.rows(Contact)
    assert (contact.name, contact.phone) == ("王主任", "13900000000")
    phone.state("contact.corrected", ("visit", world["visit"]), {}, {"name": "李工", "phone": "1"})
    phone.sync()
    world.settle("contact.proposed", "accept")
    proved(world, phone)
    names = {one["name"] for one in phone.documents("visit")[world["visit"]]["contacts"]}
    assert names == {"王主任", "李工"}


def test_another_time_that_is_accepted_is_the_plan_and_one_that_collides_is_refused(
    world: World, phone: Device
) -> None:
    proposed = told(phone, state(phone, world, "visit.proposed", world["visit"]))["data"]
    phone.sync()
    world.settle("visit.plan_proposed", "accept")
    proved(world, phone)
    packet = phone.documents("visit")[world["visit"]]
    assert packet["window"]["from"] == proposed["starts"]
    assert packet["basis"] == "e1p2t0"
    other = world.open_visit("other")
    state(phone, world, "visit.proposed", other, **{
        name: proposed[name] for name in ("starts", "ends")
    })  # fmt: skip
    phone.sync()
    with pytest.raises(Refused, match="double_booked"):
        world.settle("visit.plan_proposed", "accept")


# Money, help


def test_money_is_in_minor_units_and_shown_to_who_stated_it(world: World) -> None:
    world.open_visit("visit", "ann", "bob")
    ann, bob = world.device("ann"), world.device("bob")
    for kind in ("expense.incurred", "payment.received"):
        state(ann, world, kind, world["visit"])
    proved(world, ann, bob)
    shown = ann.documents("visit")[world["visit"]]["money"]
    assert [(one["kind"], one["what"], one["amount"], one["currency"]) for one in shown] == [
        ("expense", "parking", 1500, "CNY"), ("payment", "cash", 20000, "CNY"),
    ]  # fmt: skip
    assert bob.documents("visit")[world["visit"]]["money"] == []
    assert len(world.rows(Money)) == 2


def test_more_paid_than_charged_is_found_until_it_is_not(world: World, phone: Device) -> None:
    world.stock_van("van-a", "5", "S-1")
    state(phone, world, "record.sealed", world["visit"])
    state(phone, world, "payment.received", world["visit"])
    phone.sync()
    assert world.found("visit.overpaid") == []
    state(phone, world, "payment.received", world["visit"], amount=1)
    phone.sync()
    (one,) = world.found("visit.overpaid")
    assert (one.evidence["charged"], one.evidence["paid"]) == (20000, 20001)
    world.settle("visit.overpaid", "money_returned")


def test_who_asks_for_help_is_seen_by_the_desk_and_told_when_it_is_given(
    world: World, phone: Device
) -> None:
    state(phone, world, "help.requested", world["visit"])
    proved(world, phone)
    about = phone.documents("standing")[f"visit:{world['visit']}"]
    assert [one["code"] for one in about["findings"]] == ["visit.help_requested"]
    world.settle("visit.help_requested", "help_given")
    proved(world, phone)
    assert phone.documents("standing")[f"visit:{world['visit']}"]["findings"] == []


# The customer's unit


def test_a_customers_unit_is_with_the_technician_until_it_is_brought_back(
    world: World, phone: Device
) -> None:
    def taken() -> object:
        proved(world, phone)
        return phone.documents("visit")[world["visit"]]["items"][0]["asset"]["taken"]

    assert taken() is None
    at = world.clock.now()
    state(phone, world, "unit.taken", world["visit"])
    assert taken() == instant_text(at)
    world.clock.advance(60)
    state(phone, world, "unit.brought_back", world["visit"])
    assert taken() is None
    (stay,) = world.rows(UnitStay)
    assert (stay.since, stay.until, stay.user_id) == (at, world.clock.now(), world.named["ann"])


def test_a_unit_out_of_turn_is_found_until_the_missing_half_arrives(
    world: World, phone: Device
) -> None:
    for kind in ("unit.taken", "unit.brought_back", "unit.taken"):
        world.clock.advance(60)
        state(phone, world, kind, world["visit"])
    late = phone.outbox.pop(1)
    proved(world, phone)
    assert len(world.found("unit.out_of_turn")) == 1
    phone.outbox.append(late)
    proved(world, phone)
    assert world.found("unit.out_of_turn") == []
    state(phone, world, "unit.taken", world["visit"], asset=str(world.new("nothing")))
    proved(world, phone)
    assert len(world.found("unit.unknown")) == 1


# Answers, and what is lost


def test_an_answer_is_shown_to_who_gave_it_and_the_last_one_counts(
    world: World, phone: Device
) -> None:
    notice = world.send_notice("ann")
    eve = world.device("eve")
    for choice in ("yes", "no"):
        world.clock.advance(60)
        state(phone, world, "notice.answered", world["visit"], choice=choice)
    refused = state(eve, world, "notice.answered", world["visit"])
    proved(world, phone, eve)
    assert phone.documents("notice")[notice]["answer"] == {
        "choice": "no", "words": "收到", "at": instant_text(world.clock.now()),
    }  # fmt: skip
    assert [one.choice for one in world.rows(NoticeAnswer)] == ["no"]
    assert standing(world, refused) == ("held", "not_assigned")


def test_an_answer_to_a_notice_that_nobody_sent_is_held(world: World, phone: Device) -> None:
    sent = phone.state("notice.answered", ("notice", world["site"]), {"choice": None})
    proved(world, phone)
    assert standing(world, sent) == ("held", "unknown_subject")


def test_nobody_waits_for_facts_that_a_device_lost_and_what_turns_up_is_taken(
    world: World, phone: Device
) -> None:
    state(phone, world, "visit.arrived", world["visit"])
    lost = phone.outbox.pop()
    state(phone, world, "visit.left", world["visit"])
    phone.sync()
    assert phone.last_answer["received"]["missing"] == [[1, 1]]
    state(phone, world, "device.lost_facts", world["visit"], first=1, last=1)
    proved(world, phone)
    assert phone.last_answer["received"] == {"through": 3, "missing": [], "safe_through": None}
    world.settle("device.lost_facts", "noted")
    phone.outbox.append(lost)
    proved(world, phone)
    assert len(world.rows(Fact)) == 3
    assert phone.last_answer["received"]["through"] == 3


def test_a_device_cannot_say_that_facts_to_come_are_lost(world: World, phone: Device) -> None:
    state(phone, world, "device.lost_facts", world["visit"], first=1, last=900)
    proved(world, phone)
    assert phone.last_answer["received"]["through"] == 1


@pytest.mark.parametrize("seed", range(4))
def test_what_is_missing_is_what_was_neither_sent_nor_lost_however_it_is_told(
    world: World, phone: Device, seed: int
) -> None:
    """Ranges that overlap, adjoin, repeat and hold one another, among facts in no order."""
    chance, gone = Random(seed), set[int]()
    for _ in range(8):
        for _ in range(chance.randrange(1, 9)):
            first = chance.randrange(1, 60)
            last = first + chance.randrange(chance.choice([1, 20]))
            state(phone, world, "device.lost_facts", world["visit"], first=first, last=last)
            gone |= {phone.seq, *range(first, min(last + 1, phone.seq))}
            phone.seq += chance.randrange(3)
        proved(world, phone)
        through = next(number for number in range(len(gone) + 1) if number + 1 not in gone)
        missing = set(range(through + 1, max(gone))) - gone
        received = phone.last_answer["received"]
        assert received["through"] == through
        ranges = [set(range(first, last + 1)) for first, last in received["missing"]]
        assert sorted(missing) == [number for one in ranges for number in sorted(one)]


def test_another_persons_device_is_not_spoken_for(world: World, phone: Device) -> None:
    said = {"first": 1, "last": 1, "reason": "memory_broken"}
    eve = world.device("eve")
    held = eve.state("device.lost_facts", ("device", str(phone.id)), said)
    proved(world, eve)
    assert standing(world, held) == ("held", "not_assigned")


def test_every_proposal_is_derived_again_as_it_was(world: World, phone: Device) -> None:
    for kind in ("asset.found", "asset.corrected", "contact.corrected", "visit.proposed"):
        state(phone, world, kind, world["visit"])
    proved(world, phone)
    before = {str(one.values()) for one in world.rows(Proposal)}
    state(phone, world, "note.added", world["visit"])
    proved(world, phone)
    assert {str(one.values()) for one in world.rows(Proposal)} == before

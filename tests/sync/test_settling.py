"""Findings open, go, come back, and are settled by a person."""

import pytest

from models.dispatch.rows import Visit
from models.findings import KINDS, Finding
from models.loaners.rows import Custody
from models.stock.rows import Balance
from tests.statements import state
from tests.world import World


@pytest.fixture
def world(world: World) -> World:
    world.open_visit()
    world.stock_van("van-a", "2", "S-1")
    world.new("nothing")
    return world


def test_a_settled_event_opens_again_on_other_evidence(world: World) -> None:
    device = world.device()
    device.sync()
    for _ in range(2):
        state(device, world, "record.sealed", world["visit"])
    device.sync()
    world.drain()
    assert world.settle("record.two_records", "keep_both").state == "settled"
    state(device, world, "note.added", world["visit"])
    device.sync()
    assert "record.two_records" not in world.open_findings()
    state(device, world, "record.sealed", world["visit"])
    device.sync()
    assert "record.two_records" in world.open_findings()


def test_a_condition_goes_when_it_ends_and_comes_back(world: World) -> None:
    device = world.device()
    device.sync()
    first = state(device, world, "note.added", world["visit"])
    note = device.outbox.pop()
    state(device, world, "record.sealed", world["visit"], cites=[first])
    device.sync()
    assert "record.cites_missing" in world.open_findings()
    assert KINDS["record.cites_missing"].resolutions == ()
    device.outbox.append(note)
    device.sync()
    gone = world.rows(Finding, Finding.code == "record.cites_missing")
    assert [one.state for one in gone] == ["gone"]


def test_adopted_work_takes_effect_and_its_finding_is_settled(world: World) -> None:
    bob = world.device("bob")
    bob.sync()
    state(bob, world, "visit.arrived", world["visit"])
    bob.sync()
    assert world.rows(Visit, Visit.id == world.named["visit"])[0].status == "assigned"
    assert world.settle("visit.unassigned_work", "adopt").state == "settled"
    assert world.rows(Visit, Visit.id == world.named["visit"])[0].status == "on_site"
    state(bob, world, "visit.left", world["visit"])
    bob.sync()
    assert world.open_findings() == {"visit.unassigned_work"}


def test_a_loaner_lent_twice_is_contested_until_a_person_says_which(world: World) -> None:
    world.decide("loaner.placed", "wang", loaner=world["loaner"], place=world["van-a"])
    device = world.device()
    device.sync()
    for _ in range(2):
        world.clock.advance(60)
        state(device, world, "loaner.handed_over", world["visit"])
    device.sync()
    world.drain()
    assert world.open_findings() == {"loaner.contested"}
    custodies = sorted(world.rows(Custody), key=lambda one: one.since)
    assert [one.until for one in custodies] == [one.since for one in custodies[1:]] + [None]
    assert world.settle("loaner.contested", "earlier_holds").state == "settled"
    assert [one.id for one in world.rows(Custody, Custody.until.is_(None))] == [custodies[1].id]


def test_a_loaner_or_part_that_nobody_knows_is_found_and_books_nothing(world: World) -> None:
    device = world.device()
    device.sync()
    state(device, world, "loaner.handed_over", world["visit"], loaner=world["nothing"])
    lines = [{"part": world["nothing"], "quantity": "1"}]
    world.new("transfer")
    state(device, world, "stock.received", world["visit"], lines=lines)
    device.sync()
    world.drain()
    assert world.open_findings() == {"loaner.unknown", "stock.unknown"}
    assert world.rows(Custody) == []
    assert {one.part_id for one in world.rows(Balance)} == {
        world.named["roller"], world.named["head"],
    }  # fmt: skip


def test_a_finding_noted_about_a_device_is_settled_by_a_person(world: World) -> None:
    device = world.device()
    device.exchange({**device.request([]), "facts": [{"fact": "x", "signature": "", "parts": {}}]})
    assert world.settle("device.forged", "noted").state == "settled"

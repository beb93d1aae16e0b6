"""Promises of work orders: computed when they are opened, stopped by the field, told once."""

from datetime import date, timedelta
from typing import Any

import pytest

from models.clock import ManualClock
from models.contracts.rows import PromiseRow
from models.dispatch.rows import WorkOrder
from models.facts import Moment
from models.findings import Finding
from models.refusals import Refused
from sync.invariants import violations
from tests.contracts.agreed import (
    agree,
    company_day,
    local,
    minute,
    move_to,
    note,
    order,
    promised,
)
from tests.statements import put, sealed
from tests.world import World

SUNDAY = "11-22 16:00"  # when the world begins


def open_findings(world: World, code: str) -> list[Any]:
    return [one for one in world.rows(Finding, Finding.code == code) if one.state == "open"]


def visit_of(world: World, order_id: str, lead: str = "ann") -> str:
    visit = str(world.new("visit"))
    world.plan(visit, order_id)
    world.assign(visit, lead)
    return visit


def test_due_times_stand_with_the_work_order_that_is_opened(world: World) -> None:
    agree(world, "barcode-printer")
    found = promised(world, order(world))
    assert {kind: local(row.due) for kind, row in found.items()} == {
        "reply": "11-22 16:30:01",
        "resolution": "11-23 00:00:00",
        "loaner": "11-25 00:00:00",
    }
    first = world.rows(WorkOrder)[0]
    assert (local(first.due), first.due_basis) == ("11-22 16:30:01", "barcode-printer.10")


def test_without_a_contract_nothing_is_promised(world: World) -> None:
    agree(world, "barcode-printer", ends=date(2026, 11, 21))
    assert promised(world, order(world)) == {}
    assert world.rows(WorkOrder)[0].due is None


def test_a_due_time_that_was_typed_stays(world: World) -> None:
    agree(world, "barcode-printer")
    order(world, due="2026-12-24T08:00:00.000Z")
    first = world.rows(WorkOrder)[0]
    assert (local(first.due), first.due_basis) == ("12-24 16:00:00", "manual")


def test_a_contract_of_another_site_or_asset_does_not_hold(world: World) -> None:
    agree(world, "barcode-printer", asset_id=world.named["asset"])
    assert promised(world, order(world, "without", asset=None)) == {}
    assert len(promised(world, order(world, "with"))) == 3


def test_the_clock_runs_from_when_the_customer_reported(world: World) -> None:
    agree(world, "barcode-printer")
    found = promised(world, order(world, reported="2026-11-22T07:50:00.000Z"))
    assert local(found["reply"].due) == "11-22 16:20:00"


def test_a_reply_noted_at_the_desk_stops_the_clock(world: World) -> None:
    agree(world, "barcode-printer")
    id_ = order(world)
    world.clock.advance(600)
    note(world, id_, "replied")
    assert local(promised(world, id_)["reply"].stopped) == "11-22 16:10:01"
    assert world.rows(WorkOrder)[0].due_basis == "barcode-printer.11"


def test_the_desk_cannot_note_what_no_clock_knows(world: World) -> None:
    agree(world, "barcode-printer")
    id_ = order(world)
    for wrong in (
        {"event": "yawned"},
        {"event": "paused", "reason": "lunch"},
        {"event": "promised"},
        {"event": "replied", "time": "2026-11-22T09:00:00.000Z"},
    ):
        with pytest.raises(Refused):
            note(world, id_, **wrong)


def test_an_arrival_counts_in_corrected_time_however_late_it_is_received(world: World) -> None:
    agree(world, "hospital-software")
    id_ = order(world)
    visit = visit_of(world, id_)
    note(world, id_, "visit_decided")
    due = promised(world, id_)["arrival"].due
    assert due is not None
    device = world.device()
    wrong = device.clock = ManualClock(world.clock.now() + timedelta(hours=3))
    device.sync()  # it learns how far its clock is ahead
    minutes = (due - world.clock.now()) // timedelta(minutes=1) - 1
    wrong.advance(60 * minutes)
    device.state("visit.arrived", ("visit", visit))
    world.clock.advance(9 * 3600)
    wrong.advance(9 * 3600)
    device.sync()
    world.drain()
    stopped = promised(world, id_)["arrival"].stopped
    assert stopped is not None
    assert due - timedelta(minutes=2) < stopped < due


def test_a_sealed_record_that_is_done_ends_resolution_and_sign_off(world: World) -> None:
    agree(world, "monitoring-centre")
    id_ = order(world)
    visit = visit_of(world, id_)
    device = world.device()
    put(device, "record.sealed", sealed(world, visit))
    device.sync()
    world.drain()
    found = promised(world, id_)
    assert found["resolution"].stopped == found["sign_off"].stopped is not None


def test_a_record_that_does_not_stand_ends_nothing(world: World) -> None:
    agree(world, "monitoring-centre")
    id_ = order(world)
    visit = visit_of(world, id_)
    device = world.device()
    for result in ("incomplete", "done"):
        world.clock.advance(60)
        put(device, "record.sealed", sealed(world, visit), result=result)
    device.sync()
    world.drain()
    assert promised(world, id_)["resolution"].stopped is not None
    world.settle("record.two_records", "first_counts")
    assert promised(world, id_)["resolution"].stopped is None


def test_a_work_order_that_was_not_solved_after_all_is_open_again(world: World) -> None:
    agree(world, "monitoring-centre")
    id_ = order(world)
    device = world.device()
    for number in (1, 2):
        visit = visit_of(world, id_)
        put(device, "record.sealed", sealed(world, visit))
        device.sync()
        world.drain()
        assert world.rows(WorkOrder)[0].status == "resolved"
        assert promised(world, id_)["resolution"].stopped is not None
        if number == 2:
            break
        world.clock.advance(3600)
        note(world, id_, "reopened")
        assert world.rows(WorkOrder)[0].status == "received"
        assert promised(world, id_)["resolution"].stopped is None
        assert promised(world, id_)["sign_off"].stopped is not None
    assert world.house.database.read(violations) == {}


def test_a_level_that_is_changed_has_its_promises_from_the_beginning(world: World) -> None:
    agree(world, "project-60-months")
    id_ = order(world, level="other", case={"channel": "email"})
    before = promised(world, id_)
    world.clock.advance(3 * 3600)
    world.decide("work_order.changed", work_order=id_, changed={"level": "system_fault"})
    after = promised(world, id_)
    assert "restore" not in before
    assert (local(after["restore"].started), local(after["restore"].due)) == (
        "11-22 16:00:01",
        "11-23 04:00:01",
    )
    assert local(after["response"].due) == "11-22 18:00:01"
    world.decide("work_order.changed", work_order=id_, changed={"level": "other"})
    assert promised(world, id_).keys() == before.keys()


def test_who_was_never_assigned_stops_no_clock(world: World) -> None:
    agree(world, "monitoring-centre")
    id_ = order(world)
    note(world, id_, "visit_requested")
    visit = visit_of(world, id_)
    device = world.device("eve")
    device.state("visit.arrived", ("visit", visit))
    device.sync()
    world.drain()
    assert promised(world, id_)["arrival"].stopped is None


def test_a_pause_that_the_agreement_allows_moves_the_due_time(world: World) -> None:
    agree(world, "mgmt-system-72h")
    id_ = order(world)
    before = promised(world, id_)["response"].due
    world.clock.advance(3600)
    note(world, id_, "paused", reason="force_majeure")
    assert promised(world, id_)["response"].due is None
    world.clock.advance(7200)
    note(world, id_, "resumed", reason="force_majeure")
    after = promised(world, id_)["response"].due
    assert before is not None
    assert after is not None
    assert timedelta(0) <= after - before - timedelta(hours=2) <= timedelta(seconds=1)


def test_of_two_contracts_the_better_promise_holds(world: World) -> None:
    agree(world, "mgmt-system-72h", "slow")
    agree(world, "network-servers", "fast")
    id_ = order(world)
    rows = [row for row in world.rows(PromiseRow) if row.kind == "response"]
    assert {row.clause: row.first for row in rows} == {
        "mgmt-system-72h.9": False,
        "network-servers.1": True,
        "network-servers.15": False,
    }
    assert promised(world, id_)["response"].clause == "network-servers.1"


def test_a_new_version_does_not_move_a_running_clock(world: World) -> None:
    text = "plan: quick\nversion: 1\nen: Quick\nzh: 快\ntargets:\n  - {target: reply, clause: quick.1, en: Soon., zh: 快。, within: 2 hours, until: replied}\n"  # noqa: E501
    agree(world, "quick", text=text)
    id_ = order(world)
    before = promised(world, id_)["reply"].due
    newer = text.replace("version: 1", "version: 2").replace("2 hours", "1 hour")
    agree(world, "quick", "newer", text=newer)
    note(world, id_, "dispatched")  # whatever is folded again
    assert promised(world, id_)["reply"].due == before
    with pytest.raises(Refused, match="raise it"):
        agree(world, "quick", "other", text=text.replace("2 hours", "3 hours"))


def test_a_company_day_moves_what_begins_after_it_was_said(world: World) -> None:
    agree(world, "barcode-printer")
    before = order(world, "before")
    world.clock.advance(1)
    company_day(world, date(2026, 11, 23))
    after = order(world, "after")
    note(world, before, "dispatched")
    assert local(promised(world, before)["loaner"].due) == "11-25 00:00:00"
    assert local(promised(world, after)["loaner"].due) == "11-26 00:00:00"


def test_beyond_the_published_holidays_a_due_time_is_provisional(world: World) -> None:
    move_to(world, "2026-12-30T10:00")
    agree(world, "barcode-printer")
    found = promised(world, order(world))
    assert (found["loaner"].provisional, found["reply"].provisional) == (True, False)


def test_what_was_provisional_is_counted_again_when_holidays_are_published(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.contracts import desk, watching
    from models.contracts.calendar import Days
    from models.contracts.holidays import china
    from models.tables.kinds import Words

    move_to(world, "2026-12-30T10:00")
    agree(world, "barcode-printer")
    id_ = order(world)
    assert local(promised(world, id_)["loaner"].due) == "01-02 00:00:00"
    minute(world)
    known = china()
    off = {**known.off, date(2027, 1, 1): Words("New Year's Day", "元旦")}
    off |= {date(2027, 1, 2): off[date(2027, 1, 1)], date(2027, 1, 3): off[date(2027, 1, 1)]}
    published = Days(off, known.work, date(2027, 12, 31))
    monkeypatch.setattr(watching, "china", lambda: published)
    monkeypatch.setattr(desk, "china", lambda: published)
    desk._days.cache_clear()
    minute(world)
    desk._days.cache_clear()
    row = promised(world, id_)["loaner"]
    assert (local(row.due), row.provisional) == ("01-05 00:00:00", False)


# Telling


def test_people_are_told_once_of_danger_and_once_of_a_breach(world: World) -> None:
    move_to(world, "2026-11-23T09:00")
    agree(world, "barcode-printer")
    order(world)
    move_to(world, "2026-11-23T09:25")
    assert [minute(world), minute(world)] == [1, 0]
    warned = open_findings(world, "promise.warned")
    assert [one.evidence["clause"] for one in warned] == ["barcode-printer.10"]
    move_to(world, "2026-11-23T09:31")
    assert [minute(world), minute(world)] == [1, 0]
    assert open_findings(world, "promise.warned") == []
    broken = open_findings(world, "promise.broken")
    assert [one.evidence["clause"] for one in broken] == ["barcode-printer.10"]
    assert len(world.rows(Moment)) == 2


def test_after_a_pause_people_are_warned_of_the_new_due_time(world: World) -> None:
    move_to(world, "2026-11-23T09:00")
    agree(world, "barcode-printer")
    id_ = order(world)
    note(world, id_, "replied")
    move_to(world, "2026-11-24T09:00")
    minute(world)
    assert [one.evidence["kind"] for one in open_findings(world, "promise.broken")] == [
        "resolution"
    ]
    note(world, id_, "paused", reason="force_majeure")
    move_to(world, "2026-11-25T17:00")
    assert minute(world) == 0
    note(world, id_, "resumed", reason="force_majeure")
    due = promised(world, id_)["loaner"].due
    assert local(due) == "11-27 00:00:00"
    move_to(world, "2026-11-26T08:35")
    assert [minute(world), minute(world)] == [1, 0]
    warned = open_findings(world, "promise.warned")
    assert [one.evidence["kind"] for one in warned] == ["loaner"]


def test_nobody_is_told_at_night(world: World) -> None:
    move_to(world, "2026-11-23T20:00")
    agree(world, "barcode-printer")
    order(world)
    move_to(world, "2026-11-23T23:00")
    assert minute(world) == 0
    move_to(world, "2026-11-24T08:29")
    assert minute(world) == 0
    move_to(world, "2026-11-24T08:31")
    assert minute(world) == 1


def test_where_people_are_on_duty_day_and_night_they_are_told_at_once(world: World) -> None:
    move_to(world, "2026-11-23T23:00")
    agree(world, "project-60-months")
    order(world, case={"channel": "phone"})
    move_to(world, "2026-11-23T23:31")
    assert minute(world) == 1
    assert [one.evidence["kind"] for one in open_findings(world, "promise.broken")] == ["response"]


def test_a_late_fact_that_was_in_time_takes_the_breach_away(world: World) -> None:
    move_to(world, "2026-11-23T09:00")
    agree(world, "hospital-software")
    id_ = order(world)
    note(world, id_, "visit_decided")
    note(world, id_, "replied")
    visit = visit_of(world, id_)
    device = world.device()
    device.sync()
    move_to(world, "2026-11-23T10:00")
    device.state("visit.arrived", ("visit", visit))
    move_to(world, "2026-11-23T11:30")
    minute(world)
    assert [one.evidence["kind"] for one in open_findings(world, "promise.broken")] == ["arrival"]
    device.sync()
    world.drain()
    assert open_findings(world, "promise.broken") == []
    assert [one.state for one in world.rows(Finding, Finding.code == "promise.broken")] == ["gone"]


def test_the_visit_packet_carries_the_promises(world: World) -> None:
    agree(world, "monitoring-centre")
    id_ = order(world)
    visit = visit_of(world, id_)
    device = world.device()
    device.sync()
    item = device.replica.documents["visit", visit]["data"]["items"][0]
    assert [one["clause"] for one in item["promises"]] == [
        "monitoring-centre.6",
        "monitoring-centre.18",
        "monitoring-centre.5",
        "monitoring-centre.3",
    ]
    assert item["promises"][0]["says"]["zh"] == "故障 24 小时内修复。"
    assert item["due"] == item["promises"][0]["due"] == "2026-11-23T08:00:01.000Z"
    assert item["due_basis"] == "monitoring-centre.6"


def test_the_visit_packet_carries_what_is_needed_before_a_step_or_a_closing(world: World) -> None:
    for name in ("one", "other"):
        agree(world, "it-onsite-maintenance", name, parameters={"check_day": "none"})
    visit = visit_of(world, order(world))
    device = world.device()
    device.sync()
    item = device.replica.documents["visit", visit]["data"]["items"][0]
    assert [(one["kind"], one["consent"], one["clause"]) for one in item["conditions"]] == [
        ("consent", "take_away", "it-onsite-maintenance.16"),
        ("consent", "charge", "it-onsite-maintenance.17"),
        ("gate", None, "it-onsite-maintenance.14"),
        ("gate", None, "it-onsite-maintenance.18"),
    ]
    assert item["conditions"][2]["says"]["zh"] == "每次服务填写服务记录，双方签字。"


def test_nothing_is_left_to_prove_after_all_that(world: World) -> None:
    agree(world, "barcode-printer")
    visit_of(world, order(world))
    minute(world)
    assert world.house.database.read(violations) == {}


def test_a_contract_says_which_blank_is_missing(world: World) -> None:
    with pytest.raises(Refused) as refused:
        agree(world, "pm-software", parameters={"free_months": 12})
    assert refused.value.field == "parameters.arrival_level_1"
    for wrong, field in (
        ({"parameters": {"frequency": 3}}, "parameters.frequency"),
        ({"dates": {"born": "2026-01-01"}}, "dates.born"),
        ({"fixed": {"level": "ultra"}}, "fixed.level"),
    ):
        with pytest.raises(Refused) as refused:
            agree(world, "barcode-printer", f"wrong {field}", **wrong)
        assert refused.value.field == field

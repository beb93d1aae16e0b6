"""The way of a loaner: reserved, out, returned, inspected, available; lost, sold, contested or
overdue; and who had it at any time, whatever arrived when."""

from datetime import date, datetime
from functools import partial
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import delete

from models.customers import Site
from models.derived import Subject, replace
from models.facts import Fact, FactPart, FactSubject, Standing
from models.loaners.rows import Custody, CustodyStatement, Loaner, Reservation
from models.people import Device as DeviceRow
from models.refusals import Refused
from sync import judge
from sync.device import Device
from sync.invariants import violations
from sync.lending import reserve_any
from sync.passing import note_overdue
from tests.contracts.agreed import agree
from tests.lending import (
    HOUR,
    day,
    decided,
    found,
    held,
    inspected,
    lend,
    refused,
    reserved,
    settle,
    take_back,
)
from tests.statements import state
from tests.world import World, proved


@pytest.fixture
def world(world: World) -> World:
    """A visit at a site, another site, and two loaners of one model in a van."""
    world.open_visit()
    other = Loaner(id=world.new("other"), model="BP-100", serial="L-2", accessories="")
    world.add([other], set())
    for name in ("loaner", "other"):
        world.decide("loaner.placed", "wang", loaner=world[name], place=world["van-a"])
    return world


@pytest.fixture
def ann(world: World) -> Device:
    device = world.device()
    world.drain()
    device.sync()
    return device


# Out and back


def test_what_came_back_is_free_only_once_it_is_wiped_and_inspected(
    world: World, ann: Device
) -> None:
    assert held(world).state == "available"
    lend(world, ann)
    proved(world, ann)
    assert (held(world).state, held(world).condition) == ("out", "worn")
    take_back(world, ann, condition="damaged")
    proved(world, ann)
    assert (held(world).state, held(world).condition) == ("returned", "damaged")
    world.clock.advance(60)
    decided(world, "placed", place=world["main"])
    assert held(world).state == "returned"
    inspected(world, wiped=False)
    assert held(world).state == "inspected"
    inspected(world, "not_working")
    assert held(world).state == "inspected"
    inspected(world, "as_new")
    assert (held(world).state, held(world).inspected_as) == ("available", "as_new")
    proved(world, ann)


def test_what_an_inspection_finds_stands_beside_what_was_signed_for(
    world: World, ann: Device
) -> None:
    lend(world, ann)
    take_back(world, ann, condition="damaged")
    proved(world, ann)
    world.clock.advance(60)
    inspected(world, "worn")
    assert (held(world).condition, held(world).inspected_as) == ("damaged", "worn")
    proved(world, ann)
    assert ann.documents("loaner")[world["loaner"]]["condition"] == "worn"
    world.clock.advance(60)
    decided(world, "placed", place=world["van-a"])
    assert (held(world).condition, held(world).inspected_as) == ("worn", None)
    proved(world, ann)


def test_what_came_back_with_nothing_has_nothing_until_somebody_says_otherwise(
    world: World, ann: Device
) -> None:
    lend(world, ann, accessories=["电源", "USB"])
    proved(world, ann)
    assert held(world).accessories == ["电源", "USB"]
    take_back(world, ann, accessories=[])
    proved(world, ann)
    assert held(world).accessories == []
    world.clock.advance(60)
    decided(world, "placed", place=world["main"])
    assert held(world).accessories == []


def test_one_that_nobody_inspected_and_that_is_lent_all_the_same_is_found(
    world: World, ann: Device
) -> None:
    lend(world, ann)
    take_back(world, ann)
    lend(world, ann)
    proved(world, ann)
    assert found(world) == ["loaner.uninspected"]
    assert held(world).state == "out"
    settle(world, "loaner.uninspected", "noted")
    assert found(world) == []


def test_the_phone_sees_how_its_loaners_stand_and_for_whom_they_are_reserved(
    world: World, ann: Device
) -> None:
    reserved(world, 2, 5)
    proved(world, ann)
    document = ann.documents("loaner")[world["loaner"]]
    days = {"starts": day(world, 2), "until": day(world, 5)}
    assert document["reserved"] == [{"site": world["site"], **days}]
    assert (document["state"], document["reminders"]) == ("available", 0)


def test_a_swap_is_two_facts_of_one_visit(world: World, ann: Device) -> None:
    lend(world, ann)
    take_back(world, ann)
    lend(world, ann, loaner=world["other"], instead_of=world["loaner"])
    proved(world, ann)
    assert [held(world).state, held(world, "other").state] == ["returned", "out"]
    assert held(world, "other").instead_of == world.named["loaner"]
    assert found(world) == []


def test_an_inspection_of_what_is_out_is_refused_and_says_who_has_it(
    world: World, ann: Device
) -> None:
    lend(world, ann)
    proved(world, ann)
    code, field, detail = refused(lambda: inspected(world))
    assert (code, field) == ("loaner_state", "loaner")
    assert detail == f"out at 门诊楼, due {day(world, 3)}"
    assert refused(lambda: decided(world, "sold", "other", price_fen=1, note=""))[0] == code


def test_an_inspection_that_a_late_hand_over_belies_is_found_until_it_came_back_before(
    world: World, ann: Device
) -> None:
    lend(world, ann)
    take_back(world, ann)
    late = list(ann.outbox)
    ann.outbox.clear()
    world.clock.advance(60)
    inspected(world)
    ann.outbox[:] = late[:1]
    proved(world, ann)
    assert found(world) == ["loaner.overtaken"]
    assert held(world).state == "out"
    ann.outbox[:] = late[1:]
    proved(world, ann)
    assert found(world) == []
    assert held(world).state == "available"


# Reserved


def test_days_that_overlap_are_refused_and_it_is_said_who_has_them(world: World) -> None:
    reserved(world, 2, 5)
    for starts, until in ((2, 5), (4, 6), (0, 3), (3, 4), (1, 9)):
        code, field, detail = refused(partial(reserved, world, starts, until))
        assert (code, field) == ("loaner_taken", "starts")
        assert detail == f"reserved for 门诊楼 from {day(world, 2)} until before {day(world, 5)}"
    reserved(world, 0, 2)  # until before the other begins
    reserved(world, 5, 6)
    assert len(world.rows(Reservation, Reservation.state == "open")) == 3


def test_days_must_be_some_and_still_to_come(world: World) -> None:
    for starts, until in ((2, 2), (3, 2), (-3, 0)):
        code, field, _ = refused(partial(reserved, world, starts, until))
        assert (code, field) == ("wrong_value", "until")


def test_what_is_out_can_be_reserved_for_when_it_will_be_back(world: World, ann: Device) -> None:
    lend(world, ann, 3)
    proved(world, ann)
    code, field, detail = refused(lambda: reserved(world, 3, 9))
    assert (code, field, detail) == (
        "loaner_taken", "starts", f"out at 门诊楼, due {day(world, 3)}",
    )  # fmt: skip
    reserved(world, 4, 9)
    assert found(world) == []


@pytest.mark.parametrize("end", ["lost", "sold"])
def test_what_is_lost_or_sold_cannot_be_reserved(world: World, ann: Device, end: str) -> None:
    lend(world, ann)
    proved(world, ann)
    more = {"note": "不见了"} if end == "lost" else {"note": "", "price_fen": 80_000}
    decided(world, end, **more)
    assert held(world).state == end
    assert refused(lambda: reserved(world, 30, 40))[:2] == ("loaner_taken", "starts")
    assert any_of(world, "BP-100", 30, 40).loaner_id == world.named["other"]
    assert refused(lambda: any_of(world, "BP-100", 30, 40))[:2] == ("none_free", "model")


def any_of(world: World, model: str, starts: int, until: int) -> Reservation:
    data = {
        "site": world["site"], "work_order": None, "note": "",
        "starts": day(world, starts), "until": day(world, until),
    }  # fmt: skip
    world.clock.advance(1)
    taken = reserve_any(world.house, world.named["dora"], model, data)
    (row,) = world.rows(Reservation, Reservation.id == taken.id)
    assert isinstance(row, Reservation)
    return row


def test_any_loaner_of_a_model_is_the_first_that_is_free_then(world: World, ann: Device) -> None:
    lend(world, ann, 3)
    proved(world, ann)
    assert any_of(world, "BP-100", 1, 9).loaner_id == world.named["other"]
    assert any_of(world, "BP-100", 9, 12).loaner_id == world.named["other"]
    assert any_of(world, "BP-100", 4, 9).loaner_id == world.named["loaner"]
    with pytest.raises(Refused, match=f"none_free at model: no BP-100 from {day(world, 2)}"):
        any_of(world, "BP-100", 2, 5)
    with pytest.raises(Refused, match="unknown at model"):
        any_of(world, "BP-999", 2, 5)


def test_a_hand_over_there_meets_the_reservation_and_takes_its_last_day(
    world: World, ann: Device
) -> None:
    reserved(world, 0, 5)
    lend(world, ann, None)
    proved(world, ann)
    assert [one.state for one in world.rows(Reservation)] == ["met"]
    assert held(world).due == date.fromisoformat(day(world, 4))
    reserved(world, 5, 6)


def test_a_reservation_is_released_once(world: World) -> None:
    first = reserved(world, 2, 5)
    decided(world, "released", reservation=str(first.id))
    reserved(world, 2, 5)
    again = refused(lambda: decided(world, "released", reservation=str(first.id)))
    assert again == ("reservation_ended", "reservation", "released")
    other = refused(lambda: decided(world, "released", "other", reservation=str(first.id)))
    assert other[:2] == ("unknown", "reservation")


def test_a_reservation_that_a_late_fact_eats_is_found_until_it_is_back(
    world: World, ann: Device
) -> None:
    world.add([site := other_site(world)], set())
    lend(world, ann, 8)
    days = {"starts": day(world, 2), "until": day(world, 5)}
    decided(world, "reserved", site=str(site.id), work_order=None, note="", **days)
    proved(world, ann)
    assert found(world) == ["loaner.reservation_lost"]
    assert [one.state for one in world.rows(Reservation)] == ["open"]
    take_back(world, ann)
    proved(world, ann)
    assert found(world) == []


def other_site(world: World) -> Any:
    values = {"name": "住院楼", "address": "x", "zone": "Asia/Shanghai", "territory_id": None}
    return Site(id=world.new("other site"), customer_id=world.named["customer"], **values)


def test_a_reservation_whose_days_are_over_stands_in_nobodys_way(world: World) -> None:
    reserved(world, 0, 2)
    assert note_overdue(world.house) == 0
    world.clock.advance(2 * 86400)
    assert note_overdue(world.house) == 1
    world.drain()
    assert [one.state for one in world.rows(Reservation)] == ["lapsed"]
    assert note_overdue(world.house) == 0


# Due


def test_the_ladder_is_climbed_step_by_step_and_found_from_the_second_on(
    world: World, ann: Device
) -> None:
    lend(world, ann, 5)
    proved(world, ann)
    seen = []
    for _ in range(24):
        world.clock.advance(86400)
        note_overdue(world.house)
        world.drain()
        assert note_overdue(world.house) == 0
        loan = held(world)
        seen.append((loan.reminders, loan.overdue, found(world)))
    late, long = ["loaner.overdue"], ["loaner.overdue", "loaner.overdue_long"]
    assert seen == [
        *[(0, False, [])] * 2,  # due on the fifth day
        *[(1, False, [])] * 3,
        *[(2, True, late)] * 7,
        *[(3, True, late)] * 7,
        *[(4, True, long)] * 5,
    ]
    proved(world, ann)
    assert ann.documents("loaner")[world["loaner"]]["reminders"] == 4
    take_back(world, ann)
    proved(world, ann)
    assert found(world) == []


def test_an_extension_takes_the_loan_off_the_ladder_until_its_new_day(
    world: World, ann: Device
) -> None:
    lend(world, ann, 1)
    proved(world, ann)
    world.clock.advance(3 * 86400)
    note_overdue(world.house)
    assert found(world) == ["loaner.overdue"]
    earlier = refused(lambda: extended(world, -2))
    assert earlier[:2] == ("wrong_value", "due")
    extended(world, 5)
    assert (found(world), held(world).reminders, held(world).overdue) == ([], 0, False)
    assert note_overdue(world.house) == 0
    world.clock.advance(6 * 86400)
    note_overdue(world.house)
    assert found(world) == ["loaner.overdue"]


def extended(world: World, days: int) -> Any:
    return decided(world, "extended", due=day(world, days), reason="配件未到")


def test_no_extension_takes_days_that_are_over_or_promised_to_another_site(
    world: World, ann: Device
) -> None:
    world.add([site := other_site(world)], set())
    lend(world, ann, 1)
    proved(world, ann)
    reserved(world, 4, 6)  # for the same site, where it may as well stay
    days = {"starts": day(world, 8), "until": day(world, 9)}
    decided(world, "reserved", site=str(site.id), work_order=None, note="", **days)
    extended(world, 7)
    assert refused(lambda: extended(world, 8)) == (
        "loaner_taken", "due",
        f"reserved for 住院楼 from {day(world, 8)} until before {day(world, 9)}",
    )  # fmt: skip
    world.clock.advance(20 * 86400)
    note_overdue(world.house)
    over = refused(lambda: extended(world, -2))
    assert over[:2] == ("wrong_value", "due")


def test_an_extension_belongs_to_its_loan_and_no_other_gets_its_time(
    world: World, ann: Device
) -> None:
    """While ann's phone is silent, the loaner was back and is lent again: for three days only."""
    lend(world, ann, 3)
    ann.sync()
    world.drain()
    take_back(world, ann)
    lend(world, ann, 4)
    world.clock.advance(60)
    extended(world, 9)
    assert held(world).due == date.fromisoformat(day(world, 9))
    proved(world, ann)
    assert held(world).due == date.fromisoformat(day(world, 4))
    assert found(world) == ["loaner.overtaken", "loaner.uninspected"]


def test_an_extension_holds_when_an_older_loan_comes_to_light(world: World, ann: Device) -> None:
    early = world.clock.now()
    world.clock.advance(600)
    lend(world, ann, 3)
    proved(world, ann)
    extended(world, 9)
    bob = world.device("bob")
    world.assign(world["visit"], "ann", "bob")
    world.drain()
    bob.sync()
    state(bob, world, "loaner.handed_over", world["visit"], at=early + HOUR / 60, due=day(world, 1))
    proved(world, ann, bob)
    assert held(world).due == date.fromisoformat(day(world, 9))
    assert found(world) == ["loaner.contested"]


def test_a_phone_whose_clock_goes_back_breaks_no_chain(world: World, ann: Device) -> None:
    lend(world, ann, 3)
    state(ann, world, "loaner.taken_back", world["visit"], at=world.clock.now() - HOUR)
    proved(world, ann)
    assert held(world).state == "returned"


def test_an_extension_of_a_loan_that_had_ended_is_found(world: World, ann: Device) -> None:
    lend(world, ann, 3)
    ann.sync()
    world.drain()
    take_back(world, ann)
    world.clock.advance(60)
    extended(world, 9)
    proved(world, ann)
    assert found(world) == ["loaner.overtaken"]
    assert refused(lambda: extended(world, 12))[:2] == ("loaner_state", "loaner")


# Lost and sold


def test_what_was_lost_is_found_again_by_whoever_has_it(world: World, ann: Device) -> None:
    lend(world, ann)
    proved(world, ann)
    decided(world, "lost", note="客户搬家")
    assert (held(world).state, held(world).due) == ("lost", None)
    assert refused(lambda: decided(world, "lost", note="x"))[0] == "loaner_state"
    proved(world, ann)
    assert ann.documents("loaner")[world["loaner"]]["state"] == "lost"
    take_back(world, ann)
    proved(world, ann)
    assert held(world).state == "returned"
    assert found(world) == []


def test_what_was_sold_is_placed_nowhere_any_more_and_what_was_lost_is(
    world: World, ann: Device
) -> None:
    lend(world, ann)
    proved(world, ann)
    decided(world, "sold", price_fen=80_000, note="")
    world.clock.advance(60)
    code, field, detail = refused(lambda: decided(world, "placed", place=world["main"]))
    assert (code, field, detail) == ("loaner_state", "loaner", "sold at 门诊楼")
    assert held(world).state == "sold"
    decided(world, "lost", "other", note="盘点不见")
    world.clock.advance(60)
    decided(world, "placed", "other", place=world["main"])
    assert held(world, "other").state == "returned"
    proved(world, ann)


def test_what_was_sold_leaves_the_pool_and_the_phones(world: World, ann: Device) -> None:
    lend(world, ann)
    proved(world, ann)
    decided(world, "sold", price_fen=80_000, note="")
    proved(world, ann)
    assert (held(world).state, held(world).holder_id) == ("sold", world.named["site"])
    assert world["loaner"] not in ann.documents("loaner")
    take_back(world, ann)
    proved(world, ann)
    assert found(world) == ["loaner.overtaken"]


# Contested


@pytest.fixture
def contested(world: World, ann: Device) -> World:
    """Two papers say that one loaner was handed over."""
    lend(world, ann, 3)
    lend(world, ann, 5)
    proved(world, ann)
    assert found(world) == ["loaner.contested"]
    return world


def dues(world: World, loaner: str = "loaner") -> list[str]:
    """When each loan of it that is told is due."""
    rows = world.rows(Custody, Custody.loaner_id == world.named[loaner], Custody.state == "out")
    return [str(one.due) for one in sorted(rows, key=lambda one: one.since)]


@pytest.mark.parametrize("resolution", ["later_holds", "noted"])
def test_both_papers_stand_where_the_later_holds(contested: World, resolution: str) -> None:
    settle(contested, "loaner.contested", resolution)
    assert found(contested) == []
    assert dues(contested) == [day(contested, 3), day(contested, 5)]


def test_where_the_earlier_holds_the_later_paper_meant_nobody_knows_which(contested: World) -> None:
    settle(contested, "loaner.contested", "earlier_holds")
    assert found(contested) == []
    assert dues(contested) == [day(contested, 3)]
    assert len(contested.rows(CustodyStatement, CustodyStatement.holder_type == "site")) == 2


def test_where_the_earlier_holds_the_loaner_that_was_meant_has_the_paper(
    contested: World, ann: Device
) -> None:
    settle(contested, "loaner.contested", "earlier_holds", "other")
    proved(contested, ann)
    assert (dues(contested), dues(contested, "other")) == (
        [day(contested, 3)], [day(contested, 5)],
    )  # fmt: skip
    assert set(ann.documents("loaner")) == {contested["loaner"], contested["other"]}


def test_a_paper_cannot_have_meant_what_it_was_found_not_to_mean(
    contested: World, ann: Device
) -> None:
    lend(contested, ann, 7, loaner=contested["other"])
    proved(contested, ann)

    def meant(name: str, resolution: str = "earlier_holds") -> tuple[str, str]:
        return refused(lambda: settle(contested, "loaner.contested", resolution, name))[:2]

    assert meant("loaner") == ("wrong_value", "loaner")
    assert meant("site") == ("unknown", "loaner")
    assert meant("other", "later_holds") == ("wrong_value", "loaner")
    settle(contested, "loaner.contested", "earlier_holds", "other")
    assert found(contested) == ["loaner.contested"]  # the other one now, lent after it
    assert len(dues(contested, "other")) == 2


def test_a_paper_that_is_no_longer_stated_goes_from_the_loaner_that_it_meant(
    contested: World, ann: Device
) -> None:
    settle(contested, "loaner.contested", "earlier_holds", "other")
    (later,) = [
        one for one in contested.rows(CustodyStatement) if str(one.due) == day(contested, 5)
    ]

    def forget(session: Any, now: datetime) -> None:
        owner = Subject(later.owner_type, later.owner_id)
        kept = [
            CustodyStatement(**one.values())
            for one in session.query(CustodyStatement)
            if one.owner_id == owner.id and one.id != later.id
        ]
        judge.follow(session, now, replace(session, owner, (CustodyStatement,), kept))

    contested.house.database.transact(forget)
    contested.drain()
    assert held(contested, "other").state == "available"


# As of any moment, in any order


def test_the_chain_is_the_same_in_whatever_order_the_facts_arrive(
    world: World, ann: Device
) -> None:
    lend(world, ann, 3)
    take_back(world, ann)
    lend(world, ann, 5, loaner=world["other"], instead_of=world["loaner"])
    world.clock.advance(60)
    inspected(world)
    facts = list(ann.outbox)
    chains = []
    for _, order in zip(range(6), permutations(facts), strict=True):
        chains.append(_after(world, ann, order))
    assert len(set(map(str, chains))) == 1


def _after(world: World, ann: Device, order: Any) -> list[dict[str, Any]]:
    """The custody rows once the facts came in this order; then they are forgotten again."""
    for fact in order:
        ann.exchange(ann.request([fact]))
        world.drain()
    assert world.house.database.read(violations) == {}
    rows = [one.values() for one in world.rows(Custody)]

    def forget(session: Any, now: datetime) -> None:
        for table in (Standing, FactSubject, FactPart, CustodyStatement, Fact):
            where = [CustodyStatement.origin_id.is_not(None)] if table is CustodyStatement else []
            session.execute(delete(table).where(*where))
        session.get_one(DeviceRow, ann.id).through = 0

    world.house.database.transact(forget)
    return sorted(rows, key=lambda one: str(one["id"]))


def test_where_nobody_says_until_when_the_agreement_does(world: World, ann: Device) -> None:
    agree(world, "it-onsite-maintenance", parameters={"check_day": "none"})
    world.open_visit("agreed")
    proved(world, ann)
    world.clock.advance(60)
    state(ann, world, "loaner.handed_over", world["agreed"], due=None)
    state(ann, world, "loaner.handed_over", world["visit"], due=None, loaner=world["other"])
    proved(world, ann)
    assert held(world).due == date.fromisoformat(day(world, 15))
    assert held(world, "other").due is None

"""What a phone that was revoked stated of places, requisitions, notices or itself is never lost: it
is found, and counts as if it had come in time where somebody adopts it."""

from collections.abc import Callable
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete

from models import enrolment, sealed
from models.facts import Fact
from models.findings import Finding
from models.notices import NoticeAnswer
from models.stock import keeping, ledger
from models.stock.demand import Requisition, Transfer
from models.stock.rows import CountLine
from sync import repairing
from sync.bringing import take_outbox
from sync.device import Device
from sync.facts.registry import KINDS
from sync.invariants import violations
from sync.settling import settlement
from tests.statements import Statement, put, state
from tests.sync.test_laws import standing
from tests.world import World, proved

REVOKED = "fact.revoked"


def rollers(world: World) -> Any:
    """How many lie in the van, where five lay at the beginning."""
    van, roller = world.named["van-a"], world.named["roller"]
    return world.house.database.read(lambda session: ledger.balance(session, van, roller))


def shown(world: World, bob: Device) -> Any:
    """What the phone of the van's other keeper shows of the rollers in it."""
    lines = bob.documents("stock")[world["van-a"]]["lines"]
    return next(one["quantity"] for one in lines if one["part"] == world["roller"])


# By kind, what tells whether the fact counts, while it does not and once it does.
COMES: dict[str, tuple[Callable[[World, Device], Any], Any, Any]] = {
    "stock.counted": (
        lambda world, bob: (rollers(world), shown(world, bob), len(world.rows(CountLine))),
        (5, "5.000", 0), (4, "4.000", 1),
    ),
    "stock.received": (
        lambda world, bob: (rollers(world), shown(world, bob), world.open_findings() - {REVOKED}),
        (5, "5.000", set()), (7, "7.000", {"stock.received_unshipped"}),
    ),
    "stock.transferred": (
        lambda world, bob: (rollers(world), shown(world, bob), len(world.rows(Transfer))),
        (5, "5.000", 0), (4, "4.000", 1),
    ),
    "parts.requested": (
        lambda world, bob: (
            [one.status for one in world.rows(Requisition)],
            len(bob.documents("stock")[world["van-a"]]["requisitions"]),
        ),
        ([], 0), (["submitted"], 1),
    ),
    "notice.answered": (lambda world, bob: len(world.rows(NoticeAnswer)), 0, 1),
    "device.lost_facts": (lambda world, bob: len(world.found("device.lost_facts")), 0, 1),
}  # fmt: skip


@pytest.fixture
def bob(world: World) -> Device:
    """The phone of somebody who keeps the van of Ann too, in which five rollers lie."""
    world.new("transfer")
    world.stock_van("van-a", "5")
    keeps(world, "bob")
    bob = world.device("bob")
    world.drain()
    bob.sync()
    return bob


def keeps(world: World, user: str) -> None:
    """The user is made a keeper of the van, and what follows is done."""
    where, who = world.named["van-a"], world.named[user]
    world.house.database.transact(
        lambda session, now: session.add(keeping.keeper(session, now, world.ids, where, who))
    )
    world.drain()


def revoke(world: World, phone: Device) -> None:
    world.clock.advance(1)
    world.house.database.transact(lambda session, now: enrolment.revoke(session, now, phone.id))


def bring(world: World, phone: Device) -> None:
    """Somebody carries what the broken phone held to the desk; nobody sees the phone again."""
    file = phone.export_outbox(sealed.public_key(world.house.key()))
    take_outbox(world.house, phone.id, world.named["dora"], BytesIO(file))
    world.drain()


def stated_too_late(world: World, kind: str, user: str = "ann") -> str:
    """A phone of the user is broken, revoked, and then its outbox is brought; answers the fact."""
    phone = world.device(user)
    phone.sync()
    world.clock.advance(60)
    sent = state(phone, world, kind, "")
    revoke(world, phone)
    bring(world, phone)
    return sent


def test_what_the_test_knows_is_every_kind_that_is_not_about_a_visit() -> None:
    assert COMES.keys() == {name for name, kind in KINDS.items() if kind.about != "visit"}


@pytest.mark.parametrize("resolution", ["adopt", "set_aside"])
@pytest.mark.parametrize("kind", sorted(COMES))
def test_whatever_kind_a_revoked_phone_stated_is_found_and_counts_once_it_is_adopted(
    world: World, bob: Device, kind: str, resolution: str
) -> None:
    look, before, after = COMES[kind]
    sent = stated_too_late(world, kind)
    proved(world, bob)
    assert standing(world, sent) == ("held", "revoked")
    assert look(world, bob) == before
    (found,) = world.found(REVOKED)
    (fact,) = world.rows(Fact, Fact.id == UUID(sent))
    assert found.evidence == {
        "fact": sent, "key": str(fact.key), "kind": kind, "user": world["ann"],
    }  # fmt: skip
    assert found.since == fact.happened
    world.settle(REVOKED, resolution, "wang")
    proved(world, bob)
    adopted = resolution == "adopt"
    assert standing(world, sent) == (("effective", None) if adopted else ("held", "revoked"))
    assert look(world, bob) == (after if adopted else before)
    repaired(world)
    assert look(world, bob) == (after if adopted else before)
    assert (world.found(REVOKED), len(world.found(REVOKED, "settled"))) == ([], 1)


def repaired(world: World) -> None:
    """Everything is derived again, and all is true."""
    repairing.repair(world.house)
    world.drain()
    assert world.house.database.read(violations) == {}


@pytest.mark.parametrize("kind", sorted(COMES))
def test_what_is_adopted_stands_where_it_would_have_stood(
    world: World, bob: Device, kind: str
) -> None:
    """A count of the other keeper that was made after it holds, whenever it is adopted."""
    sent = stated_too_late(world, kind)
    world.clock.advance(60)
    lines = [{"part": world["roller"], "quantity": "9"}]
    put(bob, "stock.counted", Statement(("place", world["van-a"]), {"lines": lines}))
    proved(world, bob)
    world.settle(REVOKED, "adopt", "wang")
    proved(world, bob)
    assert (standing(world, sent), rollers(world)) == (("effective", None), 9)


def test_each_fact_is_adopted_by_itself(world: World, bob: Device) -> None:
    """Of two hand-overs one is adopted, and the other stays as it is, and is still found."""
    first, second = (stated_too_late(world, "stock.transferred") for _ in range(2))
    one, other = sorted(world.found(REVOKED), key=lambda row: row.evidence["fact"] != first)
    world.decide("finding.settled", "wang", **settlement(one, "adopt", one.digest))
    proved(world, bob)
    assert (standing(world, first), rollers(world)) == (("effective", None), 4)
    assert standing(world, second) == ("held", "revoked")
    assert [row.id for row in world.found(REVOKED)] == [other.id]


def test_who_does_not_keep_the_place_waits_for_that_first(world: World, bob: Device) -> None:
    """The phone was Eve's, who keeps nothing: once she does, the fact waits to be adopted."""
    sent = stated_too_late(world, "stock.counted", "eve")
    proved(world, bob)
    assert world.open_findings() == {"place.not_kept"}
    keeps(world, "eve")
    assert (world.open_findings(), standing(world, sent)) == ({REVOKED}, ("held", "revoked"))
    world.settle(REVOKED, "adopt", "wang")
    proved(world, bob)
    assert (standing(world, sent), rollers(world)) == (("effective", None), 4)


def test_a_request_that_is_adopted_still_waits_until_its_author_keeps_the_place(
    world: World, bob: Device
) -> None:
    stated_too_late(world, "parts.requested", "eve")
    world.settle(REVOKED, "adopt", "wang")
    proved(world, bob)
    assert world.open_findings() == {"place.not_kept"}
    keeps(world, "eve")
    proved(world, bob)
    assert (world.open_findings(), len(world.rows(Requisition))) == (set(), 1)


def test_both_kinds_of_what_waits_at_a_place_are_found_at_once(world: World, bob: Device) -> None:
    stated_too_late(world, "stock.counted", "eve")
    stated_too_late(world, "stock.counted", "ann")
    proved(world, bob)
    assert world.open_findings() == {"place.not_kept", REVOKED}


def test_a_finding_of_a_place_that_is_gone_from_the_table_is_missed(
    world: World, bob: Device
) -> None:
    """The proof asks for it, and repairing brings it back."""
    stated_too_late(world, "stock.counted")
    world.house.database.transact(lambda session, now: session.execute(delete(Finding)).close())
    assert "every_place_equals_its_facts" in world.house.database.read(violations)
    repaired(world)
    assert len(world.found(REVOKED)) == 1


def test_nobody_adopts_what_no_release_understands(world: World, bob: Device) -> None:
    phone = world.device()
    sent = put(phone, "stock.sung", Statement(("place", world["van-a"]), {"any": 1}))
    revoke(world, phone)
    bring(world, phone)
    proved(world, bob)
    assert (standing(world, sent), world.found(REVOKED)) == (("held", "newer"), [])

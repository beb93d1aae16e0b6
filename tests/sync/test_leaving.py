"""What leaves a phone with time, and what a clock that fell back cannot do."""

from datetime import timedelta

from models.feed import GONE_DAYS, STANDING_DAYS, Head, Published
from models.findings import Finding
from models.loaners.rows import Custody
from sync.passing import move_windows, purge_gone
from tests.world import World

DAY = 86_400.0


def test_a_settled_standing_goes_after_thirty_days_and_a_waiting_one_stays(world: World) -> None:
    visit, device = world.open_visit(), world.device()
    device.state("visit.arrived", ("visit", visit))
    device.sync()
    world.drain()
    device.sync()
    assert list(device.documents("standing")) == [f"visit:{visit}"]
    world.clock.advance(STANDING_DAYS * DAY - 60)
    assert move_windows(world.house) == 0
    world.clock.advance(120)
    assert move_windows(world.house) == 1
    device.state("visit.left", ("visit", visit))  # another fact brings it back
    world.drain()
    device.sync()
    assert list(device.documents("standing")) == [f"visit:{visit}"]


def test_what_was_gone_for_ninety_days_is_forgotten_and_an_older_cursor_starts_anew(
    world: World,
) -> None:
    visit = world.open_visit(lead="ann")
    away, present = world.device("ann"), world.device("ann")
    world.drain()
    away.sync()
    present.sync()
    world.assign(visit, "bob")
    world.drain()
    present.sync()
    assert present.documents("visit") == {}
    world.clock.advance(GONE_DAYS * DAY - 60)
    assert purge_gone(world.house) == 0
    world.clock.advance(120)
    assert purge_gone(world.house) == 1
    assert world.rows(Published, Published.body.is_(None)) == []
    assert [head for head in world.rows(Head) if head.purged]
    present.once()
    assert present.last_answer["reset"] is None
    away.once()
    assert away.last_answer["reset"] == "purged"
    away.sync()
    assert away.documents("visit") == {}
    assert away.replica.digest() == away.last_answer["digest"]


def test_a_device_whose_clock_fell_back_cannot_take_back_before_it_handed_over(
    world: World,
) -> None:
    visit, device = world.open_visit(), world.device()
    hand_over = {"loaner": world["loaner"], "condition": "worn", "accessories": []}
    device.state("loaner.handed_over", ("visit", visit), hand_over, {"signer": "王"})
    early = world.clock.now() - timedelta(hours=5)
    back = {**hand_over, "place": world["van-a"]}
    device.state("loaner.taken_back", ("visit", visit), back, {"signer": "王"}, at=early)
    device.sync()
    world.drain()
    (held,) = world.rows(Custody, Custody.until.is_(None))
    assert (held.holder_type, held.holder_id) == ("place", world.named["van-a"])


def test_a_part_stated_without_the_serial_it_is_tracked_by_is_found(world: World) -> None:
    van, device = world["van-a"], world.device()
    lines = [{"part": world["head"], "quantity": "1"}]
    transfer = str(world.new("transfer"))
    device.state("stock.received", ("place", van), {"transfer": transfer, "lines": lines})
    device.sync()
    world.drain()
    assert "stock.tracking" in {one.code for one in world.rows(Finding, Finding.state == "open")}

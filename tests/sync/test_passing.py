"""A loan is overdue when its due date has passed at the site, and the phone is told."""

from datetime import date

from models.facts import Moment
from models.loaners.rows import Custody
from sync.passing import note_overdue
from tests.world import World


def lend(world: World, due: date) -> str:
    """Ann hands the loaner over until the date; answers what her phone's documents call it."""
    visit, device = world.open_visit(), world.device("ann")
    data = {
        "loaner": world["loaner"],
        "condition": "worn",
        "accessories": [],
        "due": due.isoformat(),
    }
    device.state("loaner.handed_over", ("visit", visit), data, {"signer": "王主任"})
    device.sync()
    world.drain()
    device.sync()
    assert not device.documents("loaner")[world["loaner"]]["overdue"]
    return visit


def test_a_loan_becomes_overdue_at_the_sites_midnight_and_once(world: World) -> None:
    today = world.clock.now().date()
    lend(world, today)
    # The clock stands at 16:00 in Shanghai; eight hours later the due day has ended there.
    world.clock.advance(7.9 * 3600)
    assert note_overdue(world.house) == 0
    world.clock.advance(0.2 * 3600)
    assert note_overdue(world.house) == 1
    world.drain()
    assert note_overdue(world.house) == 0
    (moment,) = world.rows(Moment)
    assert moment.at.date() == today
    assert moment.at.hour == 16
    (custody,) = world.rows(Custody, Custody.until.is_(None))
    assert custody.overdue


def test_a_loaner_taken_back_in_time_is_never_overdue(world: World) -> None:
    visit = lend(world, world.clock.now().date())
    data = {"loaner": world["loaner"], "condition": "worn", "accessories": []}
    device = world.device("ann")
    device.sync()
    world.clock.advance(60)
    device.state(
        "loaner.taken_back", ("visit", visit), {**data, "place": world["van-a"]}, {"signer": "王"}
    )
    device.sync()
    world.drain()
    world.clock.advance(48 * 3600)
    assert note_overdue(world.house) == 0

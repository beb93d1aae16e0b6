"""Who drains says which kinds of work they can do; the rest waits for somebody who can."""

from models.outbox import Outbox
from sync.working import KINDS, drain
from tests.statements import state
from tests.world import World


def test_what_a_drain_cannot_do_waits_for_one_that_can(world: World) -> None:
    visit, ann = world.open_visit(), world.device("ann")
    state(ann, world, "photo.taken", visit)
    state(ann, world, "loaner.handed_over", visit)
    ann.sync()
    assert drain(world.house) > 0
    assert {row.kind for row in world.rows(Outbox)} == {"photo"}
    assert "photo" not in KINDS
    world.drain()
    assert world.rows(Outbox) == []

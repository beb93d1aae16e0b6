"""What passes through a place and leaves its balance as it was is seen on the phone too."""

from pathlib import Path

from sync.invariants import violations
from tests.statements import state
from tests.world import World


def test_stock_is_as_of_the_last_move_also_where_the_balance_stays(
    database_url: str, tmp_path: Path
) -> None:
    """The same serial number is used twice: the second time it comes from discrepancy and goes."""
    world = World.open(database_url, tmp_path)
    told = []
    for number in range(2):
        phone, visit = world.device("ann"), world.open_visit(f"visit {number}")
        for kind in ("visit.arrived", "record.sealed", "visit.left"):
            state(phone, world, kind, visit)
        phone.sync()
        world.clock.advance(60)
        world.drain()
        phone.sync()
        assert world.house.database.read(violations) == {}
        told.append(phone.documents("stock")[world["van-a"]])
    assert told[0]["lines"] == told[1]["lines"]
    assert told[0]["as_of"] < told[1]["as_of"]
    world.close()

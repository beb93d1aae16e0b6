"""The company of the tests: that of the simulation, with everything that a real worker does."""

from simulation import world
from simulation.world import ZONE, seeded
from worker.drain import drain

__all__ = ["ZONE", "World", "seeded"]


class World(world.World):
    """One company whose worker looks at photos and draws signatures too."""

    def drain(self) -> None:
        drain(self.house)

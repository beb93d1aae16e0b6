"""The company of the tests: that of the simulation, with everything that a real worker does."""

from models.findings import Finding
from simulation import world
from simulation.world import ZONE, seeded
from worker.drain import drain

__all__ = ["ZONE", "World", "seeded"]


class World(world.World):
    """One company whose worker looks at photos and draws signatures too."""

    def drain(self) -> None:
        drain(self.house)

    def open_findings(self) -> set[str]:
        """The codes of what a person has to look at."""
        return {one.code for one in self.rows(Finding, Finding.state == "open")}

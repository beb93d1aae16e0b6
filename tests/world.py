"""The company of the tests: that of the simulation, with everything that a real worker does."""

from models.findings import Finding
from simulation import world
from simulation.world import ZONE, seeded
from sync.device import Device
from sync.invariants import violations
from sync.settling import settlement
from worker.drain import drain

__all__ = ["ZONE", "World", "proved", "seeded"]


class World(world.World):
    """One company whose worker looks at photos and draws signatures too."""

    def drain(self) -> None:
        drain(self.house)

    def open_findings(self) -> set[str]:
        """The codes of what a person has to look at."""
        return {one.code for one in self.rows(Finding, Finding.state == "open")}

    def found(self, code: str, state: str = "open") -> list[Finding]:
        """The findings of that code which are open, or in another state."""
        return self.rows(Finding, Finding.code == code, Finding.state == state)

    def settle(self, code: str, resolution: str, by: str = "dora") -> Finding:
        """Have the one open finding of that code settled by somebody, and what follows done."""
        (one,) = self.found(code)
        self.decide("finding.settled", by, **settlement(one, resolution, one.digest))
        self.drain()
        settled: Finding = self.rows(Finding, Finding.id == one.id)[0]
        assert settled.state == "settled"
        return settled


def proved(world: World, *phones: Device) -> None:
    """Everybody says what they have to say, the worker finishes, everybody fetches; all is true."""
    for phone in phones:
        phone.sync()
    world.drain()
    for phone in phones:
        phone.sync()
        assert phone.replica.digest() == phone.last_answer["digest"]
    assert world.house.database.read(violations) == {}

"""What an entry in the catalogue of findings says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from models.people import Role

SETTLED = "finding.settled"

Evidence = Mapping[str, Any]


@dataclass(frozen=True)
class FindingKind:
    """One entry of the catalogue: stable code, who looks at it, and how it can end."""

    code: str
    role: Role
    english: str
    chinese: str
    resolutions: tuple[str, ...] = ()  # an event has some; a condition ends by itself
    fits: Callable[[str, Evidence], bool] = lambda resolution, evidence: True

    @property
    def is_event(self) -> bool:
        return bool(self.resolutions)

    def offered(self, evidence: Evidence) -> tuple[str, ...]:
        """The resolutions that fit the evidence."""
        return tuple(one for one in self.resolutions if self.fits(one, evidence))

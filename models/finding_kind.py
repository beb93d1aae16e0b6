"""What an entry in the catalogue of findings says."""

from dataclasses import dataclass

from models.people import Role

SETTLED = "finding.settled"


@dataclass(frozen=True)
class FindingKind:
    """One entry of the catalogue: stable code, who looks at it, and how it can end."""

    code: str
    role: Role
    english: str
    chinese: str
    resolutions: tuple[str, ...] = ()  # an event has some; a condition ends by itself

    @property
    def is_event(self) -> bool:
        return bool(self.resolutions)

"""How those who were there differ: in what they say of how the visit ended, or in what they sealed.

A person may say what holds; that counts for as long as the evidence is the same.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from models.findings import Found
from models.timeline import Stated

TWO_RECORDS, CREW_DIFFERS = "record.two_records", "visit.crew_differs"
COUNTING = {"first_counts": 0, "last_counts": -1}


class Outcome(NamedTuple):
    """How a visit ended, by the word of one of its crew."""

    status: str
    since: datetime


def in_words(epoch: int, outcomes: Mapping[UUID, Outcome]) -> Found | None:
    """Of those who were there together one says that it ended otherwise than another."""
    words = {str(user): one.status for user, one in outcomes.items()}
    if len(set(words.values())) < 2:
        return None
    since = max(one.since for one in outcomes.values())
    return Found(CREW_DIFFERS, (epoch,), since, {"epoch": epoch, "outcomes": words})


def in_records(visit_id: UUID, seals: Sequence[Stated]) -> Found | None:
    """More than one record was sealed: all of them count, unless somebody says which one."""
    if len(seals) < 2:
        return None
    evidence = {"facts": sorted(str(seal.id) for seal in seals)}
    return Found(TWO_RECORDS, (visit_id,), seals[1].happened, evidence)


def status_chosen(resolution: str) -> str:
    """How the visit ended by such a settlement of what was said: was_done → done."""
    return resolution.removeprefix("was_")


def seal_chosen(resolution: str | None, seals: Sequence[Stated]) -> Stated | None:
    """The only seal that counts by such a settlement; None where all of them do."""
    number = COUNTING.get(resolution or "")
    return None if number is None else seals[number]

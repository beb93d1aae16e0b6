"""What a device stated after it was revoked: it is found, and counts as if it had come in time
where somebody adopts it. So it is with all but what is about a visit, whose own fold sees to it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from models.findings import Found
from models.timeline import Stated

CODE = "fact.revoked"
HELD = "revoked"  # why such a fact is held


def adopted(settlements: Iterable[Mapping[str, Any]]) -> set[UUID]:
    """The keys of the facts that somebody adopted, from the data of what was settled."""
    return {
        UUID(data["evidence"]["key"])
        for data in settlements
        if (data["code"], data["resolution"]) == (CODE, "adopt")
    }


def heeding(fact: Stated, keys: set[UUID]) -> Stated:
    """The fact as it is folded: one of those that were adopted is held no more."""
    return replace(fact, held=None) if fact.held == HELD and fact.key in keys else fact


def found(fact: Stated) -> Found:
    """That the fact waits for somebody to adopt it."""
    evidence = {
        "fact": str(fact.id),
        "key": str(fact.key),
        "kind": fact.kind,
        "user": str(fact.author_id),
    }
    return Found(CODE, (fact.key,), fact.happened, evidence)

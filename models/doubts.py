"""What speaks against the clock of a fact: in itself, or beside the one before it."""

from collections.abc import MutableMapping
from datetime import timedelta
from uuid import UUID

from models.clock import CLOCK_DOUBT
from models.timeline import Stated


def doubts_of(fact: Stated, ahead: MutableMapping[UUID, timedelta]) -> list[str]:
    """Why the fact's clock is not to be trusted, in the order of the words; mostly nothing.

    `ahead` is by how much each device's wall clock was ahead at its fact before this one of the
    same timeline, and learns from it.
    """
    return sorted(one for one in {fact.doubt, _anchor_jumped(fact, ahead)} if one is not None)


def _anchor_jumped(fact: Stated, ahead: MutableMapping[UUID, timedelta]) -> str | None:
    """Whether the wall clock was put to another time since the device's last fact."""
    if fact.ahead is None:
        return None
    before = ahead.get(fact.origin_id, fact.ahead)
    ahead[fact.origin_id] = fact.ahead
    return "anchor_jumped" if abs(fact.ahead - before) > CLOCK_DOUBT else None

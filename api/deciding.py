"""Deciding at the desk, as the user who asks."""

from typing import Any

from api.auth import house, user
from models.decisions import Decision
from models.plain import plain
from sync.decide import decide


def decided(kind: str, data: dict[str, Any]) -> Decision:
    """Take the decision; ids, times and quantities become text. Raises Refused."""
    return decide(house().database, house().ids, user().id, kind, plain(data))

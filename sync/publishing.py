"""Spreading marks and publishing the channels that have some, until none is left."""

from models.house import House
from sync import feed, limits

ROUNDS_MAX = 10_000


def publish_all(house: House) -> int:
    """Publish whatever is marked; answers how many marks were taken."""
    taken = 0
    for _ in range(ROUNDS_MAX):
        house.database.transact(lambda session, now: feed.spread(session))
        published = sum(
            _publish(house, channel) for channel in house.database.read(feed.marked_channels)
        )
        taken += published
        if not published and not house.database.read(feed.waiting_marks):
            break
    return taken


def _publish(house: House, channel: str) -> int:
    most = limits.marks_per_publish
    return house.database.transact(lambda session, now: feed.publish(session, now, channel, most))

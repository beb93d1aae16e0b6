"""Which numbers of a device's facts are here, and which are missing."""

from typing import Any

from sqlalchemy import BigInteger, Select, Uuid, bindparam, func, or_, select, union_all
from sqlalchemy.orm import Session

from models.facts import Fact, LostRange, Refusal
from models.people import Device
from sync import limits


def highest_seq(session: Session, device: Device) -> int:
    """The highest number that the device is known to have given; 0 where it gave none."""
    signed = (Refusal.origin_id == device.id, Refusal.code != "fact.forged")
    stored = session.scalar(select(func.max(Fact.seq)).where(Fact.origin_id == device.id))
    refused = session.scalar(select(func.max(Refusal.seq)).where(*signed))
    return max(stored or 0, refused or 0, device.through)


def received(session: Session, device: Device) -> tuple[int, list[list[int]]]:
    """The number below which nothing is missing, and what is missing above, at most 100 ranges.

    Numbers beyond those that were looked at are neither: the next answer goes on from there.
    """
    through = device.through
    missing: list[list[int]] = []
    while not missing:
        page = session.execute(RANGES_ABOVE, {"origin": device.id, "through": through}).all()
        reached = through
        for first, last in page:
            if first > reached + 1:
                missing.append([reached + 1, first - 1])
            reached = max(reached, last)
            if not missing:
                through = reached
        if len(page) < limits.facts_per_exchange_max:
            break
    return through, missing[: limits.missing_ranges_max]


def _query_of_ranges() -> Select[int, int]:
    """The first and last numbers of what is known above one; a fact's own is both."""
    origin, through = bindparam("origin", type_=Uuid()), bindparam("through", type_=BigInteger())

    def above(row: Any, first: Any, last: Any) -> Select[int, int]:
        query = select(first.label("first"), last.label("last"))
        return query.where(row.origin_id == origin, last > through)

    stored, refused = above(Fact, Fact.seq, Fact.seq), above(Refusal, Refusal.seq, Refusal.seq)
    # The number in a forged fact is anybody's word: it fills a gap, and makes none.
    highest = select(func.max(Fact.seq)).where(Fact.origin_id == origin).scalar_subquery()
    refused = refused.where(or_(Refusal.code != "fact.forged", Refusal.seq < highest))
    lost = above(LostRange, LostRange.first, LostRange.last)
    every = union_all(stored, refused, lost).subquery()
    query = select(every.c.first, every.c.last).distinct().order_by(every.c.first, every.c.last)
    return query.limit(limits.facts_per_exchange_max)


RANGES_ABOVE = _query_of_ranges()  # Every exchange asks; building it costs more than running it.

"""Who keeps a place: from now on, or no longer, each an edit that leaves its trail; and what waits
because its author does not."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from models.derived import Changes, Job, Source, Subject
from models.facts import FactSubject, Standing
from models.feed import mark
from models.findings import Found
from models.ids import Ids
from models.outbox import put
from models.people import is_active
from models.refusals import Refused
from models.stock.rows import PHYSICAL, Place, PlaceKeeper
from models.timeline import Stated

# Why a fact is held of whose place nobody is keeper, or not its author.
NOT_KEPT = ("unknown_subject", "not_assigned")
KEEPING = "keeping"  # of a place, by whom it is kept: what that lets take effect is looked for


def keeper(session: Session, now: datetime, ids: Ids, place_id: UUID, user_id: UUID) -> PlaceKeeper:
    """A keeper of the place from now on. What they stated of it before may take effect now.

    Raises Refused.
    """
    place = session.get(Place, place_id)
    if place is None or place.kind not in PHYSICAL:
        raise Refused("unknown", "place_id")
    if not is_active(session, user_id):
        raise Refused("unknown", "user_id")
    mark(session, {Source("place", str(place.id))})
    jobs = [Job("judge", Subject("place", place.id)), Job("reconcile", Subject(KEEPING, place.id))]
    put(session, now, jobs)
    return PlaceKeeper(id=ids.new(now), place_id=place_id, user_id=user_id, since=now, until=None)


def check_keeping(session: Session, row: PlaceKeeper) -> None:
    """Nobody keeps a place twice at a time. The place is locked, so that no two begin at once.
    Raises Refused."""
    if row.until is not None:
        return
    session.get(Place, row.place_id, with_for_update=True)
    same = (PlaceKeeper.place_id == row.place_id, PlaceKeeper.user_id == row.user_id)
    others = select(PlaceKeeper.id).where(*same, PlaceKeeper.until.is_(None))
    if session.scalar(others.where(PlaceKeeper.id != row.id).limit(1)) is not None:
        raise Refused("exists", "user_id", "they keep the place already")


def heard(session: Session, place_id: UUID) -> Changes:
    """What somebody asked for at the place before they kept it is judged again. It is looked for
    when the keeper is there, so that nothing that arrives meanwhile is overlooked."""
    own, about = aliased(FactSubject), aliased(FactSubject)
    query = (
        select(own.subject_id)
        .join(about, about.fact_key == own.fact_key)
        .outerjoin(Standing, Standing.id == own.fact_key)
        .where(about.subject_type == "place", about.subject_id == place_id)
        .where(own.subject_type == "requisition", own.own)
        .where(Standing.state.is_distinct_from("effective"))
    )
    asked = session.scalars(query.distinct())
    return Changes(set(), {Job("judge", Subject("requisition", id_)) for id_ in asked})


def not_kept(waiting: Iterable[tuple[UUID, Stated]]) -> Iterable[Found]:
    """One finding for whoever stated something of a place that they do not keep, with everything
    that waits for them to be made its keeper."""
    situations: dict[tuple[UUID, UUID | None], list[Stated]] = defaultdict(list)
    for place, fact in waiting:
        situations[place, fact.author_id].append(fact)
    for (place, author), facts in situations.items():
        facts.sort(key=lambda fact: (fact.happened, fact.key))
        told = [{"key": str(fact.key), "kind": fact.kind} for fact in facts]
        evidence = {"place": str(place), "user": str(author), "facts": told}
        yield Found("place.not_kept", (place, author), facts[0].happened, evidence)

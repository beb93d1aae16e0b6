"""What became of a photo's bytes, and what a person must look at because of it.

A photo's own subject is its content: `photo` and the id that follows from the hash.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import findings
from models.clock import EARLIEST
from models.derived import Changes, Source, Subject
from models.facts import Fact, Moment, note_moment
from models.feed import mark
from models.findings import Finding, Found
from models.house import House
from models.photos import MISSING, Photo, PhotoBytes, photo_bytes_id
from models.uploads import Upload
from sync import judge, limits

MISSING_AFTER = timedelta(hours=limits.photo_missing_hours)
MISSING_PER_TRANSACTION = 100


@dataclass(frozen=True)
class Verdict:
    """What looking at the bytes told: `present`, `unreadable` and why, or `lost` by the store."""

    state: str
    type: str | None = None
    reason: str | None = None
    seen: dict[str, Any] = field(default_factory=dict)


def settle(session: Session, now: datetime, subject: Subject, verdict: Verdict | None) -> bool:
    """Write the verdict on the photo, which is locked, and what has to be found of it.

    Answers False where the bytes were erased meanwhile: then nothing is written.
    """
    row = session.get(PhotoBytes, subject.id)
    if row is not None and verdict is not None:
        if row.state == "erased":
            return False
        _write(session, row, verdict)
        mark(session, {Source("photo", row.sha256)})
    judge.follow(session, now, refind(session, subject))
    return True


def _write(session: Session, row: PhotoBytes, verdict: Verdict) -> None:
    if verdict.state != "lost":
        row.state, row.type = verdict.state, verdict.type
        row.reason, row.seen = verdict.reason, verdict.seen
        return
    # They are wanted again, from whichever device still has them.
    session.execute(update(Upload).where(Upload.sha256 == row.sha256).values(finished=None))
    session.delete(row)
    session.flush()


def refind(session: Session, subject: Subject, missing: str | None = None) -> Changes:
    """Make the findings about the photo, which is locked, say how it stands now.

    `missing` is the hash of bytes that should have been here.
    """
    row = session.get(PhotoBytes, subject.id)
    found, sha256 = [], missing or _looked_for(session, subject)
    if row is not None:
        found, sha256 = _unreadable(session, row), row.sha256
    elif sha256 is not None:
        found = _missing(session, subject, sha256)
    changes = findings.keep(session, subject, found)
    if changes.sources and sha256 is not None:  # visits show whether anybody still waits for them
        changes.sources.add(Source("photo", sha256))
    return changes


def _unreadable(session: Session, row: PhotoBytes) -> list[Found]:
    if row.state != "unreadable":
        return []
    evidence = {**_evidence(session, row.sha256), "reason": row.reason}
    return [Found("photo.unreadable", (), row.arrived, evidence)]


def _looked_for(session: Session, subject: Subject) -> str | None:
    """The hash of bytes that were found missing before."""
    held = session.get(Finding, Found("photo.missing", (), EARLIEST, {}).id_about(subject))
    return None if held is None else str(held.evidence["sha256"])


def _missing(session: Session, subject: Subject, sha256: str) -> list[Found]:
    evidence = _evidence(session, sha256)
    moment = select(func.min(Moment.at)).where(
        Moment.subject_type == subject.type, Moment.subject_id == subject.id
    )
    since = session.scalar(moment.where(Moment.kind == MISSING))
    if since is None or not evidence["visits"]:
        return []
    return [Found("photo.missing", (), since, evidence)]


def _evidence(session: Session, sha256: str) -> dict[str, Any]:
    visits = session.scalars(select(Photo.visit_id).where(Photo.sha256 == sha256).distinct())
    return {"sha256": sha256, "visits": sorted(map(str, visits))}


def note_missing(house: House) -> int:
    """Write a moment for each photo whose bytes have not come a day after it was promised; answers
    how many there are. The phone is reminded by the visit's document, the desk by a finding."""
    noted = 0
    while some := house.database.transact(_note_some):
        noted += some
    return noted


def _note_some(session: Session, now: datetime) -> int:
    due = _due(session, now - MISSING_AFTER)
    subjects = {sha256: Subject("photo", photo_bytes_id(sha256)) for sha256, _ in due}
    judge.lock(session, list(subjects.values()))
    for sha256, promised in due:
        note_moment(session, subjects[sha256], MISSING, promised + MISSING_AFTER)
        judge.follow(session, now, refind(session, subjects[sha256], sha256))
    mark(session, {Source("photo", sha256) for sha256 in subjects})
    return len(due)


def _due(session: Session, before: datetime) -> Sequence[tuple[str, datetime]]:
    """Hashes whose bytes never came, and when they were promised first; not noted yet."""
    query = (
        select(Photo.sha256, func.min(Fact.received))
        .join(Fact, Fact.key == Photo.fact_key)
        .outerjoin(PhotoBytes, PhotoBytes.sha256 == Photo.sha256)
        .where(PhotoBytes.id.is_(None), Fact.received <= before)
        .group_by(Photo.sha256)
        .order_by(Photo.sha256)
    )
    absent = [(sha256, promised) for sha256, promised in session.execute(query)]
    known = missing_of(session, [sha256 for sha256, _ in absent])
    return [one for one in absent if one[0] not in known][:MISSING_PER_TRANSACTION]


def missing_of(session: Session, hashes: Sequence[str]) -> set[str]:
    """Those of the hashes of which a moment says that they should have been here."""
    ids = {photo_bytes_id(sha256): sha256 for sha256 in hashes}
    query = select(Moment.subject_id).where(
        Moment.subject_type == "photo", Moment.kind == MISSING, Moment.subject_id.in_(ids)
    )
    return {ids[id_] for id_ in session.scalars(query)}


def given_up_of(session: Session, hashes: Sequence[str]) -> set[str]:
    """Those of the hashes for whose bytes the desk no longer waits."""
    ids = {photo_bytes_id(sha256): sha256 for sha256 in hashes}
    query = select(Finding.subject_id).where(
        Finding.code == "photo.missing",
        Finding.state == "settled",
        Finding.subject_type == "photo",
        Finding.subject_id.in_(ids),
    )
    return {ids[id_] for id_ in session.scalars(query)}

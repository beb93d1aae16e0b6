"""The nightly proof: what must always be true, asked of the whole database and of the blobs."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import findings
from models.derived import Subject
from models.feed import Life
from models.findings import Found
from models.house import House
from models.photos import PREVIEWS, PhotoBytes, preview_name
from sync import judge
from sync.invariants import violations

SENTENCES_MAX = 5
PHOTOS_KEPT = "every_photo_has_its_bytes"


def prove(house: House) -> dict[str, list[str]]:
    """Everything that does not hold, by invariant; a finding says so until it holds again."""
    broken = house.database.read(violations)
    lost = list(blobs_that_are_lost(house))
    if lost:
        broken[PHOTOS_KEPT] = lost
    evidence = {
        name: {"count": len(sentences), "first": sentences[:SENTENCES_MAX]}
        for name, sentences in broken.items()
    }

    def body(session: Session, now: datetime) -> None:
        subject = Subject("house", session.scalars(select(Life.number)).one())
        judge.lock(session, [subject])
        found = [Found("house.proof", (), now, evidence)] if broken else []
        judge.follow(session, now, findings.keep(session, subject, found))

    house.database.transact(body)
    return broken


def blobs_that_are_lost(house: House) -> Iterator[str]:
    """The photos of which the store lacks the original or a preview."""
    query = select(PhotoBytes.sha256, PhotoBytes.state).order_by(PhotoBytes.sha256)
    rows = house.database.read(lambda session: session.execute(query).all())
    kept = set(house.blobs.names())
    for sha256, state in rows:
        wanted = {sha256} if state != "erased" else set()
        if state == "present":
            wanted |= {preview_name(sha256, side) for side in PREVIEWS}
        yield from (f"the store lacks {name}" for name in sorted(wanted - kept))
        if state == "erased" and sha256 in kept:
            yield f"the store still has the erased {sha256}"

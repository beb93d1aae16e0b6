"""Erasing a photo: a decision under a rule, after which its bytes go and are never taken again."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.decisions import Decision
from models.derived import Changes, Source, Subject
from models.photos import Photo, PhotoBytes, photo_bytes_id, photo_job
from models.refusals import Refused

Data = Mapping[str, Any]


def subjects(data: Data) -> Sequence[Subject]:
    """The photo, by its content."""
    return [Subject("photo", photo_bytes_id(data["sha256"]))]


def check_erasing(session: Session, data: Data) -> None:
    """Check that there is such a photo and that it is not erased. Raises Refused."""
    row = session.get(PhotoBytes, photo_bytes_id(data["sha256"]))
    if row is not None and row.state == "erased":
        raise Refused("erased", "sha256")
    if row is None and _promised(session, data["sha256"]) is None:
        raise Refused("unknown", "sha256")


def write_erasing(session: Session, decision: Decision) -> Changes:
    """Say when and under which rule; the worker removes what lies in the store."""
    sha256 = decision.data["sha256"]
    row = session.get(PhotoBytes, photo_bytes_id(sha256))
    if row is None:  # promised and not here yet: it will not be taken
        photo = _promised(session, sha256)
        size = 0 if photo is None else photo.size
        row = PhotoBytes(id=photo_bytes_id(sha256), sha256=sha256, size=size, arrived=decision.at)
        session.add(row)
    row.state, row.type, row.reason, row.seen = "erased", None, None, {}
    row.erased, row.erased_under = decision.at, decision.data["under"]
    return Changes({Source("photo", sha256)}, {photo_job(sha256)})


def _promised(session: Session, sha256: str) -> Photo | None:
    return session.scalar(select(Photo).where(Photo.sha256 == sha256).limit(1))

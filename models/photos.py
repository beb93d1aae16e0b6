"""Photos by promise: a fact names hash, size and type before the bytes arrive.

What became of the bytes is one row by content, `PhotoBytes`, whoever promised and brought them.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import SchemaItem

from models.base import Base
from models.derived import Derived, Job, Source, Subject
from models.ids import derived

PHOTO_TYPES = ("image/jpeg", "image/png", "image/webp", "image/heic")
PREVIEWS = (320, 1600)  # the longer side in pixels
PREVIEW_TYPE = "image/webp"
PHOTOS_MAX = 500  # of one visit
GIVEN_UP = "given_up"  # the desk no longer waits for them
MISSING = "missing"  # the moment at which bytes that were promised should have been here


class Photo(Derived):
    """A promised photo of a visit. Whether its bytes are there, `PhotoBytes` tells."""

    __tablename__ = "photo"

    visit_id: Mapped[UUID]
    fact_key: Mapped[UUID] = mapped_column(ForeignKey("fact.key"))
    sha256: Mapped[str]
    size: Mapped[int]
    type: Mapped[str]
    purpose: Mapped[str]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (Index("ix_photo_visit_id", "visit_id"), Index("ix_photo_sha256", "sha256"))

    def sources(self) -> Iterable[Source]:
        return [Source("visit", str(self.visit_id))]

    def jobs(self) -> Iterable[Job]:
        return [photo_job(self.sha256)]


class PhotoPromise(Base):
    """Bytes that a device promised of a visit, written when the fact is stored: even a held fact
    promises."""

    __tablename__ = "photo_promise"
    __table_args__ = (
        PrimaryKeyConstraint("origin_id", "sha256"),
        Index("ix_photo_promise_subject_id", "subject_id"),
    )
    origin_id: Mapped[UUID] = mapped_column(ForeignKey("origin.id"))
    sha256: Mapped[str]
    size: Mapped[int]
    subject_id: Mapped[UUID | None]


class PhotoBytes(Base):
    """Bytes that arrived, by content, and what was seen in them.

    `state`: arrived, then present, unreadable (and kept, `reason` says why) or erased (`erased`
    when, `erased_under` which rule). `seen` is for the staff: size, frames, time, place, camera.
    """

    __tablename__ = "photo_bytes"
    __table_args__ = (
        UniqueConstraint("sha256"),
        CheckConstraint("state IN ('arrived', 'present', 'unreadable', 'erased')", name="state"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    sha256: Mapped[str]
    size: Mapped[int]
    type: Mapped[str | None]
    state: Mapped[str]
    reason: Mapped[str | None]
    seen: Mapped[dict[str, Any]]
    arrived: Mapped[datetime]
    erased: Mapped[datetime | None]
    erased_under: Mapped[str | None]


def photo_job(sha256: str) -> Job:
    """The work of looking at the bytes of that hash."""
    return Job("photo", Subject("photo", photo_bytes_id(sha256)))


def photo_bytes_id(sha256: str) -> UUID:
    """The id of the bytes of one hash."""
    return derived("photo", sha256)


def preview_name(sha256: str, side: int) -> str:
    """The name of a preview beside its original."""
    return f"{sha256}.{side}.webp"

"""Photos by promise: a fact names hash, size and type before the bytes arrive."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.schema import SchemaItem

from models import outbox
from models.base import Base
from models.derived import Derived, Job, Source, Subject
from models.dialect import insert_missing
from models.feed import mark
from models.ids import Ids, derived
from models.people import Device, Origin
from models.refusals import Refused

PHOTO_TYPES = ("image/jpeg", "image/png", "image/webp", "image/heic")


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
    """Bytes that a device promised, written when the fact is stored: even a held fact promises."""

    __tablename__ = "photo_promise"
    __table_args__ = (PrimaryKeyConstraint("origin_id", "sha256"),)
    origin_id: Mapped[UUID] = mapped_column(ForeignKey("origin.id"))
    sha256: Mapped[str]
    size: Mapped[int]


class PhotoBytes(Base):
    """Bytes that arrived, by content. `state`: arrived, then present or unreadable (and kept)."""

    __tablename__ = "photo_bytes"
    __table_args__ = (
        UniqueConstraint("sha256"),
        CheckConstraint("state IN ('arrived', 'present', 'unreadable')", name="state"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    sha256: Mapped[str]
    size: Mapped[int]
    type: Mapped[str | None]
    state: Mapped[str]
    arrived: Mapped[datetime]


class Upload(Base):
    """A tus upload under way. How far it has come is the length of its file, nothing else."""

    __tablename__ = "upload"
    __table_args__ = (UniqueConstraint("device_id", "sha256"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.id"))
    sha256: Mapped[str]
    size: Mapped[int]
    created: Mapped[datetime]
    finished: Mapped[datetime | None]


def photo_job(sha256: str) -> Job:
    """The work of looking at the bytes of that hash."""
    return Job("photo", Subject("photo", photo_bytes_id(sha256)))


def photo_bytes_id(sha256: str) -> UUID:
    """The id of the bytes of one hash."""
    return derived("photo", sha256)


def promised_size(session: Session, user_id: UUID, sha256: str) -> int | None:
    """The size that a device of the user's promised for the hash; None if none did."""
    query = (
        select(PhotoPromise.size)
        .join(Origin, Origin.id == PhotoPromise.origin_id)
        .where(Origin.user_id == user_id, PhotoPromise.sha256 == sha256)
    )
    return session.scalar(query.limit(1))


def begin_upload(
    session: Session, now: datetime, ids: Ids, device: Device, sha256: str, size: int
) -> Upload:
    """The device's upload of promised bytes: the one that was begun, or a new one.

    Raises Refused where nobody promised them, or others.
    """
    promise = promised_size(session, device.user_id, sha256)
    if promise is None:
        raise Refused("unknown", "sha256", "state photo.taken and exchange it first")
    if promise != size:
        raise Refused("wrong_value", "Upload-Length", f"{promise} bytes were promised")
    fresh = {"id": ids.new(now), "device_id": device.id, "sha256": sha256, "size": size}
    insert_missing(session, Upload, [{**fresh, "created": now, "finished": None}])
    query = select(Upload).where(Upload.device_id == device.id, Upload.sha256 == sha256)
    return session.scalars(query).one()


def finish_upload(session: Session, now: datetime, upload_id: UUID) -> None:
    """Say that the upload's bytes are here, as a blob; somebody has to look at them now."""
    upload = session.get_one(Upload, upload_id)
    upload.finished = now
    row = {"id": photo_bytes_id(upload.sha256), "sha256": upload.sha256, "size": upload.size}
    insert_missing(session, PhotoBytes, [{**row, "type": None, "state": "arrived", "arrived": now}])
    outbox.put(session, now, [photo_job(upload.sha256)])
    mark(session, {Source("photo", upload.sha256)})

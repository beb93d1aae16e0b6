"""Uploads: promised bytes on their way, begun once a device and hash, finished or expired."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models import outbox
from models.base import Base
from models.derived import Source
from models.dialect import insert_missing
from models.feed import mark
from models.ids import Ids
from models.people import Device, Origin
from models.photos import PHOTOS_MAX, Photo, PhotoBytes, PhotoPromise, photo_bytes_id, photo_job
from models.queries import locked
from models.refusals import Refused

UPLOAD_LIFE = timedelta(days=7)
QUOTA_BYTES = 5 * 1024**3  # begun by one device
QUOTA_PERIOD = timedelta(days=1)


class Upload(Base):
    """A tus upload under way. How far it has come is the length of its file, nothing else.

    `expires` counts until it is finished; beginning it again renews it.
    """

    __tablename__ = "upload"
    __table_args__ = (UniqueConstraint("device_id", "sha256"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.id"))
    sha256: Mapped[str]
    size: Mapped[int]
    created: Mapped[datetime]
    expires: Mapped[datetime]
    finished: Mapped[datetime | None]


def begin_upload(
    session: Session, now: datetime, ids: Ids, device: Device, sha256: str, size: int
) -> Upload:
    """The device's upload of promised bytes: the one that was begun, or a new one.

    Raises Refused where nobody promised them, or others, or more than there may be, or where they
    were erased.
    """
    _check_promise(session, device.user_id, sha256, size)
    query = select(Upload).where(Upload.device_id == device.id, Upload.sha256 == sha256)
    if session.scalar(query) is None:
        _check_quota(session, now, device, size)
    values = {"id": ids.new(now), "device_id": device.id, "sha256": sha256, "size": size}
    times = {"created": now, "expires": now, "finished": None}
    insert_missing(session, Upload, [{**values, **times}])
    upload = session.scalars(query).one()
    upload.expires = now + UPLOAD_LIFE
    return upload


def _check_promise(session: Session, user_id: UUID, sha256: str, size: int) -> None:
    """A device of the user's promised just these bytes, and they are wanted."""
    query = (
        select(PhotoPromise)
        .join(Origin, Origin.id == PhotoPromise.origin_id)
        .where(Origin.user_id == user_id, PhotoPromise.sha256 == sha256)
    )
    promise = session.scalar(query.limit(1))
    if promise is None:
        raise Refused("unknown", "sha256", "state photo.taken and exchange it first")
    if promise.size != size:
        raise Refused("wrong_value", "Upload-Length", f"{promise.size} bytes were promised")
    bytes_ = session.get(PhotoBytes, photo_bytes_id(sha256))
    if bytes_ is not None and bytes_.state == "erased":
        raise Refused("erased", "sha256")
    _check_count(session, promise)


def _check_count(session: Session, promise: PhotoPromise) -> None:
    """Of a visit with more promises than there may be, only the photos that it shows are taken."""
    if promise.subject_id is None:  # promised before promises named their visit
        return
    of_visit = PhotoPromise.subject_id == promise.subject_id
    count = select(func.count(PhotoPromise.sha256.distinct())).where(of_visit)
    if (session.scalar(count) or 0) <= PHOTOS_MAX:
        return
    if session.scalar(select(Photo.id).where(Photo.sha256 == promise.sha256).limit(1)) is None:
        raise Refused("too_many_photos", "sha256", f"{PHOTOS_MAX} are promised already")


def _check_quota(session: Session, now: datetime, device: Device, size: int) -> None:
    since = now - QUOTA_PERIOD
    query = select(func.sum(Upload.size)).where(
        Upload.device_id == device.id, Upload.created > since
    )
    if (session.scalar(query) or 0) + size > QUOTA_BYTES:
        raise Refused("quota", "Upload-Length", f"{QUOTA_BYTES} bytes a day")


def finish_upload(session: Session, now: datetime, upload_id: UUID) -> None:
    """Say that the upload's bytes are here, as a blob; somebody has to look at them now."""
    upload = session.get_one(Upload, upload_id)
    upload.finished = now
    row: dict[str, Any] = {"id": photo_bytes_id(upload.sha256), "sha256": upload.sha256}
    row |= {"size": upload.size, "state": "arrived", "seen": {}, "arrived": now}
    nothing = dict.fromkeys(("type", "reason", "erased", "erased_under"))
    insert_missing(session, PhotoBytes, [{**row, **nothing}])
    outbox.put(session, now, [photo_job(upload.sha256)])
    mark(session, {Source("photo", upload.sha256)})


def hashes_brought(session: Session, user_id: UUID, hashes: Sequence[str]) -> dict[str, bool]:
    """Of these hashes, those whose bytes a device of the user has brought: erased since, or not."""
    query = (
        select(Upload.sha256, PhotoBytes.state)
        .join(Device, Device.id == Upload.device_id)
        .outerjoin(PhotoBytes, PhotoBytes.sha256 == Upload.sha256)
        .where(Device.user_id == user_id, Upload.finished.is_not(None))
        .where(Upload.sha256.in_(hashes))
    )
    return {sha256: state == "erased" for sha256, state in session.execute(query)}


def expired_uploads(session: Session, now: datetime) -> list[Upload]:
    """The uploads that were not finished in time."""
    query = select(Upload).where(Upload.finished.is_(None), Upload.expires <= now)
    return list(session.scalars(query.order_by(Upload.id)))


def drop_upload(session: Session, now: datetime, upload_id: UUID) -> bool:
    """Forget an upload that has expired; False where it was renewed or finished meanwhile."""
    upload = locked(session, Upload, upload_id)
    if upload is None or upload.finished is not None or upload.expires > now:
        return False
    session.delete(upload)
    return True

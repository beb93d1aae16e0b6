"""Looking at a photo's bytes: are they what the promise said, and can they be decoded?"""

import logging
import warnings
from datetime import datetime

from PIL import Image
from pillow_heif import register_heif_opener
from sqlalchemy.orm import Session

from models import outbox
from models.derived import Source, Subject
from models.feed import mark
from models.house import House
from models.photos import PhotoBytes
from sync import judge, limits

log = logging.getLogger(__name__)

Image.MAX_IMAGE_PIXELS = limits.photo_pixels_max
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")  # Other decoders would only add ways to be attacked.
# A JPEG with a second picture in it, as some phones make them, opens as MPO.
MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "HEIF": "image/heic",
}
register_heif_opener()


def look_at(house: House, subject: Subject) -> None:
    """Set the bytes to present or unreadable; kept they are in either case."""
    bytes_ = house.database.read(lambda session: session.get(PhotoBytes, subject.id))
    type_ = None if bytes_ is None else media_type(house, bytes_.sha256)

    def body(session: Session, now: datetime) -> None:
        judge.lock(session, [subject])
        waiting = outbox.waiting(session, "photo", subject)
        row = session.get(PhotoBytes, subject.id)
        if row is not None and bytes_ is not None:
            row.type, row.state = type_, "unreadable" if type_ is None else "present"
            mark(session, {Source("photo", row.sha256)})
        outbox.done(session, waiting)

    house.database.transact(body)


def media_type(house: House, sha256: str) -> str | None:
    """The media type that the bytes really are, or None where no pixel can be read."""
    with warnings.catch_warnings(), house.blobs.open(sha256) as file:
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(file, formats=FORMATS) as image:
                image.load()
                return MEDIA_TYPES[image.format or ""]
        except Exception as error:
            log.info("no pixel of %s can be read: %r", sha256, error)
            return None

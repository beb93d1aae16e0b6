"""Taking in an outbox that a device exported, as if the device had sent it.

What is inside the sealed stream: one line of JSON that says what follows, a line for each fact, and
the photos' bytes one after the other. Facts are stored and judged as in an exchange, photos go the
way of uploads. So whatever arrives again, from the device or from a file, is there already.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from io import BufferedReader
from typing import IO, Any, TypeVar
from uuid import UUID

from marshmallow import ValidationError, fields, validate
from sqlalchemy.orm import Session

from models import sealed
from models.bringing import Bringing
from models.clock import bounded
from models.house import House
from models.keys import Unreadable
from models.people import Device
from models.records.sealing import HASH_FORM
from models.refusals import Refused
from models.uploads import Upload, begin_upload
from sync import limits
from sync.arriving import Arriving, Busy, Overtaken, Writer
from sync.envelope import Few, Strict, sent_fact
from sync.exchange import bring
from sync.facts.text import SentFact, first_error
from sync.store import Stored

T = TypeVar("T")

COPY_BYTES = 64 * 1024


class BroughtPhoto(Strict):
    """The hash and size of a photo whose bytes follow."""

    sha256 = fields.String(required=True, validate=validate.Regexp(rf"\A{HASH_FORM.pattern}\Z"))
    size = fields.Integer(
        required=True, strict=True, validate=validate.Range(1, limits.photo_bytes_max)
    )


class Head(Strict):
    """The first line: whose outbox it is, when it was exported, and what follows."""

    device = fields.UUID(required=True)
    exported = fields.AwareDateTime(required=True)
    facts = fields.Integer(
        required=True, strict=True, validate=validate.Range(0, limits.outbox_facts_max)
    )
    photos = Few(fields.Nested(BroughtPhoto), limits.outbox_photos_max, required=True)


@dataclass(frozen=True)
class Brought:
    """What became of it: the receipts of the facts in their order, and each photo's outcome."""

    id: UUID
    receipts: list[dict[str, Any]]
    stored: Stored
    photos: list[tuple[str, str]]


def take_outbox(house: House, device_id: UUID, user_id: UUID, source: IO[bytes]) -> Brought:
    """Take in the exported outbox of the device, which the user brought. Raises Refused.

    What was taken in before something went wrong stays; brought again, it is there already.
    """
    try:
        reader = sealed.opened(house.key(), source)
        head = _line(Head().load, reader, "head")
        if head["device"] != device_id:
            raise Refused("wrong_value", "device", f"it is the outbox of {head['device']}")
        device, bringing = _begin(house, device_id, user_id, head)
        receipts: list[dict[str, Any]] = []
        stored = bring(house.database, device, [], bringing)
        for facts in _batches(reader, head["facts"]):
            stored = bring(house.database, device, facts, bringing)
            receipts += stored.receipts
        photos = [(one["sha256"], _photo(house, device, one, reader)) for one in head["photos"]]
    except Unreadable as error:
        raise Refused("outbox_unreadable", "outbox", str(error)) from error
    return Brought(bringing, receipts, stored, photos)


def _begin(
    house: House, device_id: UUID, user_id: UUID, head: dict[str, Any]
) -> tuple[Device, UUID]:
    def body(session: Session, now: datetime) -> tuple[Device, UUID]:
        device = session.get(Device, device_id)
        if device is None:
            raise Refused("unknown", "device")
        bringing = Bringing(
            id=house.ids.new(now),
            device_id=device_id,
            user_id=user_id,
            at=now,
            exported=bounded(head["exported"], timedelta(0)),
            facts=head["facts"],
            photos=len(head["photos"]),
        )
        session.add(bringing)
        return device, bringing.id

    return house.database.transact(body)


def _line(read: Callable[[Any], T], reader: BufferedReader, what: str) -> T:
    """The next line, as the function reads it. A line has as much as a body may have."""
    line = reader.readline(limits.body_bytes_max + 1)
    if not line.endswith(b"\n"):
        raise Unreadable(f"{what}: the line does not end, or is too long")
    try:
        return read(json.loads(line))
    except ValidationError as error:
        field, detail = first_error(error.messages)
        raise Unreadable(f"{what}: {field}: {detail}"[:200]) from error
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{what}: it is no JSON") from error


def _batches(reader: BufferedReader, count: int) -> Iterator[Sequence[SentFact]]:
    """The facts, as many at once as an exchange may bring; one that is larger comes alone."""
    batch: list[SentFact] = []
    for number in range(1, count + 1):
        sent = _line(partial(sent_fact, number=number), reader, "facts")
        size = sent.size + sum(one.size for one in batch)
        if batch and (len(batch) == limits.facts_per_exchange_max or size > limits.facts_bytes_max):
            yield batch
            batch = []
        batch.append(sent)
    if batch:
        yield batch


def _photo(house: House, device: Device, one: dict[str, Any], reader: BufferedReader) -> str:
    """Take a photo's bytes in, or pass them over; answers `taken`, or the code of a refusal."""
    sha256, size = one["sha256"], one["size"]

    def body(session: Session, now: datetime) -> Upload:
        return begin_upload(session, now, house.ids, device, sha256, size)

    left = _Left(reader, size)
    try:
        arriving = Arriving.of(house, house.database.transact(body))
        with arriving.writing() as writer:
            if not arriving.is_finished():
                _pour(left, writer)
        taken = arriving.finish()
    except Refused as refused:
        return refused.kind.code
    except (Busy, Overtaken):
        return "locked"
    finally:
        left.skip(left.count)
    return "taken" if taken else "checksum_mismatch"


@dataclass
class _Left:
    """What is left of one photo in the stream."""

    reader: BufferedReader
    count: int

    def read(self, most: int) -> bytes:
        piece = self.reader.read(min(most, self.count))
        if not piece and self.count:
            raise Unreadable("a photo ends too early")
        self.count -= len(piece)
        return piece

    def skip(self, count: int) -> None:
        while count:
            count -= len(self.read(min(count, COPY_BYTES)))


def _pour(left: _Left, writer: Writer) -> None:
    """Write the photo's bytes from where the upload stands."""
    left.skip(min(writer.offset, left.count))
    while left.count:
        writer.write(left.read(COPY_BYTES))

"""A technician's phone in this process: the reference device over the exchange itself."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from cli.sampling.pictures import Picture
from models import enrolment
from models.clock import ManualClock
from models.house import House
from models.ids import Ids
from models.people import Device as DeviceRow
from models.people import User
from models.uploads import begin_upload, finish_upload
from sync.device import Device, Exchange, Json, new_key
from sync.envelope import EnvelopeSchema
from sync.exchange import exchange


@dataclass
class Phone:
    """A device in somebody's hands, and the photos whose bytes it has not brought yet."""

    house: House
    device: Device
    promised: list[Picture] = field(default_factory=list)

    @classmethod
    def enrol(cls, house: House, clock: ManualClock, ids: Ids, user: User) -> "Phone":
        """Make a key and spend a one-time code, as a new phone does."""
        key, public_key = new_key(ids)

        def body(session: Session, now: datetime) -> UUID:
            code = enrolment.issue_code(session, now, ids, user.id)
            session.flush()
            name = f"{user.name} phone"
            return enrolment.enrol(session, now, ids, code, public_key, name).device.id

        id_ = house.database.transact(body)
        return cls(house, Device(id_, clock, ids, key, _wire(house, id_)))

    def sync(self) -> None:
        """Exchange until nothing waits, and bring the photos."""
        self.device.sync()
        while self.promised:
            self._bring(self.promised.pop(0))

    def _bring(self, picture: Picture) -> None:
        """Bring a photo's bytes as the end of an upload leaves them: a blob, and rows of it."""
        database, sha256 = self.house.database, picture.sha256

        def begin(session: Session, now: datetime) -> UUID:
            row = session.get_one(DeviceRow, self.device.id)
            size = len(picture.data)
            return begin_upload(session, now, self.device.ids, row, sha256, size).id

        upload = database.transact(begin)
        file = self.house.uploads / str(upload)
        file.write_bytes(picture.data)
        self.house.blobs.adopt(file, sha256)
        database.transact(lambda session, now: finish_upload(session, now, upload))
        file.unlink()


def _wire(house: House, device_id: UUID) -> Exchange:
    """The exchange as a function over JSON, as the network would carry it."""

    def call(request: Json) -> Json:
        envelope = EnvelopeSchema().load(json.loads(json.dumps(request)))
        row = house.database.read(lambda session: session.get_one(DeviceRow, device_id))
        answer: Json = json.loads(exchange(house.database, row, envelope).body)
        return answer

    return call

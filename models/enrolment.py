"""How devices enrol and are revoked. Of every secret only a hash is kept."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from models import findings
from models.derived import Source, Subject
from models.feed import mark
from models.ids import Ids, code_hash, secret_hash
from models.people import Device, EnrolmentCode, Origin, is_active
from models.queries import locked
from models.records.points import is_usable
from models.refusals import Refused

CODE_LIFE = timedelta(minutes=15)
PUBLIC_KEY_FORM = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Enrolled:
    """A new device and its token, which is told once."""

    device: Device
    token: str


def check_form(public_key: str) -> None:
    """Refuse what is not written as a public key is."""
    if not PUBLIC_KEY_FORM.fullmatch(public_key):
        raise Refused("wrong_value", "public_key", "32 bytes of lower-case hexadecimal are needed")


def device_by_token(session: Session, token: str) -> Device | None:
    """The device whose token it is, revoked or not: what it states is taken either way."""
    return session.scalar(select(Device).where(Device.token_hash == secret_hash(token)))


def issue_code(session: Session, now: datetime, ids: Ids, user_id: UUID) -> str:
    """A one-time code for a device of the user; it lives 15 minutes. Raises Refused."""
    if not is_active(session, user_id):
        raise Refused("unknown", "user")
    code = ids.code()
    row = EnrolmentCode(
        code_hash=code_hash(code), user_id=user_id, expires=now + CODE_LIFE, used=None
    )
    session.add(row)
    return code


def enrol(
    session: Session, now: datetime, ids: Ids, code: str, public_key: str, name: str
) -> Enrolled:
    """Spend a code on a device with this Ed25519 public key (hexadecimal). Raises Refused."""
    check_form(public_key)
    if not is_usable(bytes.fromhex(public_key)):
        raise Refused("key_unusable", "public_key")
    spent = locked(session, EnrolmentCode, code_hash(code))
    if spent is None or spent.used is not None or spent.expires <= now:
        raise Refused("code_spent", "code")
    if not is_active(session, spent.user_id):
        raise Refused("code_spent", "code")
    spent.used = now
    token, id_ = ids.secret(), ids.new(now)
    session.add(Origin(id=id_, kind="device", user_id=spent.user_id))
    session.flush()
    device = Device(
        id=id_,
        user_id=spent.user_id,
        name=name,
        public_key=public_key,
        token_hash=secret_hash(token),
        enrolled=now,
        revoked=None,
        last_seen=None,
        unsent_since=None,
        reset=None,
        renewed=None,
        busy_until=None,
    )
    session.add(device)
    session.flush()
    return Enrolled(device, token)


def revoke(
    session: Session,
    now: datetime,
    device_id: UUID,
    user_id: UUID | None = None,
    wipe: bool = False,
) -> None:
    """From now on nothing goes to the device, and what it still states is held. It is told to wipe
    itself once nothing on it is unsent; with `wipe`, said now or later, whatever it still holds.

    Raises Refused if there is no such device, or, where a user is given, if it is another's.
    """
    device = locked(session, Device, device_id)
    if device is None or user_id not in (None, device.user_id):
        raise Refused("unknown", "device")
    device.wipe = device.wipe or wipe
    if device.revoked is None:
        device.revoked = now
        mark(session, {Source("device", str(device_id))})
        note_unsent(session, now, device)


def note_unsent(session: Session, now: datetime, device: Device) -> None:
    """What is still on the device, which is revoked, may never come, or come and be held: it is
    found until it is here."""
    subject = Subject("device", device.id)
    evidence = {"device": str(device.id), "facts": device.unsent_facts}
    found = findings.Found("device.unsent", (), now, evidence)
    if device.unsent_facts:
        findings.note(session, subject, found)
    else:
        findings.withdraw(session, subject, found)


def sweep(session: Session, now: datetime) -> None:
    """Forget the codes that are used or too old."""
    gone = or_(EnrolmentCode.expires <= now, EnrolmentCode.used.is_not(None))
    session.execute(delete(EnrolmentCode).where(gone))

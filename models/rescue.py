"""A device that lost its token, but not its key, gets another: it stays the same device.

It signs a challenge, which nobody keeps: it carries its end and a MAC over the token that it is to
replace. So it works once, as that token then ends, and asking for one writes nothing.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import EARLIEST
from models.enrolment import check_form
from models.ids import Ids, secret_hash
from models.keys import subkey
from models.people import Device
from models.queries import locked
from models.records.sealing import signature_fits
from models.refusals import Refused

CHALLENGE_LIFE = timedelta(minutes=2)
PURPOSE = "onsite.token"
MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Challenge:
    """What the device has to sign, and until when."""

    device_id: UUID
    text: str
    expires: datetime


def challenge(session: Session, now: datetime, key: bytes, public_key: str) -> Challenge:
    """A challenge for the device of that key. Raises Refused; a revoked device gets none."""
    check_form(public_key)
    device = session.scalar(select(Device).where(Device.public_key == public_key))
    if device is None:
        raise Refused("key_unknown", "public_key")
    _check_not_revoked(device)
    expires = now + CHALLENGE_LIFE
    until = str((expires - EARLIEST) // MILLISECOND)
    return Challenge(device.id, f"{until}.{_mac(key, device, until)}", expires)


def renew(
    session: Session,
    now: datetime,
    ids: Ids,
    key: bytes,
    device_id: UUID,
    challenge: str,
    signature: str,
) -> tuple[Device, str]:
    """Give the device that signed its challenge another token, and end the old one.

    Raises Refused, and then the old one stays.
    """
    device = locked(session, Device, device_id)
    if device is None:
        raise Refused("unknown", "device")
    _check_not_revoked(device)
    if not _is_open(key, device, now, challenge):
        raise Refused("challenge_spent", "challenge")
    if not signature_fits(device.public_key, signature, signed(device_id, challenge)):
        raise Refused("key_wrong", "signature")
    token = ids.secret()
    device.token_hash, device.renewed = secret_hash(token), now
    return device, token


def signed(device_id: UUID, challenge: str) -> bytes:
    """What the device signs: three lines, which are no fact."""
    return f"{PURPOSE}\n{device_id}\n{challenge}".encode("utf-8", "replace")


def _check_not_revoked(device: Device) -> None:
    if device.revoked is not None:
        raise Refused("revoked", "device")


def _is_open(key: bytes, device: Device, now: datetime, challenge: str) -> bool:
    until, _, mac = challenge.partition(".")
    if not hmac.compare_digest(mac.encode("utf-8", "replace"), _mac(key, device, until).encode()):
        return False
    return now < EARLIEST + int(until) * MILLISECOND


def _mac(key: bytes, device: Device, until: str) -> str:
    text = f"{device.id}\n{until}\n{device.token_hash}".encode("utf-8", "replace")
    return hmac.new(subkey(key, PURPOSE), text, sha256).hexdigest()

"""How people log in and devices enrol. Of every secret only a hash is kept."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models.derived import Source
from models.feed import mark
from models.ids import Ids, secret_hash
from models.people import (
    Device,
    EnrolmentCode,
    Origin,
    StaffSession,
    User,
    nobodys_hash,
    password_fits,
)
from models.refusals import Refused

CODE_LIFE = timedelta(minutes=15)
SESSION_LIFE = timedelta(hours=12)
PUBLIC_KEY_FORM = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Enrolled:
    """A new device and its token, which is told once."""

    device: Device
    token: str


def user_by_password(session: Session, name: str, password: str) -> User | None:
    """The active user of that name and password. How long it takes does not tell which is wrong."""
    user = session.scalar(select(User).where(User.name == name, User.active))
    fits = password_fits(password, nobodys_hash() if user is None else user.password_hash)
    return user if fits else None


def log_in(session: Session, now: datetime, ids: Ids, user: User) -> str:
    """A token for 12 hours. Sessions that have ended are swept out."""
    session.execute(delete(StaffSession).where(StaffSession.expires <= now))
    token = ids.secret()
    expires = now + SESSION_LIFE
    session.add(StaffSession(token_hash=secret_hash(token), user_id=user.id, expires=expires))
    return token


def user_by_token(session: Session, now: datetime, token: str) -> User | None:
    """The active user whose log-in the token is."""
    query = (
        select(User)
        .join(StaffSession, StaffSession.user_id == User.id)
        .where(
            StaffSession.token_hash == secret_hash(token),
            StaffSession.expires > now,
            User.active,
        )
    )
    return session.scalar(query)


def device_by_token(session: Session, token: str) -> Device | None:
    """The device whose token it is, revoked or not: what it states is taken either way."""
    return session.scalar(select(Device).where(Device.token_hash == secret_hash(token)))


def issue_code(session: Session, now: datetime, ids: Ids, user_id: UUID) -> str:
    """A one-time code for a device of the user; it lives 15 minutes. Raises Refused."""
    user = session.get(User, user_id)
    if user is None or not user.active:
        raise Refused("unknown", "user")
    code = ids.code()
    row = EnrolmentCode(
        code_hash=_code_hash(code), user_id=user_id, expires=now + CODE_LIFE, used=None
    )
    session.add(row)
    return code


def _code_hash(typed: str) -> str:
    """Of a code it counts which letters and digits were typed, not how they were set."""
    return secret_hash("".join(filter(str.isalnum, typed)).upper())


def enrol(
    session: Session, now: datetime, ids: Ids, code: str, public_key: str, name: str
) -> Enrolled:
    """Spend a code on a device with this Ed25519 public key (hexadecimal). Raises Refused."""
    if not PUBLIC_KEY_FORM.fullmatch(public_key):
        raise Refused("wrong_value", "public_key", "32 bytes of lower-case hexadecimal are needed")
    spent = session.get(EnrolmentCode, _code_hash(code), with_for_update=True)
    if spent is None or spent.used is not None or spent.expires <= now:
        raise Refused("code_spent", "code")
    if not session.get_one(User, spent.user_id).active:
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
    )
    session.add(device)
    session.flush()
    return Enrolled(device, token)


def revoke(session: Session, now: datetime, device_id: UUID) -> None:
    """From now on nothing goes to the device, and what it still states is held. Raises Refused."""
    device = session.get(Device, device_id, with_for_update=True)
    if device is None:
        raise Refused("unknown", "device")
    if device.revoked is None:
        device.revoked = now
        mark(session, {Source("device", str(device_id))})

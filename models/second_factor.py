"""The second factor: codes by time (TOTP, RFC 6238), each good once, and ten recovery codes.

The secret is encrypted with a key that is not in the database; of a recovery code only a hash is
kept, which is enough, as its 75 bits are drawn.
"""

import re
from base64 import b32encode
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import pyotp
from pyotp.exceptions import OTPVerificationError
from sqlalchemy import ForeignKey, delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.ids import Ids, code_hash
from models.keys import Unreadable, decrypt, encrypt
from models.queries import locked
from models.refusals import Refused

Key = Callable[[], bytes]  # a function, as a server that needs no key makes none

ISSUER = "Onsite"
SECRET_BYTES = 20
STEPS_AROUND = 1  # how many steps of 30 s a phone's clock may be wrong
RECOVERY_CODES = 10
RECOVERY_GROUPS = 3
CODE_FORM = re.compile(r"[0-9]{6}")


class SecondFactor(Base):
    """Somebody's secret, and the one they were shown and have not confirmed by a code yet.

    `step` is the time step of the last code that was used.
    """

    __tablename__ = "second_factor"
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    secret: Mapped[str | None]
    pending: Mapped[str | None]
    step: Mapped[int] = mapped_column(default=0)


class RecoveryCode(Base):
    """A code that stands in for the phone once; only its hash is kept."""

    __tablename__ = "recovery_code"
    code_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    used: Mapped[datetime | None]


def offer(session: Session, key: Key, ids: Ids, user_id: UUID) -> str:
    """A fresh secret in base32. It counts once a code confirms it; until then the old one does."""
    secret = b32encode(bytes.fromhex(ids.secret())[:SECRET_BYTES]).decode()
    row = _locked(session, user_id) or SecondFactor(user_id=user_id, secret=None, step=0)
    row.pending = encrypt(key(), ids, user_id, secret)
    session.add(row)
    session.flush()
    return secret


def address_of(secret: str, name: str) -> str:
    """The otpauth:// address that an app reads from a picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def confirm(
    session: Session, now: datetime, key: Key, ids: Ids, user_id: UUID, otp: str
) -> list[str] | None:
    """Put the offered secret in force if the code is its own; answers ten fresh recovery codes.

    Raises Refused where none was offered.
    """
    row = _locked(session, user_id)
    if row is None or row.pending is None:
        raise Refused("unknown", "otp", "no second factor was begun: POST /me/second-factor")
    step = _step_of(key, user_id, row.pending, now, otp)
    if step is None:
        return None
    row.secret, row.pending, row.step = row.pending, None, step
    codes = [ids.code(RECOVERY_GROUPS) for _ in range(RECOVERY_CODES)]
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    session.add_all(
        RecoveryCode(code_hash=code_hash(code), user_id=user_id, used=None) for code in codes
    )
    session.flush()
    return codes


def fits(session: Session, now: datetime, key: Key, user_id: UUID, otp: str) -> bool:
    """Whether it is a code of this moment or a recovery code, and was not used before; it is now.

    Raises Refused where the secret was encrypted with another key.
    """
    row = _locked(session, user_id)
    if row is None or row.secret is None:
        return False
    if not CODE_FORM.fullmatch(otp):
        return _recovers(session, now, user_id, otp)
    step = _step_of(key, user_id, row.secret, now, otp)
    if step is None or step <= row.step:
        return False
    row.step = step
    session.flush()
    return True


def remove(session: Session, user_id: UUID) -> None:
    """Forget the secrets and recovery codes of the user."""
    for table in (RecoveryCode, SecondFactor):
        session.execute(delete(table).where(table.user_id == user_id))


def _locked(session: Session, user_id: UUID) -> SecondFactor | None:
    """The user's row, so that of many who send one code at once one gets in."""
    return locked(session, SecondFactor, user_id)


def _recovers(session: Session, now: datetime, user_id: UUID, typed: str) -> bool:
    row = session.get(RecoveryCode, code_hash(typed))
    if row is None or row.user_id != user_id or row.used is not None:
        return False
    row.used = now
    session.flush()
    return True


def _step_of(key: Key, user_id: UUID, kept: str, now: datetime, otp: str) -> int | None:
    """The time step whose code it is, if that is this one or its neighbour."""
    try:
        totp = pyotp.TOTP(decrypt(key(), user_id, kept))
    except Unreadable:
        raise Refused("otp_unreadable", "otp") from None
    try:
        return totp.verify_and_get_timecode(otp, for_time=now, valid_window=STEPS_AROUND)
    except OTPVerificationError:
        return None

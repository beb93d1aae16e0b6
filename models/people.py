"""Who works here: users with roles and territories, and the devices they carry."""

from datetime import datetime
from enum import StrEnum
from functools import cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.derived import Source
from models.feed import mark
from models.ids import Ids

PASSWORD_LENGTH_MIN = 10
HASHER = PasswordHasher()  # as RFC 9106, section 4, advises where memory is scarce


class Role(StrEnum):
    """What somebody may do; one role a person."""

    TECHNICIAN = "technician"
    DISPATCHER = "dispatcher"
    WAREHOUSE = "warehouse"
    SUPERVISOR = "supervisor"


class Territory(Base):
    """An area of service with its time zone; the tier says how far it is: local, nearby, remote."""

    __tablename__ = "territory"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("tier IN ('local', 'nearby', 'remote')", name="tier"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    name: Mapped[str]
    tier: Mapped[str]
    zone: Mapped[str]


class User(Base):
    """A member of staff. `name` is what they log in with, `full_name` what others read.

    A password that somebody else gave them is good until `password_until`, and has to be changed.
    `second_factor` is since when they have one, `last_seen` when they were last at the desk.
    """

    __tablename__ = "user_account"
    __table_args__ = (UniqueConstraint("name"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    full_name: Mapped[str]
    role: Mapped[str]
    territory_id: Mapped[UUID | None] = mapped_column(ForeignKey("territory.id"))
    password_hash: Mapped[str]
    password_since: Mapped[datetime | None]
    password_until: Mapped[datetime | None]
    second_factor: Mapped[datetime | None]
    language: Mapped[str] = mapped_column(default="zh")
    active: Mapped[bool] = mapped_column(default=True)
    created: Mapped[datetime]
    last_seen: Mapped[datetime | None]


class StaffSession(Base):
    """A log-in at the desk, from where it was made; only the hash of its token is kept.

    It ends at `expires`, or earlier if it is not used; `last_used` is right to a minute.
    """

    __tablename__ = "staff_session"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    since: Mapped[datetime]
    last_used: Mapped[datetime]
    expires: Mapped[datetime]
    address: Mapped[str]
    agent: Mapped[str]


class Origin(Base):
    """Where statements come from: a device, a customer's link, or paper keyed in."""

    __tablename__ = "origin"
    __table_args__ = (CheckConstraint("kind IN ('device', 'link', 'paper')", name="kind"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))


class Device(Base):
    """A phone or tablet. It belongs to one user for ever; its token never expires, it is revoked.

    `public_key` is Ed25519, hexadecimal. `through` is the number below which no `seq` is missing.
    `renewed` is when it last got another token by its key, `busy_until` how far its requests run
    ahead of its pace (sync/pace.py). `wipe` is whether a revoked one forgets what it did not send.
    """

    __tablename__ = "device"
    __table_args__ = (UniqueConstraint("token_hash"), UniqueConstraint("public_key"))
    id: Mapped[UUID] = mapped_column(ForeignKey("origin.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str]
    public_key: Mapped[str]
    token_hash: Mapped[str]
    enrolled: Mapped[datetime]
    revoked: Mapped[datetime | None]
    wipe: Mapped[bool] = mapped_column(default=False)
    through: Mapped[int] = mapped_column(default=0)
    last_seen: Mapped[datetime | None]
    unsent_facts: Mapped[int] = mapped_column(default=0)
    unsent_bytes: Mapped[int] = mapped_column(default=0)
    unsent_since: Mapped[datetime | None]
    reset: Mapped[datetime | None]
    renewed: Mapped[datetime | None]
    busy_until: Mapped[datetime | None]


class EnrolmentCode(Base):
    """A one-time code with which a user's device enrols; only its hash is kept."""

    __tablename__ = "enrolment_code"
    code_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    expires: Mapped[datetime]
    used: Mapped[datetime | None]


def is_active(session: Session, user_id: UUID) -> bool:
    """Whether the user works here. That stays so until the transaction ends: leaving waits."""
    query = select(User.id).where(User.id == user_id, User.active)
    return session.scalar(query.with_for_update(read=True, key_share=True)) is not None


def password_hash(password: str) -> str:
    """The argon2id hash that is kept. Raises ValueError for fewer than 10 characters."""
    if len(password) < PASSWORD_LENGTH_MIN:
        raise ValueError(f"a password has at least {PASSWORD_LENGTH_MIN} characters")
    return HASHER.hash(password)


def password_fits(password: str, hashed: str) -> bool:
    """Whether the password is the one that was hashed."""
    try:
        return HASHER.verify(hashed, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


@cache
def nobodys_hash() -> str:
    """A hash that fits no password which is ever tried, to spend as much time on as on any."""
    return HASHER.hash("nobody")


def first_supervisor(session: Session, now: datetime, ids: Ids, password: str) -> str | None:
    """On an empty system, make the user `supervisor`; answers its name, or None if users exist."""
    if session.scalar(select(User.id).limit(1)) is not None:
        return None
    user = User(
        id=ids.new(now),
        name="supervisor",
        full_name="Supervisor 主管",
        role=Role.SUPERVISOR,
        password_hash=password_hash(password),
        created=now,
    )
    session.add(user)
    mark(session, {Source("user", str(user.id))})
    return user.name

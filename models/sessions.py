"""Logging in at the desk, and how long that lasts. Of every token only a hash is kept."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from models import second_factor, throttle
from models.ids import Ids, secret_hash
from models.people import Role, StaffSession, User, nobodys_hash, password_fits
from models.queries import locked_one
from models.refusals import Refused
from models.second_factor import Key
from models.throttle import Attempt

IDLE = timedelta(minutes=30)
LIFE = timedelta(hours=12)
NOTED_EVERY = timedelta(minutes=1)
AGENT_MAX = 200


class Client(NamedTuple):
    """Where somebody asks from: the address, and what the program calls itself."""

    address: str
    agent: str


class Asking(NamedTuple):
    """Who asks, and the log-in by which they do."""

    user: User
    log_in: StaffSession


# Logging in


def user_by_password(session: Session, now: datetime, name: str, password: str) -> User | None:
    """The active user of that name and password. How long it takes does not tell which is wrong."""
    user = session.scalar(select(User).where(User.name == name, User.active))
    fits = password_fits(password, nobodys_hash() if user is None else user.password_hash)
    if user is None or not fits:
        return None
    return user if user.password_until is None or user.password_until > now else None


def enter(
    session: Session,
    now: datetime,
    ids: Ids,
    key: Key,
    user: User,
    otp: str | None,
    client: Client,
) -> str | Refused:
    """Log in the user, whose password was right; answers a token.

    Answers a refusal too instead of raising it: that a code was tried has to be kept.
    """
    throttle.succeeded(session, now, Attempt("password", client.address, user.name))
    if user.second_factor is not None:
        refused = prove(session, now, key, user, otp, client.address)
        if refused is not None:
            return refused
    throttle.entered(session, now, Attempt("password", client.address, user.name))
    return _begin(session, now, ids, user, client)


def prove(
    session: Session, now: datetime, key: Key, user: User, otp: str | None, address: str
) -> Refused | None:
    """Why the code is not taken as the user's second factor; None if it is. Raises Throttled.

    The attempt is counted, so a refusal is answered and not raised.
    """
    if otp is None:
        return Refused("otp_needed", "otp")
    attempt = Attempt("otp", address, user.name)
    throttle.admit(session, now, attempt)
    if not second_factor.fits(session, now, key, user.id, otp):
        return Refused("otp_wrong", "otp")
    throttle.succeeded(session, now, attempt)
    return None


def _begin(session: Session, now: datetime, ids: Ids, user: User, client: Client) -> str:
    """A session of the user, if the password that was right is still theirs. Raises Refused."""
    row = locked_one(session, User, user.id)
    if not row.active or row.password_hash != user.password_hash:
        raise Refused("changed_since", "password")
    row.last_seen = now
    token = ids.secret()
    begun = StaffSession(
        token_hash=secret_hash(token),
        user_id=row.id,
        since=now,
        last_used=now,
        expires=now + LIFE,
        address=client.address,
        agent=client.agent[:AGENT_MAX],
    )
    session.add(begun)
    return token


# Going on


def find(session: Session, now: datetime, token: str) -> Asking | None:
    """The active user whose log-in the token is, while that lasts."""
    query = (
        select(User, StaffSession)
        .join(StaffSession, StaffSession.user_id == User.id)
        .where(
            StaffSession.token_hash == secret_hash(token),
            StaffSession.expires > now,
            StaffSession.last_used > now - IDLE,
            User.active,
        )
    )
    found = session.execute(query).one_or_none()
    return None if found is None else Asking(*found)


def is_to_be_noted(now: datetime, asking: Asking) -> bool:
    """Whether the last use was written down so long ago that this one should be."""
    return now - asking.log_in.last_used >= NOTED_EVERY


def note(session: Session, now: datetime, asking: Asking) -> None:
    """The session is used, and its user at the desk, now."""
    mine = StaffSession.token_hash == asking.log_in.token_hash
    session.execute(update(StaffSession).where(mine).values(last_used=now))
    session.execute(update(User).where(User.id == asking.user.id).values(last_seen=now))


def lacks(user: User, second_factor_required: bool) -> str | None:
    """What the user has to see to before anything else: a password of their own, then a second
    factor."""
    if user.password_until is not None:
        return "password"
    required = second_factor_required and user.role == Role.SUPERVISOR
    return "second_factor" if required and user.second_factor is None else None


def lasting(session: Session, now: datetime, user_id: UUID) -> Sequence[StaffSession]:
    """The user's sessions that have not ended, the one used last first."""
    query = select(StaffSession).where(
        StaffSession.user_id == user_id,
        StaffSession.expires > now,
        StaffSession.last_used > now - IDLE,
    )
    return session.scalars(query.order_by(StaffSession.last_used.desc(), StaffSession.since)).all()


# Ending


def end(session: Session, token_hash: str) -> None:
    """End one session."""
    session.execute(delete(StaffSession).where(StaffSession.token_hash == token_hash))


def end_all(session: Session, user_id: UUID, but: str | None = None) -> None:
    """End the user's sessions, all or all but one."""
    theirs = delete(StaffSession).where(StaffSession.user_id == user_id)
    session.execute(theirs if but is None else theirs.where(StaffSession.token_hash != but))


def sweep(session: Session, now: datetime) -> None:
    """Forget the sessions that have ended."""
    over = or_(StaffSession.expires <= now, StaffSession.last_used <= now - IDLE)
    session.execute(delete(StaffSession).where(over))

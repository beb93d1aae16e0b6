"""What somebody at the machine's own keyboard does to accounts, where nobody can log in for it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from difflib import get_close_matches
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from models import accounts, sessions
from models.derived import Subject
from models.edits import Editor, look_up
from models.facts import Fact, Refusal
from models.findings import Finding
from models.ids import Ids
from models.kept import KEPT
from models.people import Device, Territory, User
from models.refusals import Refused
from models.uploads import Upload

NAMED_MAX = 12


def _unknown(kind: str, name: str, known: Iterable[str]) -> Refused:
    """There is none of that name; the detail says which are near, or which there are."""
    names = sorted(known)
    near = get_close_matches(name, names, n=3) or names[:NAMED_MAX]
    there = f"there is {', '.join(near)}" if near else "there is none yet"
    more = ", …" if NAMED_MAX == len(near) < len(names) else ""
    return Refused("unknown", kind, f"no {kind} {name!r}; {there}{more}")


# Users


def users(session: Session) -> list[dict[str, Any]]:
    """Everybody who works or worked here, by name, with their territory and devices in use."""
    in_use = select(func.count()).where(Device.user_id == User.id, Device.revoked.is_(None))
    query = select(User, Territory.code, in_use.scalar_subquery()).outerjoin(
        Territory, Territory.id == User.territory_id
    )
    return [
        {
            "name": user.name,
            "full_name": user.full_name,
            "role": user.role,
            "territory": code,
            "active": user.active,
            "devices": devices,
            "created": user.created,
            "id": user.id,
        }
        for user, code, devices in session.execute(query.order_by(User.name))
    ]


def user_named(session: Session, name: str) -> User:
    """The user of that log-in name. Raises Refused, naming those that are near."""
    user = session.scalar(select(User).where(User.name == name))
    if user is None:
        raise _unknown("user", name, session.scalars(select(User.name)))
    return user


def add_user(
    session: Session, now: datetime, ids: Ids, territory: str | None, values: Mapping[str, Any]
) -> None:
    """Add somebody. Raises Refused for an unknown territory, Violation for a name that is taken."""
    territory_id = None if territory is None else _territory(session, territory)
    user = User(
        id=ids.new(now), created=now, password_since=now, territory_id=territory_id, **values
    )
    Editor(session, now, ids, user.id).add(KEPT["users"], user)


def _territory(session: Session, code: str) -> UUID:
    found = session.scalar(select(Territory.id).where(Territory.code == code))
    if found is None:
        raise _unknown("territory", code, session.scalars(select(Territory.code)))
    return found


def change_password(session: Session, now: datetime, ids: Ids, name: str, hashed: str) -> None:
    """Give the user another password; whoever is logged in with the old one no longer is."""
    accounts.give_password(*_at_the_keyboard(session, now, ids, name), hashed)


def take_second_factor(session: Session, now: datetime, ids: Ids, name: str) -> None:
    """From now on the user enters by password alone, until they set up a second factor again."""
    editor, user = _at_the_keyboard(session, now, ids, name)
    accounts.end_second_factor(editor, user)
    sessions.end_all(session, user.id)


def _at_the_keyboard(session: Session, now: datetime, ids: Ids, name: str) -> tuple[Editor, User]:
    """The user, locked. The trail names them too as who did it, as nobody is logged in here."""
    user: User = look_up(session, User, user_named(session, name).id, lock=True)
    return Editor(session, now, ids, user.id), user


# Devices


def devices(session: Session, user: str | None = None) -> list[dict[str, Any]]:
    """The devices, or those of one user, the one heard of last first."""
    query = select(Device, User.name).join(User, User.id == Device.user_id)
    if user is not None:
        query = query.where(Device.user_id == user_named(session, user).id)
    found = [_device(device, name) for device, name in session.execute(query)]
    return sorted(found, key=lambda one: one["last_seen"] or one["enrolled"], reverse=True)


def _device(device: Device, user: str) -> dict[str, Any]:
    return {
        "id": device.id,
        "user": user,
        "name": device.name,
        "enrolled": device.enrolled,
        "revoked": device.revoked,
        "last_seen": device.last_seen,
        "unsent_facts": device.unsent_facts,
        "unsent_bytes": device.unsent_bytes,
        "unsent_since": device.unsent_since,
    }


def device_called(session: Session, beginning: str) -> UUID:
    """The device whose id begins so. Raises Refused unless it is one."""
    ids = [id_ for id_ in session.scalars(select(Device.id)) if str(id_).startswith(beginning)]
    if not ids:
        raise Refused("unknown", "device", f"no id begins with {beginning!r}")
    if len(ids) > 1:
        raise Refused("wrong_value", "device", f"{len(ids)} ids begin with {beginning!r}")
    return ids[0]


def device(session: Session, id_: UUID) -> dict[str, Any]:
    """Everything about one device: what it has sent, and what is odd about it."""
    row = session.get_one(Device, id_)
    subject = Subject("device", id_)
    finding = (Finding.subject_type == subject.type) & (Finding.subject_id == subject.id)
    return {
        **_device(row, session.get_one(User, row.user_id).name),
        "facts": _count(session, Fact.origin_id == id_),
        "refused": _count(session, Refusal.origin_id == id_),
        "complete_through": row.through,
        "uploads_under_way": _count(session, (Upload.device_id == id_) & Upload.finished.is_(None)),
        "open_findings": _count(session, finding & (Finding.state == "open")),
        "last_reset": row.reset,
    }


def _count(session: Session, which: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).where(which)) or 0

"""What is done to accounts: passwords and second factors. Each leaves its line in the trail, which
tells no secret, and ends the sessions that were begun before."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from models import second_factor, sessions
from models.edits import Editor, look_up
from models.kept import KEPT
from models.people import User
from models.refusals import Refused
from models.second_factor import Key

ONE_TIME_LIFE = timedelta(hours=24)
ONE_TIME_GROUPS = 3


def give_password(
    editor: Editor,
    user: User,
    hashed: str,
    lasts: timedelta | None = None,
    keep: str | None = None,
) -> None:
    """Give the user, who is locked, another password. Their sessions end, but the one to keep.

    A password that `lasts` only so long has to be changed at the next log-in.
    """
    until = None if lasts is None else editor.now + lasts
    _change(editor, user, password_hash=hashed, password_since=editor.now, password_until=until)
    sessions.end_all(editor.session, user.id, keep)


def reset_password(editor: Editor, user_id: UUID, hashed: str) -> None:
    """Give somebody else a password for one log-in, which lasts a day. Raises Refused."""
    give_password(editor, _other(editor, user_id), hashed, ONE_TIME_LIFE)


def confirm_second_factor(editor: Editor, key: Key, user: User, otp: str, keep: str) -> list[str]:
    """Turn on what was offered to the user, who is locked, if the code is right; else answer none.

    The recovery codes are told this once. Sessions other than the one to keep end.
    """
    codes = second_factor.confirm(editor.session, editor.now, key, editor.ids, user.id, otp)
    if codes is None:
        return []
    _change(editor, user, second_factor=editor.now)
    sessions.end_all(editor.session, user.id, keep)
    return codes


def end_second_factor(editor: Editor, user: User) -> None:
    """From now on the user, who is locked, enters by password alone."""
    second_factor.remove(editor.session, user.id)
    _change(editor, user, second_factor=None)


def reset_second_factor(editor: Editor, user_id: UUID) -> None:
    """Take away somebody else's second factor, for instance as their phone is lost. Their sessions
    end. Raises Refused."""
    user = _other(editor, user_id)
    end_second_factor(editor, user)
    sessions.end_all(editor.session, user.id)


def _other(editor: Editor, user_id: UUID) -> User:
    """The user, locked, who is active and not the one who acts: they have to prove who they are."""
    user: User = look_up(editor.session, User, user_id, lock=True)
    if user.id == editor.user_id:
        raise Refused("not_yourself", "id")
    if not user.active:
        raise Refused("has_left", "id")
    return user


def _change(editor: Editor, user: User, **values: Any) -> None:
    editor.change(KEPT["users"], user, values)

"""Getting in as a supervisor, with a second factor where the server wants one."""

from datetime import timedelta
from pathlib import Path

import pyotp

from cli.secrets import keep_secret
from cli.touring.http import Problem, Server, Staff
from models.clock import Clock

STEP = timedelta(seconds=30)


def enter(
    server: Server, clock: Clock, name: str, password: str, otp: str | None, kept: Path | None
) -> Staff:
    """Log in. Where a second factor is kept in a file its code is sent; one that is missing is
    only accepted where a file is named to keep it in. Raises Problem."""
    staff = _log_in(server, clock, name, password, otp, kept)
    if staff.lacks and not (staff.lacks == "second_factor" and kept):
        raise Problem(f"{name} has to choose a {staff.lacks.replace('_', ' ')} first")
    return staff


def _log_in(
    server: Server, clock: Clock, name: str, password: str, otp: str | None, kept: Path | None
) -> Staff:
    try:
        return Staff.log_in(server, name, password, otp)
    except Problem as problem:
        if problem.code != "otp_needed":
            raise
        if kept is None or not kept.exists():
            raise Problem(f"{name} has a second factor: give its code as --otp") from None
    try:
        return Staff.log_in(server, name, password, _code(kept, clock))
    except Problem as problem:
        if problem.code != "otp_wrong":
            raise
    # A code works once; the next one is taken a little early.
    return Staff.log_in(server, name, password, _code(kept, clock, ahead=1))


def set_up_second_factor(staff: Staff, clock: Clock, password: str, kept: Path) -> None:
    """Give whoever logged in a second factor, and keep it in the file. Raises Problem."""
    offered = staff.add("/me/second-factor", password=password)
    keep_secret(kept, offered["uri"])
    staff.add("/me/second-factor/confirm", otp=_code(kept, clock))


def _code(kept: Path, clock: Clock, ahead: int = 0) -> str:
    totp = pyotp.parse_uri(kept.read_text().strip())
    assert isinstance(totp, pyotp.TOTP)
    return totp.at(clock.now() + ahead * STEP)

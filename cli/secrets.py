"""Secrets that a start leaves in the home, each in a file that its owner alone may read."""

from pathlib import Path

SUPERVISOR = "supervisor"
PASSWORD_FILE = "supervisor-password"
OTP_FILE = "supervisor-otp"
SAMPLE_PASSWORD_FILE = "sample-password"


def keep_secret(file: Path, secret: str) -> None:
    """Leave a secret in a file that its owner alone may read."""
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(f"{secret}\n")

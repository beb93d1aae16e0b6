"""What every command needs from its surroundings."""

import os
from pathlib import Path

import click

from models.settings import SettingError, Settings

ROOT = Path(__file__).parents[1]


def read_settings() -> Settings:
    """The settings, or one line that says which variable is wrong."""
    try:
        return Settings.read(os.environ)
    except SettingError as error:
        raise click.ClickException(str(error)) from error


def keep_secret(file: Path, secret: str) -> None:
    """Leave a secret in a file that its owner alone may read."""
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(f"{secret}\n")

"""What every command needs from its surroundings."""

import os
from pathlib import Path

import click

from models.dialect import file_of
from models.setting import SettingError
from models.settings import Settings, misspelt

ROOT = Path(__file__).parents[1]


def read_settings() -> Settings:
    """The settings, or one line that says which variable is wrong."""
    try:
        settings = Settings.read(os.environ)
    except SettingError as error:
        raise click.ClickException(str(error)) from error
    for line in misspelt(os.environ).values():
        click.echo(f"Warning: {line}", err=True)
    return settings


def check_there(settings: Settings) -> None:
    """Only what starts Onsite makes a database: a mistyped folder must not leave one behind."""
    file = file_of(settings.database_url)
    if file is not None and not file.exists():
        raise click.ClickException(
            f"there is no {file}: `make run` makes it; or name the folder of another by ONSITE_HOME"
        )

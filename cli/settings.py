"""`onsite settings`: what is in force, and all that is wrong with it."""

import os
import sys

import click

from cli.decided import decided
from cli.showing import AS_JSON, show
from models.settings import SETTINGS, Settings, examine, misspelt

COLUMNS = ("variable", "value", "said_by", "under_run")


@click.command()
@AS_JSON
def settings(as_json: bool) -> None:
    """Show the settings in force, and all that is wrong with them.

    `under run` is what `onsite run` decides by itself where nothing was said.

    Secrets are masked. Exit code 1 if a value cannot be used."""
    values, problems = examine(os.environ)
    by_run = {} if problems else decided(Settings.read(os.environ), os.environ)
    rows = [
        {
            "variable": setting.name,
            "value": setting.shown(values[setting.field]) if setting.field in values else "wrong",
            "said_by": "environment" if os.environ.get(setting.name, "").strip() else "default",
            "under_run": by_run.get(setting.name),
            "what": setting.what,
        }
        for setting in SETTINGS
    ]
    show(rows, as_json, COLUMNS)
    for line in misspelt(os.environ).values():
        click.echo(f"Warning: {line}", err=True)
    for line in problems:
        click.echo(f"Error: {line}", err=True)
    sys.exit(1 if problems else 0)

"""Tables for people, and the same as JSON for machines."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from models.clock import instant_text

WIDTH_MIN = 160  # Where nobody watches, no line is broken.

AS_JSON = click.option("--json", "as_json", is_flag=True, help="For machines.")


def show(rows: Sequence[dict[str, Any]], as_json: bool, columns: Sequence[str] = ()) -> None:
    """The rows as a table of these columns, or all of them as JSON."""
    if as_json:
        show_json(rows)
        return
    names = columns or list(rows[0] if rows else ())
    table = Table(*(name.replace("_", " ") for name in names))
    for row in rows:
        table.add_row(*(_cell(row[name]) for name in names))
    console().print(table if rows else "There is none.")


def show_one(values: dict[str, Any], as_json: bool) -> None:
    """Names and values, one a line; or as JSON."""
    if as_json:
        show_json(values)
        return
    grid = Table.grid(padding=(0, 2))
    for name, value in values.items():
        grid.add_row(name.replace("_", " "), _cell(value))
    console().print(grid)


def show_json(value: Any) -> None:
    """The value as JSON; times as the API writes them."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def console() -> Console:
    """Where tables go."""
    found = Console(highlight=False, markup=False)
    return found if found.is_terminal else Console(width=WIDTH_MIN, highlight=False, markup=False)


def _plain(value: Any) -> str:
    return instant_text(value) if isinstance(value, datetime) else str(value)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    return f"{value:,}" if isinstance(value, int) else str(value)

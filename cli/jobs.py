"""`onsite jobs`: the work that waits behind the scenes: see it, run dead work again, do it now."""

import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from cli.environment import ROOT
from cli.house import opened_house
from cli.showing import AS_JSON, show_json
from models import outbox
from models.clock import SystemClock
from models.house import House
from models.outbox import Outbox
from sync.dying import note_dead

LOOK_SECONDS = 0.2


@click.group(invoke_without_command=True)
@click.pass_context
def jobs(context: click.Context) -> None:
    """What waits behind the scenes, and what is dead. Without a command: the list."""
    if context.invoked_subcommand is None:
        context.invoke(list_)


@jobs.command("list")
@AS_JSON
def list_(as_json: bool) -> None:
    """Show what waits, oldest first: at most 500."""
    with opened_house() as house:
        rows, now = house.database.read(outbox.listed), house.clock.now()
    if as_json:
        show_json([_told(row, now) for row in rows])
    elif rows:
        _print(rows, now)
    else:
        click.echo("Nothing waits.")


def _told(row: Outbox, now: datetime) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "about": str(row.subject),
        "since": row.created,
        "tries": row.attempts,
        "state": "dead" if row.dead else "leased" if _leased_for(row, now) else "waiting",
        "next_try": None if row.dead else row.leased,
        "dead_since": row.dead,
        "last_error": row.error,
    }


def _print(rows: Sequence[Outbox], now: datetime) -> None:
    table = Table("id", "kind", "about", "age", "tries", "state", "last error", box=None)
    for row in rows:
        cells = (row.kind, str(row.subject), _ago(now - row.created), str(row.attempts))
        table.add_row(str(row.id), *cells, _state(row, now), (row.error or "")[:200])
    Console().print(table)
    if any(row.dead for row in rows):
        click.echo("\nRun dead work again: onsite jobs retry --dead, or onsite jobs retry ID …")


def _leased_for(row: Outbox, now: datetime) -> timedelta | None:
    return row.leased - now if row.leased is not None and row.leased > now else None


def _state(row: Outbox, now: datetime) -> str:
    if row.dead is not None:
        return "dead"
    rest = _leased_for(row, now)
    if rest is None:
        return "waiting"
    return f"again in {_ago(rest)}" if row.error else f"leased for {_ago(rest)}"


def _ago(span: timedelta) -> str:
    """A span in its largest unit, as people say it."""
    seconds = max(0, int(span.total_seconds()))
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


@jobs.command()
@click.argument("ids", type=int, nargs=-1)
@click.option("--dead", "all_", is_flag=True, help="Everything that is dead.")
def retry(ids: Sequence[int], all_: bool) -> None:
    """Have dead work offered again, by its id or all of it."""
    if bool(ids) == all_:
        raise click.UsageError("Name the ids, or say --dead.")
    with opened_house() as house:
        if all_:
            rows = house.database.read(outbox.dead_rows)
            ids = [row.id for row in rows]
        count = house.database.transact(lambda session, now: outbox.retry(session, ids))
        note_dead(house)
    click.echo(f"{count} will be tried again within ten seconds of the relay.")
    if count < len(ids):
        raise click.ClickException(f"{len(ids) - count} of them are not dead, or done already.")


@jobs.command()
def drain() -> None:
    """Do everything that waits, here and now, without a queue."""
    with opened_house() as house:
        count = house.database.read(outbox.count)
        # In a process of the worker's own: only there are photos opened.
        command = [sys.executable, "-m", "worker", "drain"]
        with subprocess.Popen(command, cwd=ROOT) as worker:
            _show_progress(house, worker, count)
        left = house.database.read(outbox.count)
    if worker.returncode:
        raise click.ClickException("the worker stopped; its last lines say why")
    click.echo(f"{max(0, count - left)} done, {left} left." if left else "Nothing waits any more.")


def _show_progress(house: House, worker: subprocess.Popen[bytes], total: int) -> None:
    """How much of what waited is done; work may bring more work, and then the bar stands still."""
    with click.progressbar(length=total, label="Doing what waits") as bar:
        while worker.poll() is None:
            left = house.database.read(outbox.count)
            bar.update(max(0, total - left - bar.pos))
            SystemClock().sleep(LOOK_SECONDS)
        bar.update(max(0, total - house.database.read(outbox.count) - bar.pos))

"""`onsite import`, `onsite export`, `onsite template`: a company's own tables as files."""

import sys
from pathlib import Path
from time import monotonic
from typing import IO, Any
from uuid import UUID

import click
from rich.console import Console
from rich.table import Table as Grid
from sqlalchemy import select

from cli.house import opened_house
from models.house import House
from models.people import User
from models.tables import exporting, limits
from models.tables.catalogue import TABLES
from models.tables.description import Table
from models.tables.exporting import Format
from models.tables.importing import Outcome
from models.tables.problems import FileRefused
from sync.imports import import_file

TABLE = click.argument("table", type=click.Choice(list(TABLES)))
OUT = click.argument("file", type=click.File("wb", atomic=True), default="-")
FORMAT = click.option(
    "--format", "format_", type=click.Choice(exporting.FORMATS), help="By default as FILE ends."
)
LANG = click.option("--lang", type=click.Choice(exporting.LANGUAGES), default="en")
ENCODING = click.option(
    "--encoding", type=click.Choice(list(exporting.CODECS)), default="utf-8", help="Of a CSV."
)


@click.command("import")
@TABLE
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Look at everything, write nothing.")
@click.option("--user", "name", default="supervisor", help="Who imports: the trail names them.")
@click.option(
    "--encoding", type=click.Choice(list(exporting.CODECS)), help="Where a CSV does not tell."
)
@click.option(
    "--problems",
    "shown",
    type=click.IntRange(1, limits.problems_shown_max),
    default=limits.problems_shown,
    help="How many problems are named; all are counted.",
)
def import_(
    table: str, file: Path, dry_run: bool, name: str, encoding: str | None, shown: int
) -> None:
    """Import a CSV or XLSX file: all of it, or nothing."""
    began = monotonic()
    with opened_house() as house, file.open("rb") as lines, Bars(lines) as bars:
        user_id = _importer(house, TABLES[table], name)
        try:
            outcome = import_file(
                house.database,
                house.ids,
                user_id,
                TABLES[table],
                lines,
                encoding=encoding,
                dry_run=dry_run,
                shown=shown,
                progress=bars.tell,
            )
        except FileRefused as refused:
            bars.end()
            raise _exception(refused) from refused
    _print(outcome, monotonic() - began, dry_run)


@click.command()
@TABLE
@OUT
@FORMAT
@LANG
@ENCODING
@click.option("--template", "example", is_flag=True, help="Only the headings and an example.")
def export(
    table: str, file: IO[bytes], format_: Format | None, lang: str, encoding: str, example: bool
) -> None:
    """Export a table; what is imported again as it is changes nothing."""
    form = (file, format_ or _format_of(file), lang, encoding)
    if example:
        exporting.template(TABLES[table], *form)
        return
    with opened_house() as house:
        house.database.read(lambda session: exporting.export(session, TABLES[table], *form))


@click.command()
@TABLE
@OUT
@FORMAT
@LANG
@ENCODING
def template(table: str, file: IO[bytes], format_: Format | None, lang: str, encoding: str) -> None:
    """Write a file to be filled in: the headings, and one line as an example."""
    exporting.template(TABLES[table], file, format_ or _format_of(file), lang, encoding)


def _format_of(file: IO[bytes]) -> Format:
    """By the file's name; CSV where it has none."""
    return "xlsx" if str(getattr(file, "name", "")).lower().endswith(".xlsx") else "csv"


def _importer(house: House, table: Table, name: str) -> UUID:
    """The user in whose name it is imported."""
    query = select(User.id).where(User.name == name, User.active, User.role.in_(table.writers))
    found = house.database.read(lambda session: session.scalar(query))
    if found is None:
        raise click.BadOptionUsage(
            "name", f"--user {name}: no active user of that name is {' or '.join(table.writers)}"
        )
    return found


def _exception(refused: FileRefused) -> click.ClickException:
    """The last line; what goes before it is printed here."""
    for one in refused.problems:
        where = f"line {one.line}"
        if one.column is not None:
            where += f", column {one.column} ({one.cell})"
        found = f" [{one.found}]" if one.found else ""
        click.echo(f"{where}: {one.message}{found}. {one.remedy}", err=True)
    if refused.more:
        click.echo(f"… and {refused.more} more", err=True)
    return click.ClickException(f"nothing was written; problems: {refused.count}")


def _print(outcome: Outcome, seconds: float, dry_run: bool) -> None:
    grid = Grid("added", "changed", "unchanged", "seconds")
    counts = (outcome.added, outcome.changed, outcome.unchanged)
    grid.add_row(*(f"{count:,}" for count in counts), f"{seconds:.1f}")
    Console().print(grid)
    if dry_run:
        click.echo("This was a dry run: nothing was written.")


class Bars:
    """A progress bar on stderr for each step; none where nobody watches."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.bar: Any = None
        self.step = ""

    def __enter__(self) -> "Bars":
        return self

    def __exit__(self, *reason: object) -> None:
        self.end()

    def tell(self, step: str, done: int, of: int | None) -> None:
        """Move the bar. A file's lines cannot be counted before, so there its bytes tell."""
        if of is None:
            done, of = self.file.tell(), Path(self.file.name).stat().st_size
        if step != self.step:
            self.end()
            self.step = step
            hidden = not sys.stderr.isatty()
            self.bar = click.progressbar(
                length=of, label=f"{step:8}", file=sys.stderr, hidden=hidden, show_pos=False
            )
            self.bar.__enter__()
        self.bar.update(done - self.bar.pos)

    def end(self) -> None:
        """Leave the bar as it stands."""
        if self.bar is not None:
            self.bar.__exit__(None, None, None)
            self.bar, self.step = None, ""

"""`python -m bench`: runs the benches and prints what they found."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from bench.benches import BENCHES
from bench.measure import Measured
from bench.size import FULL, QUICK, Size
from bench.station import ground
from bench.table import as_markdown
from tests.servers import scratch_folder

DATABASES = ("sqlite", "postgresql")


@click.command()
@click.option("--quick", is_flag=True, help="Small and fast: shows that it runs, proves nothing.")
@click.option("--only", "names", multiple=True, type=click.Choice(list(BENCHES)))
@click.option("--database", "databases", multiple=True, type=click.Choice(DATABASES))
@click.option("--workers", default=2, show_default=True, help="Processes of the web server.")
@click.option("--json", "file", type=click.Path(path_type=Path), help="Write the figures there.")
def main(
    quick: bool,
    names: Sequence[str],
    databases: Sequence[str],
    workers: int,
    file: Path | None,
) -> None:
    """Measure exchanges against the least that the same work could cost."""
    size = QUICK if quick else FULL
    found: list[Measured] = []
    with scratch_folder() as folder:
        for database in databases or DATABASES:
            found += run(database, folder / database, names or list(BENCHES), size, workers)
    click.echo(f"gunicorn gthread, {workers} worker processes, 16 threads, HTTP on loopback")
    click.echo(as_markdown(found))
    if file is not None:
        file.write_text(json.dumps([one.as_json() for one in found], indent=2) + "\n")


def run(
    database: str, folder: Path, names: Sequence[str], size: Size, workers: int
) -> Iterator[Measured]:
    """The named benches on one kind of database."""
    with ground(database, folder, workers) as servers:
        for name in names:
            print(f"bench: {name} on {database} ...", file=sys.stderr, flush=True)
            yield from BENCHES[name](servers, size)


if __name__ == "__main__":
    main()

"""`onsite doctor`: prove the data of a live database, and derive again what is derived."""

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

import click

from cli.house import opened_house
from cli.showing import AS_JSON, show_json
from models.house import House
from sync.invariants import INVARIANTS
from sync.proof import PHOTOS_KEPT, blobs_that_are_lost
from sync.repairing import repair as derive_again

T = TypeVar("T")
SHOWN_MAX = 10


@click.command()
@click.option("--repair", is_flag=True, help="Derive again what follows from facts and decisions.")
@AS_JSON
def doctor(repair: bool, as_json: bool) -> None:
    """Prove every invariant of the data, while work goes on; exit code 1 if one does not hold."""
    with opened_house() as house:
        found = before = _prove_all(house)
        if repair:
            derive_again(house, _watch)
            found = _prove_all(house)
            _tell_changes(before, found)
    if as_json:
        show_json({"before": before, "after": found} if repair else found)
    broken = [name.replace("_", " ") for name, violations in found.items() if violations]
    click.echo(_summary(len(found), broken), err=True)
    sys.exit(1 if broken else 0)


def _summary(count: int, broken: list[str]) -> str:
    if not broken:
        return f"All {count} hold."
    return f"{len(broken)} of {count} do not hold: {', '.join(broken)}."


def _prove_all(house: House) -> dict[str, list[str]]:
    found = {
        name: _prove(house, name, partial(house.database.read, invariant))
        for name, invariant in INVARIANTS.items()
    }
    found[PHOTOS_KEPT] = _prove(house, PHOTOS_KEPT, lambda: list(blobs_that_are_lost(house)))
    return found


def _watch(what: str, items: Sequence[T]) -> Iterator[T]:
    """The items one by one, and a bar that tells how many are done."""
    with click.progressbar(items, label=f"deriving again: {what}", file=sys.stderr) as bar:
        yield from bar


def _tell_changes(before: dict[str, list[str]], after: dict[str, list[str]]) -> None:
    """What the repair has changed, by invariant."""
    for name, sentences in before.items():
        if sentences or after[name]:
            counts = f"{len(sentences)} violations, now {len(after[name])}"
            click.echo(f"{name.replace('_', ' ')}: {counts}", err=True)


def _prove(house: House, name: str, ask: Callable[[], list[str]]) -> list[str]:
    """Its violations; what it is and how it came out goes to stderr as it is proved."""
    click.echo(f"{name.replace('_', ' '):34}", nl=False, err=True)
    began = house.clock.seconds()
    violations = ask()
    seconds = house.clock.seconds() - began
    outcome = f"{len(violations)} violations" if violations else "holds"
    click.secho(f"{outcome}  ({seconds:.1f} s)", fg="red" if violations else "green", err=True)
    for sentence in violations[:SHOWN_MAX]:
        click.echo(f"    {sentence}", err=True)
    if len(violations) > SHOWN_MAX:
        click.echo(f"    … and {len(violations) - SHOWN_MAX} more", err=True)
    return violations

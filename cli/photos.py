"""`onsite photos`: whether the photos of one's own phones can be read."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import click

from cli.environment import ROOT
from cli.showing import AS_JSON, show

COLUMNS = (
    "file", "type", "state", "pixels", "upright", "clean", "noted", "kilobytes", "seconds",
    "peak_megabytes",
)  # fmt: skip
NOTED = ("taken", "place", "camera")


@click.group()
def photos() -> None:
    """What becomes of photos."""


@photos.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@AS_JSON
def check(folder: Path, as_json: bool) -> None:
    """Try every file of FOLDER as the worker would, and show what comes of it.

    Whether it can be read, stands upright in its previews, tells customers nothing (is clean), what
    the camera noted for the staff, and the time and memory that it took. Nothing is kept.
    """
    # In a process of the worker's own: only there are photos opened.
    command = [sys.executable, "-m", "worker", "check", str(folder.resolve())]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise click.ClickException("the worker stopped; its last lines say why")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    show([row_of(one) for one in found], as_json, COLUMNS)
    if not as_json and found:
        click.echo(in_words(found))
    if any(not (one.get("upright", True) and one.get("clean", True)) for one in found):
        raise click.ClickException("a photo does not stand upright, or is not clean")


def row_of(one: dict[str, Any]) -> dict[str, Any]:
    """What is known of a file, for the table."""
    seen = one["seen"]
    pixels = f"{seen['width']} x {seen['height']}" if seen else None
    noted = ", ".join(name for name in NOTED if name in seen)
    state = f"{one['state']}: {one['reason']}" if one["reason"] else one["state"]
    told = {"upright": one.get("upright"), "clean": one.get("clean")}
    return {**one, **told, "state": state, "pixels": pixels, "noted": noted or None}


def in_words(found: list[dict[str, Any]]) -> str:
    """How many there were of each, and the most that one took."""
    states = Counter(one["state"] for one in found)
    counted = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    megabytes = max(one["peak_megabytes"] for one in found)
    seconds = max(one["seconds"] for one in found)
    return f"{counted}; at most {megabytes} MB and {seconds} s for one"

"""`onsite simulate`: play the histories of many seeds, and see whether all that must hold holds."""

import sys
from collections.abc import Sequence
from typing import Any

import click

from cli.showing import console, show_json
from models.clock import SystemClock
from simulation.campaign import TRIES, Campaign, Report, replay, run, shrink
from simulation.faults import CODES, FAULTS
from simulation.running import Outcome

SENTENCES_MAX = 10


@click.command()
@click.option("--seeds", default=20, show_default=True, help="How many histories.")
@click.option("--first", default=1, show_default=True, help="The seed of the first one.")
@click.option("--devices", default=8, show_default=True, help="Phones, the warehouse's too.")
@click.option("--steps", default=300, show_default=True, help="Steps of each history.")
@click.option("--jobs", default=1, show_default=True, help="Histories played side by side.")
@click.option("--only", default="", help="Steps of the first seed alone: 3,17,204.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def simulate(
    seeds: int, first: int, devices: int, steps: int, jobs: int, only: str, as_json: bool
) -> None:
    """Play a company's life from seeds: phones off line and lost, a bad network, a server that
    dies. Whatever happens, all laws of sync must hold; exit code 1 if one does not.

    It takes no setting and touches no database but its own, which lies in memory.
    """
    campaign = Campaign(devices, steps)
    if only:
        _show_failure(replay(campaign, first, map(int, only.split(","))), as_json)
        return
    clock = SystemClock()
    began = clock.seconds()
    with click.progressbar(length=seeds, label="Playing", file=sys.stderr) as bar:
        wanted = range(first, first + seeds)
        report = run(campaign, wanted, jobs, lambda outcome: bar.update(1))
    seconds = clock.seconds() - began
    if as_json:
        show_json(told(report, seconds))
    else:
        _show(report, seconds)
    for failed in report.failed:
        with click.progressbar(length=TRIES, label="Shrinking", file=sys.stderr) as bar:
            shortest = shrink(failed, lambda: bar.update(1))
        _show_failure(shortest, as_json)


def told(report: Report, seconds: float) -> dict[str, Any]:
    """The report as values."""
    return {
        "seeds": report.seeds,
        "exchanges": report.exchanges,
        "seconds": round(seconds, 1),
        "exchanges_per_second": round(report.exchanges / seconds, 1),
        "digest": report.digest,
        "faults": {name: report.share(name) for name in FAULTS},
        "findings": {code: report.share(code) for code in CODES},
        "failed": [outcome.history.seed for outcome in report.failed],
    }


def _show(report: Report, seconds: float) -> None:
    out = console()
    for title, names in (("Faults", list(FAULTS)), ("Findings", CODES)):
        out.print(f"{title}, and in which share of the histories:")
        _show_shares(report, names)
    rate = report.exchanges / seconds
    out.print(
        f"{report.seeds} histories with {report.exchanges} exchanges in {seconds:.0f} s, "
        f"{rate:.0f} a second. Digest {report.digest[:16]}."
    )
    if not report.failed:
        out.print("All that must hold holds.")


def _show_shares(report: Report, names: Sequence[str]) -> None:
    for name in sorted(names, key=lambda name: (-report.share(name), name)):
        click.echo(f"  {report.share(name):6.1%}  {name}")


def _show_failure(outcome: Outcome, as_json: bool) -> None:
    """What did not hold, what happened, and how to have it happen again."""
    history = outcome.history
    numbers = ",".join(str(step.number) for step in history.steps)
    if outcome.broken is None:
        click.echo("\n".join(outcome.told) if not as_json else "{}")
        click.echo("All that must hold holds.", err=True)
        return
    again = (
        f"onsite simulate --first {history.seed} --devices {history.devices} "
        f"--steps {history.steps[-1].number} --only {numbers}"
    )
    if as_json:
        show_json({"broken": outcome.broken, "says": outcome.sentences, "again": again})
        sys.exit(1)
    click.secho(f"\nSeed {history.seed} breaks {outcome.broken.replace('_', ' ')}:", fg="red")
    for sentence in outcome.sentences[:SENTENCES_MAX]:
        click.echo(f"    {sentence}")
    click.echo(f"\nThe shortest history found, {len(history.steps)} steps:")
    for line in outcome.told:
        click.echo(f"  {line}")
    click.echo(f"\nAgain: {again}")
    sys.exit(1)

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
MANY, SOME = click.IntRange(min=1), click.IntRange(min=2, max=1000)


def _numbers(context: click.Context, option: click.Parameter, text: str | None) -> list[int]:
    """The numbers of steps, as they were typed."""
    try:
        return [int(one) for one in text.split(",")] if text else []
    except ValueError as error:
        raise click.BadParameter("write the numbers of steps with commas: 3,17,204") from error


@click.command()
@click.option("--seeds", default=20, type=MANY, show_default=True, help="How many histories.")
@click.option("--first", default=1, show_default=True, help="The seed of the first one.")
@click.option("--devices", default=8, type=SOME, show_default=True, help="Phones, all in all.")
@click.option("--steps", default=300, type=MANY, show_default=True, help="Steps of each history.")
@click.option("--jobs", default=1, type=MANY, show_default=True, help="Played side by side.")
@click.option("--only", callback=_numbers, help="Steps of the first seed alone: 3,17,204.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def simulate(
    seeds: int, first: int, devices: int, steps: int, jobs: int, only: list[int], as_json: bool
) -> None:
    """Play a company's life from seeds: phones off line and lost, a bad network, a server that
    dies. Whatever happens, all laws of sync must hold; exit code 1 if one does not.

    It takes no setting and touches no database but its own, which lies in memory.
    """
    campaign = Campaign(devices, steps)
    if only:
        if not 1 <= min(only) <= max(only) <= steps:
            raise click.BadParameter(
                f"the steps of this history are 1 to {steps}", param_hint="--only"
            )
        _show_again(replay(campaign, first, only), as_json)
        return
    clock = SystemClock()
    began = clock.seconds()
    with click.progressbar(length=seeds, label="Playing", file=sys.stderr) as bar:
        wanted = range(first, first + seeds)
        report = run(campaign, wanted, jobs, lambda outcome: bar.update(1))
    seconds = clock.seconds() - began
    if not as_json:
        _show(report, seconds)
    shortest = [_shortest(failed) for failed in report.failed]
    if as_json:
        show_json(told(report, seconds, shortest))
    else:
        for failed in shortest:
            _show_failure(failed)
    sys.exit(1 if shortest else 0)


def _shortest(failed: Outcome) -> Outcome:
    with click.progressbar(length=TRIES, label="Shrinking", file=sys.stderr) as bar:
        return shrink(failed, lambda: bar.update(1))


def told(report: Report, seconds: float, shortest: Sequence[Outcome]) -> dict[str, Any]:
    """The report as values, and of what failed the shortest histories found."""
    return {
        "seeds": report.seeds,
        "exchanges": report.exchanges,
        "seconds": round(seconds, 1),
        "exchanges_per_second": round(report.exchanges / seconds, 1),
        "digest": report.digest,
        "faults": {name: report.share(name) for name in FAULTS},
        "findings": {code: report.share(code) for code in CODES},
        "failed": [_failure(outcome) for outcome in shortest],
    }


def _failure(outcome: Outcome) -> dict[str, Any]:
    return {
        "seed": outcome.history.seed,
        "broken": outcome.broken,
        "says": outcome.sentences,
        "history": outcome.told,
        "again": _again(outcome),
    }


def _again(outcome: Outcome) -> str:
    """The command that plays these steps once more."""
    history = outcome.history
    numbers = ",".join(str(step.number) for step in history.steps)
    return (
        f"onsite simulate --first {history.seed} --devices {history.devices} "
        f"--steps {history.steps[-1].number} --only {numbers}"
    )


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


def _show_again(outcome: Outcome, as_json: bool) -> None:
    """What came of some steps that were played alone."""
    failed = outcome.broken is not None
    if as_json:
        show_json(_failure(outcome))
    elif failed:
        _show_failure(outcome)
    else:
        click.echo("\n".join(outcome.told))
        click.echo("All that must hold holds.", err=True)
    sys.exit(1 if failed else 0)


def _show_failure(outcome: Outcome) -> None:
    """What did not hold, what happened, and how to have it happen again."""
    broken = str(outcome.broken).replace("_", " ")
    click.secho(f"\nSeed {outcome.history.seed} breaks {broken}:", fg="red")
    for sentence in outcome.sentences[:SENTENCES_MAX]:
        click.echo(f"    {sentence}")
    click.echo(f"\nThe shortest history found, {len(outcome.history.steps)} steps:")
    for line in outcome.told:
        click.echo(f"  {line}")
    click.echo(f"\nAgain: {_again(outcome)}")

"""`onsite plans`: service plans checked, explained, begun, and held against their agreements."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from cli.environment import ROOT
from cli.showing import AS_JSON, show
from models.clock import SystemClock
from models.contracts import register
from models.contracts.blanks import AMOUNTS, ParameterWrong
from models.contracts.calendar import Ground
from models.contracts.clock import Event, Request
from models.contracts.explaining import LANGUAGES, explain
from models.contracts.holidays import china
from models.contracts.making import make
from models.contracts.reading import FileWrong, read_plan_file
from models.contracts.vocabulary import ASKED, EVENTS
from models.house import COMPANY_ZONE

PLANS = ROOT / "plans"
SKELETON = ROOT / "models" / "contracts" / "new.yaml"
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def plans() -> None:
    """Service plans: what the agreements promise, as files."""


@plans.command()
@click.argument("files", type=FILE, nargs=-1, required=True)
def check(files: tuple[Path, ...]) -> None:
    """Say what is wrong in plan files, by line."""
    wrong = sum(_check(file) for file in files)
    if wrong:
        raise click.ClickException(f"problems: {wrong}")


def _check(file: Path) -> int:
    try:
        raw = read_plan_file(_text(file))
    except FileWrong as error:
        for one in error.problems:
            field = f" {one.field}:" if one.field else ""
            click.echo(f"{file}:{one.line}:{field} {one.message}; {one.remedy}", err=True)
        return len(error.problems)
    if raw["plan"] != file.stem:
        click.echo(f"{file}:1: plan: the file of {raw['plan']} is called {raw['plan']}.yaml",
                   err=True)  # fmt: skip
        return 1
    blanks = [name for name, one in raw.get("parameters", {}).items() if _is_blank(one)]
    said = f"; a contract fills in {', '.join(blanks)}" if blanks else ""
    click.echo(f"{file}: {len(raw.get('targets', []))} targets, nothing wrong{said}")
    return 0


def _is_blank(parameter: Mapping[str, Any]) -> bool:
    return "default" not in parameter and not parameter.get("optional")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file} is no UTF-8 text") from error


@plans.command()
@click.argument("name")
def new(name: str) -> None:
    """Begin a plan: a small one that is right, to be changed."""
    file = PLANS / f"{name}.yaml"
    if file.exists():
        raise click.ClickException(f"{file} is there already")
    text = SKELETON.read_text(encoding="utf-8").replace("NAME", name)
    try:
        read_plan_file(text)
    except FileWrong as error:
        raise click.ClickException("a name is small letters, digits and dashes") from error
    file.write_text(text, encoding="utf-8")
    click.echo(f"{file} written; change it, then: onsite plans check {file}")


@plans.command("explain")
@click.argument("plan")
@click.option("--opened", help="When the customer reported: 2026-03-06T16:30. By default now.")
@click.option("--level", help="Fault level.")
@click.option("--class", "class_", help="Class of problem.")
@click.option("--tier", help="Distance of the site.")
@click.option("--stage", help="Stage of the project.")
@click.option("--urgency", help="Urgency.")
@click.option("--channel", help="Way of service.")
@click.option("--set", "values", multiple=True, help="A blank: name=value. Repeat it.")
@click.option("--date", "dates", multiple=True, help="A date: accepted=2026-01-31. Repeat it.")
@click.option("--event", "events", multiple=True,
              help="What happened: need_confirmed=2026-03-06T17:00. Repeat it.")  # fmt: skip
@click.option("--at", "now", help="A moment: how it stands then.")
@click.option("--zone", default=COMPANY_ZONE, show_default=True, help="The site's time zone.")
@click.option("--lang", type=click.Choice(LANGUAGES), default="both", show_default=True)
def explain_(
    plan: str, opened: str | None, now: str | None, zone: str, lang: str, **given: Any
) -> None:
    """Print when everything is due that PLAN promises, and why. PLAN is a name or a file."""
    raw = _read(plan)
    place = _zone(zone)
    values = dict(_pair("--set", one) for one in given["values"])
    this_minute = SystemClock().now().replace(second=0, microsecond=0)
    reported = _moment(opened, place, "--opened") if opened else this_minute
    events = [Event("reported", reported)]
    events += [_event(one, place) for one in given["events"]]
    dates = {name: _date(value) for name, value in _pairs("--date", given["dates"])}
    case = {name: given.get(name if name != "class" else "class_") for name in ASKED}
    try:
        made = make(raw, {name: _typed(raw, name, value) for name, value in values.items()})
    except ParameterWrong as error:
        raise click.ClickException(f"{error} (--set {error.name}=…)") from error
    told = {name: _chosen(made.asks, name, value) for name, value in case.items() if value}
    request = Request(Ground(place, china()), events, told, dates)
    click.echo(explain(made, request, _moment(now, place, "--at") if now else None, lang), nl=False)


def _read(plan: str) -> dict[str, Any]:
    try:
        return read_plan_file(_text(_find(plan)))
    except FileWrong as error:
        raise click.ClickException(f"{error}; see `onsite plans check`") from error


def _find(plan: str) -> Path:
    file = Path(plan)
    if file.suffix == ".yaml" and file.is_file():
        return file
    named = PLANS / f"{plan}.yaml"
    if not named.is_file():
        known = [path.stem for path in plan_files()]
        near = ", ".join(get_close_matches(plan, known, n=3) or known)
        raise click.ClickException(f"there is no plan {plan}; there is {near}")
    return named


def plan_files() -> list[Path]:
    """The files of all plans."""
    return [path for path in sorted(PLANS.glob("*.yaml")) if path != register.FILE]


def _pairs(option: str, texts: Iterable[str]) -> Iterable[tuple[str, str]]:
    return [_pair(option, text) for text in texts]


def _pair(option: str, text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.ClickException(f"{option} {text}: write name=value")
    return name, value


def _typed(raw: Mapping[str, Any], name: str, value: str) -> int | str:
    unit = raw.get("parameters", {}).get(name, {}).get("unit")
    return int(value) if unit in AMOUNTS and value.isdigit() else value


def _chosen(asks: Mapping[str, Mapping[str, Any]], name: str, value: str) -> str:
    choices = asks.get(name, {})
    if value not in choices:
        known = ", ".join(choices) or "none: it makes no difference in this plan"
        raise click.ClickException(f"--{name} {value}: choices are {known}")
    return value


def _event(text: str, zone: ZoneInfo) -> Event:
    """`arrived=TIME`; `paused:fee=TIME` with a reason; `promised=TIME/TIME` with what was told."""
    name, value = _pair("--event", text)
    kind, _, reason = name.partition(":")
    if kind not in {*EVENTS, "paused", "resumed"}:
        known = ", ".join(sorted({*EVENTS, "paused", "resumed"}))
        raise click.ClickException(f"--event {kind}: choices are {known}")
    at, _, told = value.partition("/")
    time = _moment(told, zone, "--event") if told else None
    return Event(kind, _moment(at, zone, "--event"), reason, time)


def _moment(text: str, zone: ZoneInfo, option: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.ClickException(f"{option} {text}: write 2026-03-06T16:30") from error
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise click.ClickException(f"--date {text}: write name=2026-01-31") from error


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise click.ClickException(f"--zone {name}: write one such as Asia/Shanghai") from error


@plans.command()
@click.option("--plan", "only", help="Only the clauses of this agreement.")
@click.option("--status", help="Only those dealt with in this way.")
@AS_JSON
def coverage(only: str | None, status: str | None, as_json: bool) -> None:
    """Print how each clause of each agreement is dealt with; fail where one is not."""
    read = [read_plan_file(_text(file)) for file in plan_files()]
    entries, faults = register.read(register.FILE.read_text(encoding="utf-8"), read, _rules())
    rows = [
        {"clause": one.clause, "how": one.status, "by": one.by, "what": one.words}
        for one in entries
        if only in {None, one.plan} and status in {None, one.status}
    ]
    show(rows, as_json)
    if not as_json:
        counts = register.count(entries)
        click.echo(", ".join(f"{status} {number}" for status, number in counts.items()))
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        raise click.ClickException(f"faults: {len(faults)}")


def _rules() -> set[str]:
    """The names of what the program does, beside the plans' own rules."""
    from models.kept import KEPT
    from sync.decide import KINDS as DECISIONS
    from sync.documents.registry import DOCUMENTS
    from sync.facts.registry import KINDS as FACTS

    return {*FACTS, *DECISIONS, *DOCUMENTS, *KEPT}

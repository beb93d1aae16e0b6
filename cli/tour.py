"""`onsite tour`: one working day over HTTP against a running server, and whether it all holds."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import click
from rich.console import Console
from rich.table import Table

from cli.environment import read_settings
from cli.secrets import OTP_FILE, PASSWORD_FILE
from cli.touring.checks import Check, Checking
from cli.touring.company import Company, found
from cli.touring.entrance import enter, set_up_second_factor
from cli.touring.field import Technician, enrol, receive, work
from cli.touring.http import Asked, Problem, Server, Staff
from cli.touring.photos import pictures, upload
from models.clock import SystemClock
from models.ids import Ids

PATIENCE_SECONDS = 90
LISTED_MAX = 8


@dataclass
class Story:
    """Tells what happens, with the time that its requests took."""

    console: Console
    server: Server
    chapter: int = field(default=0)

    @contextmanager
    def tell(self, who: str, what: str) -> Iterator[None]:
        """A step of the story; its lines come when it is done."""
        before = len(self.server.asked)
        yield
        self.chapter += 1
        self.console.print(f"{self.chapter:3}  [bold]{who:11}[/] {what}")
        for line in requests_in_words(self.server.asked[before:]):
            self.console.print(f"     [dim]{line}[/]")


def requests_in_words(asked: list[Asked]) -> list[str]:
    """One line for each kind of request, with the time of each; the extremes of many."""
    if not asked:
        return ["no network"]
    kinds: dict[str, list[float]] = {}
    for one in asked:
        kinds.setdefault(one.what, []).append(one.milliseconds)
    return [f"{what}  {_times(times)} ms" for what, times in kinds.items()]


def _times(times: list[float]) -> str:
    if len(times) <= LISTED_MAX:
        return ", ".join(f"{time:.0f}" for time in times)
    return f"{len(times)} times, each {min(times):.0f} to {max(times):.0f}"


@click.command()
@click.option("--url", help="The server; else this machine's, at PORT.")
@click.option("--user", default="supervisor", show_default=True, help="A supervisor's user name.")
@click.option("--password", help="Their password; else the one kept in ONSITE_HOME.")
@click.option("--otp", help="The code of their second factor, if they have set one up themselves.")
@click.option(
    "--photos",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of photos to bring along; else three are made.",
)
def tour(
    url: str | None, user: str, password: str | None, otp: str | None, photos: Path | None
) -> None:
    """Walk through one visit, from the request to the booked parts, and check the result."""
    settings = read_settings()
    trusted = settings.authority if settings.tls else None
    server = Server((url or settings.local_url).rstrip("/"), trusted)
    story = Story(Console(highlight=False), server)
    kept = None if password else settings.home / OTP_FILE
    password = password or _kept_password(settings.home)
    with story.tell("supervisor", f"{user} logs in"):
        supervisor = enter(server, SystemClock(), user, password, otp, kept)
    if supervisor.lacks and kept:
        with story.tell("supervisor", f"needs a second factor here: sets one up, kept in {kept}"):
            set_up_second_factor(supervisor, SystemClock(), password, kept)
    company, technician = _live(story, supervisor, photos)
    checks = list(Checking(server, company, technician).run())
    story.console.print(_table(checks))
    sys.exit(0 if all(check.holds for check in checks) else 1)


def _kept_password(home: Path) -> str:
    file = home / PASSWORD_FILE
    if not file.exists():
        raise click.ClickException(f"there is no {file}; give --password, or set ONSITE_HOME")
    return file.read_text().strip()


def _live(story: Story, supervisor: Staff, folder: Path | None) -> tuple[Company, Technician]:
    clock, ids, server = SystemClock(), Ids(), story.server
    brought = pictures(folder)
    with story.tell("desk", "people, a customer, parts and a loaner; a visit is assigned"):
        company = found(server, supervisor, ids, clock)
    with story.tell("technician", "enrols the phone with a one-time code"):
        technician = enrol(server, company, ids, clock)
    with story.tell("warehouse", "ships two rollers to the van"):
        transfer = _ship(company)
    with story.tell("phone", "first sync: the packet, the van's stock, the catalogue"):
        _wait(technician, lambda: _packed(technician, company))
    with story.tell(
        "technician", "receives the rollers; offline: arrives, works, lends, has it signed"
    ):
        receive(technician, company, transfer)
        work(technician, company, brought)
    with story.tell("phone", f"back in the network: {len(technician.device.outbox)} facts go up"):
        technician.device.once()
    megabytes = sum(len(picture.data) for picture in brought) / 1e6
    with story.tell("phone", f"{len(brought)} photos follow, {megabytes:.1f} MB"):
        for picture in brought:
            upload(server, technician.token, picture)
    with story.tell("worker", "books parts and loaner, looks at the photos; the phone sees it"):
        _wait(technician, lambda: _settled(technician, company))
    return company, technician


def _ship(company: Company) -> str:
    stores = company.warehouse.get(f"/stock?part={company.roller['id']}")["items"]
    store = next(one["place"] for one in stores if one["place"] != company.van["id"])
    shipped = company.warehouse.add(
        "/stock/shipments",
        place=store,
        to=company.van["id"],
        lines=[{"part": company.roller["id"], "quantity": "2"}],
    )
    return str(shipped["transfer"])


def _packed(technician: Technician, company: Company) -> bool:
    """Whether everything needed for the visit is on the phone."""
    device = technician.device
    return (
        company.visit["id"] in device.documents("visit")
        and bool(device.documents("stock").get(company.van["id"], {}).get("lines"))
        and company.loaner["id"] in device.documents("loaner")
        and company.head["id"] in device.documents("part")
    )


def _settled(technician: Technician, company: Company) -> bool:
    """Whether the worker is through with what the phone reported."""
    device = technician.device
    standing = [fact for data in device.documents("standing").values() for fact in data["facts"]]
    visit = device.documents("visit")[company.visit["id"]]
    lines = device.documents("stock")[company.van["id"]]["lines"]
    order = company.dispatcher.get(f"/work-orders/{company.work_order['id']}")
    return (
        len(standing) == device.seq
        and all(fact["state"] != "waiting" for fact in standing)
        and all(photo["state"] not in ("promised", "arrived") for photo in visit["photos"])
        and [line["quantity"] for line in lines] == ["4.000"]
        and order["status"] == "resolved"
    )


def _wait(technician: Technician, there: Callable[[], bool]) -> None:
    """Exchange until it is so; after 90 seconds the checks say what is missing."""
    until = monotonic() + PATIENCE_SECONDS
    while True:
        technician.device.sync()
        if there():
            return
        if monotonic() > until:
            raise Problem("the worker has not finished after 90 s; is it running?")
        technician.device.clock.sleep(0.2)


def _table(checks: list[Check]) -> Table:
    table = Table(title="What must be true", title_justify="left")
    for heading in ("", "check", "seen"):
        table.add_column(heading)
    for check in checks:
        table.add_row("[green]ok[/]" if check.holds else "[red]NO[/]", check.statement, check.seen)
    return table

"""The sample company: rich enough, right in every invariant, and the same every time."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

import click
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cli.run import is_first
from cli.sample import fill, log_ins
from cli.secrets import SAMPLE_PASSWORD_FILE
from models import sessions
from models.base import Base
from models.clock import ManualClock, SystemClock
from models.contracts import promising
from models.contracts.promising import BROKEN, WARNED
from models.contracts.rows import Contract
from models.customers import Asset, Customer
from models.decisions import Decision, decisions_about
from models.derived import Subject
from models.dispatch.bookings import FREES, Window, booked
from models.dispatch.rows import Assignment, Visit, WorkOrder
from models.facts import Fact, FactPart, Refusal
from models.findings import Finding
from models.house import House
from models.ids import SeededIds
from models.knowledge import Article, Checklist, FaultCode
from models.loaners.rows import Custody, Loaner, Reservation
from models.notices import Notice, NoticeRecipient
from models.outbox import Outbox
from models.people import Role, Territory, User
from models.photos import PhotoBytes
from models.records.rows import RecordVersion
from models.settings import Settings
from models.stock.fitted import Debt
from models.stock.rows import Part, Place
from sync.invariants import violations
from tests.cli.conftest import Start
from tests.conftest import Figures
from tests.servers import DatabaseServer
from worker.drain import drain

NOW = datetime(2026, 11, 25, 6, 30, tzinfo=UTC)  # a Wednesday afternoon in Shanghai
SECRETS = {"password_hash", "token_hash", "code_hash"}
SECONDS_MAX = 20


@dataclass(frozen=True)
class Made:
    """A database that was filled, and how long that took."""

    house: House
    seconds: float

    def count(self, table: type[Base], *where: Any) -> int:
        query = select(func.count()).select_from(table).where(*where)
        return self.house.database.read(lambda session: session.scalar(query) or 0)

    def values(self, column: Any) -> list[Any]:
        return self.house.database.read(lambda session: list(session.scalars(select(column))))


def make(url: str, home: Path, seed: int = 1, small: bool = True) -> Made:
    """Fill a fresh database and let the worker do what is left to it."""
    home.mkdir(exist_ok=True)
    settings = Settings.read({"ONSITE_HOME": str(home), "DATABASE_URL": url})
    house = House.open(settings, clock=ManualClock(NOW), ids=SeededIds(seed))
    house.furnish()
    began = perf_counter()
    fill(settings, NOW, seed, small)
    seconds = perf_counter() - began
    drain(house)
    return Made(house, seconds)


@pytest.fixture(scope="module")
def full(sqlite: DatabaseServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """The whole company, once for all tests that only look at it."""
    url = sqlite.fresh()
    made = make(url, tmp_path_factory.mktemp("sample"), small=False)
    yield made
    made.house.close()
    sqlite.drop(url)


def test_there_is_as_much_of_everything_as_is_promised(full: Made) -> None:
    assert full.count(Customer) == 60
    assert full.count(Asset) == 150
    assert full.count(Part) == 200
    assert full.count(Loaner) == 15
    assert full.count(Territory) == 3
    assert full.count(User, User.role == Role.TECHNICIAN) == 12
    assert Counter(full.values(Place.kind))["van"] == 12
    assert Counter(full.values(Place.kind))["warehouse"] == 2


def test_three_weeks_have_passed_and_more_are_planned(full: Made) -> None:
    past = full.count(Visit, Visit.ends < NOW)
    assert past >= 80
    assert full.count(Visit, Visit.starts < NOW - timedelta(days=18)) > 0
    assert full.count(Visit, Visit.starts > NOW) >= 25
    assert full.count(Visit, Visit.starts > NOW + timedelta(days=15)) == 0
    assert full.count(RecordVersion) >= 70
    assert {"signed", "absent", "refused"} == set(full.values(RecordVersion.sign_off))
    assert {"done", "failed", "cancelled", "incomplete"} <= set(full.values(Visit.status))


def test_nothing_was_decided_or_stated_after_now(full: Made) -> None:
    assert max(full.values(Decision.at)) <= NOW
    assert max(full.values(Fact.happened)) <= NOW
    assert max(full.values(Fact.received)) <= NOW


def test_every_invariant_holds_and_nothing_is_refused_or_left(full: Made) -> None:
    assert full.house.database.read(violations) == {}
    assert full.count(Refusal) == 0
    assert full.count(Outbox) == 0


def test_findings_of_different_codes_are_open_and_one_is_settled(full: Made) -> None:
    others = Finding.code.not_in([WARNED, BROKEN])
    query = select(Finding).where(others)
    findings = full.house.database.read(lambda session: list(session.scalars(query)))
    assert sorted(one.code for one in findings if one.state == "open") == [
        "loaner.contested",
        "loaner.overdue",
        "loaner.overdue",
        "record.two_records",
        "stock.received_unshipped",
        "stock.serial_jump",
        "stock.short",
        "visit.late_work",
        "visit.unassigned_work",
        "visit.work_after_cancellation",
    ]
    assert [one.code for one in findings if one.state == "settled"] == ["visit.late_work"]


def promise_states(session: Session) -> Counter[str]:
    """How everything stands that was promised."""
    states: Counter[str] = Counter()
    for id_ in session.scalars(select(WorkOrder.id)):
        decisions = decisions_about(session, Subject("work_order", id_))
        heard = promising.heard_from(session, id_)
        for agreed in promising.agreements(session, id_, decisions):
            states.update(one.state_at(NOW, heard) for one in agreed.promises)
    return states


def test_promises_run_stand_still_are_kept_and_sometimes_not(full: Made) -> None:
    assert full.count(Contract) >= 16
    assert len(set(full.values(Contract.plan_id))) >= 10
    states = full.house.database.read(promise_states)
    assert {"waiting", "running", "paused", "met", "breached"} <= states.keys()
    assert states["met"] > 3 * states["breached"]


def test_customers_were_told_of_broken_promises_and_the_last_are_still_to_be(full: Made) -> None:
    query = select(Finding.state, Finding.since).where(Finding.code == BROKEN)
    found = full.house.database.read(lambda session: list(session.execute(query)))
    assert {state for state, _ in found} == {"open", "settled"}
    latest = max(since for state, since in found if state == "settled")
    assert all(since > latest for state, since in found if state == "open")


def test_where_a_contract_says_when_it_is_due_nobody_typed_it(full: Made) -> None:
    def body(session: Session) -> list[Decision]:
        return list(session.scalars(select(Decision).where(Decision.kind == promising.OPENED)))

    opened = full.house.database.read(body)
    typed = [one.data["due"] is not None for one in opened]
    assert typed == [one.data["agreed"] == [] for one in opened]
    assert True in typed
    assert False in typed
    assert any("." in basis for basis in full.values(WorkOrder.due_basis))


def test_loaners_are_lent_taken_back_and_overdue(full: Made) -> None:
    still_out = Custody.until.is_(None), Custody.holder_type == "site"
    assert full.count(Custody, *still_out) >= 5
    assert full.count(Custody, *still_out, Custody.overdue) == 2
    assert full.count(Custody, Custody.holder_type == "site", Custody.until.is_not(None)) >= 3
    assert full.count(Custody, Custody.inspected.is_not(None), Custody.state == "available") == 1
    assert full.count(Custody, Custody.until.is_(None), Custody.state == "returned") >= 2
    assert full.count(Reservation, Reservation.state == "open") == 1
    assert full.count(Debt) > 0


def test_the_office_has_written_down_and_told_what_the_field_should_know(full: Made) -> None:
    assert full.count(FaultCode) >= 40
    assert full.count(Checklist) == 6
    assert Counter(full.values(Article.language)) == {"zh": 12, "en": 6}
    assert full.count(Notice) == 5
    assert full.count(Notice, Notice.withdrawn.is_not(None)) == 1
    assert full.count(NoticeRecipient) >= 30
    plans = [tuple(plan["checklist"]) for plan in full.values(Visit.plan)]
    assert len(set(plans)) == full.count(Checklist)


def test_nobody_is_booked_for_two_visits_at_once(full: Made) -> None:
    def body(session: Session) -> list[UUID]:
        open_ = select(Assignment, Visit).join(Visit, Visit.id == Assignment.visit_id)
        rows = session.execute(open_.where(Assignment.until.is_(None))).all()
        return [
            visit.id
            for one, visit in rows
            if visit.status not in FREES
            and booked(session, [one.user_id], Window(visit.starts, visit.ends), visit.id)
        ]

    assert full.house.database.read(body) == []


def test_records_are_in_both_languages(full: Made) -> None:
    parts = full.house.database.read(
        lambda session: list(session.scalars(select(FactPart.text).where(FactPart.name == "work")))
    )
    english = [text for text in parts if text is not None and text.isascii()]
    assert 0 < len(english) < len(parts) / 2


def test_photos_can_be_looked_at(full: Made) -> None:
    states = Counter(full.values(PhotoBytes.state))
    assert set(states) == {"present"}
    assert states["present"] >= 6


def test_one_password_opens_every_sample_log_in_and_only_its_owner_reads_it(full: Made) -> None:
    file = full.house.settings.home / SAMPLE_PASSWORD_FILE
    assert file.stat().st_mode & 0o777 == 0o600
    password = file.read_text().strip()

    def body(session: Session) -> list[User | None]:
        names = ("fang.min", "wei.dong", "lin.yue")
        return [
            sessions.user_by_password(session, full.house.clock.now(), name, password)
            for name in names
        ]

    assert None not in full.house.database.read(body)


@pytest.mark.proof
def test_the_sample_company_is_there_soon(full: Made, figures: Figures) -> None:
    figures(
        seconds=round(full.seconds, 1),
        visits=full.count(Visit),
        facts=full.count(Fact),
        decisions=full.count(Decision),
    )
    assert full.seconds < SECONDS_MAX


# The same every time


def test_the_same_seed_and_moment_give_the_same_company_in_either_database(
    sqlite: DatabaseServer, postgresql: DatabaseServer, tmp_path: Path
) -> None:
    snapshots = []
    for name, server in (("one", sqlite), ("other", postgresql)):
        url = server.fresh()
        made = make(url, tmp_path / name)
        assert made.house.database.read(violations) == {}
        assert {"running", "paused", "met", "breached"} <= made.house.database.read(
            promise_states
        ).keys()
        blobs = sorted(made.house.blobs.names())
        snapshots.append({**made.house.database.read(snapshot), "blobs": blobs})
        made.house.close()
        server.drop(url)
    one, other = snapshots
    assert [name for name in one if one[name] != other[name]] == []
    assert len(one["fact"]) > 50


def snapshot(session: Session) -> dict[str, list[str]]:
    """Every row of every table, but secrets, which no seed gives."""
    return {
        mapper.class_.__tablename__: sorted(
            str({name: value for name, value in row.values().items() if name not in SECRETS})
            for row in session.scalars(select(mapper.class_))
        )
        for mapper in Base.registry.mappers
        if hasattr(mapper.class_, "__tablename__")
    }


# Where it is not made


def test_a_database_with_customers_is_left_alone(database_url: str, tmp_path: Path) -> None:
    settings = Settings.read({"ONSITE_HOME": str(tmp_path), "DATABASE_URL": database_url})
    house = House.open(settings)
    house.database.transact(
        lambda session, now: session.add(Customer(id=house.ids.new(now), code="1", name="Real"))
    )
    house.close()
    with pytest.raises(click.ClickException, match="has customers already"):
        fill(settings, NOW, 1, small=True)
    assert not (tmp_path / SAMPLE_PASSWORD_FILE).exists()


def test_a_database_without_tables_is_told_in_one_line(tmp_path: Path) -> None:
    settings = Settings.read({"ONSITE_HOME": str(tmp_path)})
    with pytest.raises(click.ClickException, match="run `onsite release` first"):
        fill(settings, NOW, 1, small=True)


# With `onsite run`, whose first start is seen to make it in tests/test_documents.py


def test_a_database_that_was_named_is_never_filled_by_a_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings.read({"ONSITE_HOME": str(tmp_path)})
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    assert not is_first(settings)
    monkeypatch.delenv("DATABASE_URL")
    assert is_first(settings)
    assert not is_first(Settings.read({"ONSITE_HOME": str(tmp_path), "ONSITE_SAMPLE": "0"}))


def test_who_is_offered_at_the_start_is_there_in_the_small_sample(
    sqlite: DatabaseServer, tmp_path: Path
) -> None:
    made = make(sqlite.fresh(), tmp_path / "home")
    offered = log_ins(made.house.settings).splitlines()[1:]
    names = {name for line in offered for name in line.partition(": ")[2].split(", ")}
    assert names <= set(made.values(User.name))
    made.house.close()


def test_a_first_start_that_is_broken_off_leaves_nothing_half_made(start: Start) -> None:
    run = start(ONSITE_SAMPLE="small")
    while not (run.settings.home / SAMPLE_PASSWORD_FILE).exists():
        assert run.process.poll() is None
        SystemClock().sleep(0.05)
    said = run.stop()
    assert run.process.returncode == 0, said
    assert "Traceback" not in said
    assert run.processes() == {}
    assert not (run.settings.home / "onsite.sqlite3").exists()

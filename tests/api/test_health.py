"""What whoever watches is told: whether all is well, why not, and in figures."""

import json
import re
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from api.app import create_app
from api.health import readiness
from api.patience import Patience
from models import vitals
from models.derived import Source
from models.feed import mark
from models.house import House
from models.settings import Settings
from tests.api.door import Door, problem
from tests.statements import state
from tests.world import World
from worker.drain import drain

OPERATING = Path(__file__).parents[2] / "docs" / "operating.md"
NOWHERE = "redis://:hunter2@127.0.0.1:1/0"


def with_settings(world: World, **environ: str) -> House:
    """The world's house, told something else by its environment."""
    own = {"ONSITE_HOME": str(world.house.settings.home)}
    own |= {"DATABASE_URL": world.house.settings.database_url}
    return replace(world.house, settings=Settings.read(own | environ))


class Asked:
    """The application over that house, as whoever watches asks it."""

    def __init__(self, house: House) -> None:
        self.app = create_app(house)
        self.client = self.app.test_client()

    def ready(self, query: str = "") -> tuple[int, dict[str, Any]]:
        response = self.client.get(f"/readyz{query}", buffered=True)
        told: dict[str, Any] = json.loads(response.data)
        assert told["ready"] is (response.status_code == 200)
        return response.status_code, told["checks"]

    def figures(self) -> dict[str, float]:
        """Every sample by name and labels."""
        response = self.client.get("/metrics", buffered=True)
        assert response.status_code == 200
        return {
            one.name + "".join(f" {value}" for _, value in sorted(one.labels.items())): one.value
            for family in text_string_to_metric_families(response.text)
            for one in family.samples
        }


# Ready


def test_a_house_in_which_all_is_well_is_ready(world: World, redis_url: str) -> None:
    world.drain()
    status, checks = Asked(with_settings(world, REDIS_URL=redis_url)).ready()
    assert status == 200
    assert list(checks) == ["database", "redis", "blobs", "backlog"]
    assert all(check["ok"] for check in checks.values())
    assert checks["redis"]["why"] == "answers"
    assert checks["backlog"]["why"] == "0 jobs, 0 marks"


def test_without_redis_there_is_none_to_be_asked(any_world: World) -> None:
    _, checks = Asked(any_world.house).ready()
    assert checks["redis"] == {"ok": True, "why": "none"}


def test_a_redis_that_is_down_is_told_and_can_be_left_out(any_world: World) -> None:
    any_world.drain()
    asked = Asked(with_settings(any_world, REDIS_URL=NOWHERE))
    status, checks = asked.ready()
    assert status == 503
    assert checks["redis"] == {"ok": False, "why": "ConnectionError"}
    assert checks["database"]["ok"]
    status, checks = asked.ready("?exclude=redis&exclude=backlog")
    assert (status, list(checks)) == (200, ["database", "blobs"])


def test_tables_of_another_revision_are_told(world: World) -> None:
    with world.house.database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    status, checks = Asked(world.house).ready()
    assert status == 503
    assert checks["database"]["why"].startswith("revision older, this code needs ")
    assert "onsite release" in checks["database"]["why"]


def test_a_disk_with_little_room_is_told(any_world: World) -> None:
    status, checks = Asked(with_settings(any_world, ONSITE_FREE_MB="999999999")).ready()
    assert status == 503
    assert checks["blobs"]["why"].endswith("MB free, 999999999 MB are wanted")
    assert list(any_world.house.uploads.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, data: bytes) -> int:
        raise PermissionError(13, "no", str(self))

    monkeypatch.setattr(Path, "write_bytes", refuse)
    status, checks = Asked(world.house).ready()
    assert (status, checks["blobs"]) == (503, {"ok": False, "why": "PermissionError"})


def make_work(world: World) -> None:
    """A loaner changes hands: its custody has to be derived, and documents published."""
    visit, ann = world.open_visit(), world.device("ann")
    state(ann, world, "loaner.handed_over", visit)
    ann.sync()


def test_work_that_waits_too_long_is_told_with_its_age(world: World) -> None:
    world.drain()
    make_work(world)
    asked = Asked(world.house)
    assert asked.ready()[0] == 200
    world.clock.advance(301)
    status, checks = asked.ready()
    assert status == 503
    assert "jobs (oldest 30" in checks["backlog"]["why"]
    assert "is a worker running?" in checks["backlog"]["why"]
    drain(world.house)
    assert asked.ready()[0] == 200


def test_marks_alone_are_a_backlog_too(world: World) -> None:
    world.drain()
    part = Source("part", world["roller"])
    world.house.database.transact(lambda session, now: mark(session, {part}))
    world.clock.advance(1000)
    status, checks = Asked(world.house).ready()
    assert status == 503
    assert checks["backlog"]["why"].startswith("0 jobs, ")
    assert Asked(with_settings(world, ONSITE_BACKLOG_SECONDS="2000")).ready()[0] == 200


def test_a_mark_is_as_old_as_what_it_came_from(world: World) -> None:
    """Spreading marks of sources into marks of documents makes nothing younger."""
    from sync import feed

    world.drain()
    world.open_visit()
    began = world.house.database.read(vitals.marks)["source"].since
    world.clock.advance(100)
    world.house.database.transact(lambda session, now: feed.spread(session))
    marks = world.house.database.read(vitals.marks)
    assert (marks["source"].count, marks["document"].since) == (0, began)


@pytest.fixture
def hanging() -> Iterator[str]:
    """A Redis that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://:hunter2@127.0.0.1:{server.getsockname()[1]}/0"


def test_a_redis_that_hangs_makes_nobody_hang(any_world: World, hanging: str) -> None:
    status, checks = Asked(with_settings(any_world, REDIS_URL=hanging)).ready()
    assert (status, checks["redis"]["ok"]) == (503, False)
    assert "hunter2" not in str(checks)


def test_a_database_that_hangs_makes_nobody_hang_and_is_asked_once(any_world: World) -> None:
    free, asked_times = Event(), 0

    def hang() -> str:
        nonlocal asked_times
        asked_times += 1
        free.wait(30)
        return "well"

    asked = Asked(any_world.house)
    with asked.app.app_context():
        checks = readiness()
        checks.patience.seconds = 0.05
        checks.checks["database"] = hang
    for _ in range(3):
        status, told = asked.ready("?exclude=blobs&exclude=backlog")
        assert status == 503
        assert told["database"] == {"ok": False, "why": "no answer within 0.05 s"}
    assert asked_times == 1
    with asked.app.app_context():
        readiness().patience.seconds = 10
    free.set()
    assert asked.ready("?exclude=blobs&exclude=backlog")[1]["database"]["why"] == "well"


def test_what_a_check_raises_is_named_and_its_words_stay_in_the_log(
    any_world: World, caplog: pytest.LogCaptureFixture
) -> None:
    def raise_(_: Any = None) -> str:
        raise OSError("somebody@host says hunter2")

    asked = Asked(any_world.house)
    with asked.app.app_context():
        readiness().checks["blobs"] = raise_
    _, checks = asked.ready()
    assert checks["blobs"] == {"ok": False, "why": "OSError"}
    assert "hunter2" in caplog.text


def test_patience_gives_back_what_came_and_what_was_raised() -> None:
    def raise_() -> None:
        raise ValueError

    answers = Patience().ask({"one": lambda: 1, "two": raise_})
    assert isinstance(answers["one"], Future)
    assert answers["one"].result() == 1
    assert isinstance(answers["two"], Future)
    assert isinstance(answers["two"].exception(), ValueError)


# Figures


def test_the_figures_tell_how_things_stand(world: World, redis_url: str) -> None:
    world.drain()
    house = with_settings(world, REDIS_URL=redis_url)
    asked = Asked(house)
    make_work(world)
    part = Source("part", world["roller"])
    world.house.database.transact(lambda session, now: mark(session, {part}))
    world.clock.advance(100)
    figures = asked.figures()
    assert figures["onsite_ready database"] == 1
    assert figures["onsite_work_waiting reconcile"] == 1
    assert figures["onsite_work_oldest_seconds reconcile"] >= 100
    assert figures["onsite_marks_waiting source"] > 0
    assert figures["onsite_devices in_use"] == 1
    assert figures["onsite_devices silent"] == 0
    assert figures["onsite_blobs_free_bytes"] > 0
    drain(house)
    world.clock.advance(25 * 3600)
    figures = asked.figures()
    assert "onsite_work_waiting reconcile" not in figures
    assert figures["onsite_jobs_total reconcile done"] == 1
    assert figures["onsite_devices silent"] == 1


def test_open_findings_are_counted_by_what_they_are(world: World) -> None:
    asked = Asked(world.house)
    before = asked.figures()
    kinds = [name for name in before if name.startswith("onsite_findings_open ")]
    assert len(kinds) > 10
    assert {before[name] for name in kinds} == {0}
    visit, bob = world.open_visit(), world.device("bob")
    state(bob, world, "visit.arrived", visit)
    bob.sync()
    world.drain()
    assert asked.figures()["onsite_findings_open visit.unassigned_work dispatcher"] == 1


def grown(door: Door, asked: Asked, act: Callable[[], Any]) -> dict[str, float]:
    """What the figures grew by."""
    before = asked.figures()
    act()
    after = asked.figures()
    return {name: value - before.get(name, 0) for name, value in after.items()}


def test_requests_are_counted_by_pattern_and_exchanges_by_what_went_where(door: Door) -> None:
    asked = Asked(door.world.house)
    visit, phone = door.world.open_visit(), door.phone()
    state(phone.device, door.world, "visit.arrived", visit)

    def act() -> None:
        phone.device.once()
        for _ in range(3):
            door.ask("GET", f"/visits/{door.world.ids.new(door.world.clock.now())}")
        door.client.get("/nowhere", buffered=True)
        door.client.open("/healthz", method="BREW", buffered=True)

    growth = grown(door, asked, act)
    one = "onsite_requests_total GET /api/v1/visits/<uuid:id_> 404"
    assert growth[one] == 3
    assert growth["onsite_requests_total GET none 404"] == 1
    assert growth["onsite_requests_total other none 405"] == 1
    assert growth["onsite_request_seconds_count GET /api/v1/visits/<uuid:id_>"] == 3
    assert growth["onsite_exchanges_total ok"] == 1
    assert growth["onsite_facts_total stored"] == 1
    assert growth["onsite_documents_sent_total"] > 1
    assert growth["onsite_received_bytes_total /api/v1/sync"] > 100


def test_no_label_is_an_id_or_an_address_as_it_was_asked(any_door: Door) -> None:
    asked = Asked(any_door.world.house)
    for number in range(20):
        any_door.ask("GET", f"/visits/{any_door.world.ids.new(any_door.world.clock.now())}")
        any_door.client.get(f"/nothing-{number}", buffered=True)
    names = asked.figures()
    assert not [name for name in names if "nothing-" in name or "-7" in name]


def test_figures_that_cannot_be_told_are_left_out(any_world: World) -> None:
    asked = Asked(with_settings(any_world, REDIS_URL=NOWHERE))
    figures = asked.figures()
    assert figures["onsite_ready redis"] == 0
    assert figures["onsite_ready database"] == 1
    assert not [name for name in figures if name.startswith("onsite_jobs")]


# Who may read the figures

TOKEN = "a-token-of-some-length"


@pytest.mark.parametrize(
    ("headers", "address", "status"),
    [
        ({}, "127.0.0.1", 200),
        ({}, "::1", 200),
        ({"Host": "127.0.0.1:8000"}, "127.0.0.1", 200),
        ({"Host": "[::1]:8000"}, "::1", 200),
        ({"Host": "evil.example.com"}, "127.0.0.1", 403),
        ({"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1", 403),
        ({"Via": "1.1 proxy"}, "127.0.0.1", 403),
        ({}, "192.0.2.7", 403),
        ({"Authorization": f"Bearer {TOKEN}"}, "192.0.2.7", 403),
    ],
)
def test_without_a_token_only_this_machine_reads_them(
    any_world: World, headers: dict[str, str], address: str, status: int
) -> None:
    client = create_app(any_world.house).test_client()
    environ = {"REMOTE_ADDR": address}
    response = client.get("/metrics", headers=headers, environ_base=environ, buffered=True)
    assert response.status_code == status


@pytest.mark.parametrize(
    ("given", "status"),
    [(f"Bearer {TOKEN}", 200), ("", 401), (TOKEN[:-1], 401), ("Bearer x", 401), ("Bearer é", 401)],
)
@pytest.mark.parametrize("address", ["127.0.0.1", "192.0.2.7"])
def test_with_a_token_everybody_needs_it(
    any_world: World, given: str, status: int, address: str
) -> None:
    house = with_settings(any_world, ONSITE_METRICS_TOKEN=TOKEN)
    client = create_app(house).test_client()
    environ = {"REMOTE_ADDR": address}
    headers = {"Authorization": given}
    response = client.get("/metrics", headers=headers, environ_base=environ, buffered=True)
    assert response.status_code == status
    if status == 401:
        problem(response, 401, "unauthorized")


# The certificate


def test_the_certificate_is_there_with_tls_only(any_world: World) -> None:
    folder = any_world.house.settings.home / "tls"
    folder.mkdir()
    (folder / "ca.crt").write_text("certificate")
    problem(create_app(any_world.house).test_client().get("/onsite-ca.crt"), 404, "unknown")
    client = create_app(with_settings(any_world, TLS="1")).test_client()
    response = client.get("/onsite-ca.crt", buffered=True)
    assert (response.status_code, response.text) == (200, "certificate")
    assert response.content_type == "application/x-x509-ca-cert"
    assert "/onsite-ca.crt" in client.get("/").text


# The page


def test_the_page_lists_exactly_the_figures_there_are(any_world: World, redis_url: str) -> None:
    client = create_app(with_settings(any_world, REDIS_URL=redis_url)).test_client()
    text = client.get("/metrics", buffered=True).text
    what = dict(re.findall(r"^# HELP (\S+) (.*)$", text, re.MULTILINE))
    type_ = dict(re.findall(r"^# TYPE (\S+) (.*)$", text, re.MULTILINE))
    there = [
        f"| `{name}` | {type_[name]} | {what[name]} |"
        for name in sorted(what)
        if not name.endswith("_created")
    ]
    shown = [line for line in OPERATING.read_text().splitlines() if line.startswith("| `onsite_")]
    assert shown == there

"""A client that a program wrote from the OpenAPI document does the desk's part of the tour."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.api.door import Door
from tests.api.live import Live, running
from tests.servers import DatabaseServer
from tests.world import World

PROGRAM = Path(sys.executable).parent / "openapi-python-client"
PACKAGE = "written_client"
YEARS = timedelta(days=10_000)  # The world's clock stands still, that of the server goes.
PAGE = 2


def media_types(value: Any) -> set[str]:
    """Every media type that the document names."""
    if isinstance(value, list):
        return {type_ for one in value for type_ in media_types(one)}
    if not isinstance(value, dict):
        return set()
    own = value.get("content")
    inner = {type_ for one in value.values() for type_ in media_types(one)}
    return inner | set(own if isinstance(own, dict) else ())


def write(folder: Path, document: Any) -> subprocess.CompletedProcess[str]:
    """Have the client written; files of any kind are bytes to it."""
    (folder / "openapi.json").write_text(json.dumps(document))
    files = {one: "application/octet-stream" for one in media_types(document) if "json" not in one}
    options = {"post_hooks": [], "content_type_overrides": files}
    (folder / "options.json").write_text(json.dumps(options))
    command = [str(PROGRAM), "generate", "--meta", "none", "--fail-on-warning"]
    places = ["--path", "openapi.json", "--config", "options.json", "--output-path", PACKAGE]
    return subprocess.run(
        [*command, *places], cwd=folder, capture_output=True, text=True, check=False
    )


@dataclass(frozen=True)
class Written:
    """The package that was written."""

    document: Any
    folder: Path

    def name(self, path: str) -> Any:
        """`models.customer_new.CustomerNew` of it."""
        module, _, name = path.rpartition(".")
        return getattr(import_module(f"{PACKAGE}.{module}"), name)

    def new(self, model: str, /, **values: Any) -> Any:
        """A value of the model, from JSON."""
        return self.name(f"models.{model}").from_dict(values)


@dataclass(frozen=True)
class Desk:
    """Somebody who uses the written client."""

    written: Written
    client: Any

    def call(self, operation: str, /, *ids: Any, **arguments: Any) -> Any:
        """`customers.add_customer`, for instance. It must succeed, with a value of its model."""
        answer = self.written.name(f"api.{operation}.sync_detailed")(
            *ids, client=self.client, **arguments
        )
        assert answer.status_code < 300, answer.content
        return answer.parsed

    def all(self, operation: str, /, **filters: Any) -> list[Any]:
        """A whole list, page by page."""
        found: list[Any] = []
        after: dict[str, Any] = {}
        while True:
            page = self.call(operation, limit=PAGE, **filters, **after)
            assert len(page.items) <= PAGE
            found += page.items
            if page.next_ is None:
                return found
            after = {"after": page.next_}


@pytest.fixture(scope="module")
def world(sqlite: DatabaseServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    url = sqlite.fresh()
    opened = World.open(url, tmp_path_factory.mktemp("home"))
    yield opened
    opened.close()
    sqlite.drop(url)


@pytest.fixture(scope="module")
def written(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    folder = tmp_path_factory.mktemp("client")
    document = Door(world).ask("GET", "/openapi.json", None).json
    done = write(folder, document)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in (done.stdout + done.stderr).lower()
    sys.path.insert(0, str(folder))
    yield Written(document, folder)
    sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def live(world: World) -> Iterator[Live]:
    with running(world) as live:
        yield live


@pytest.fixture
def desk(world: World, written: Written, live: Live) -> Iterator[Callable[..., Desk]]:
    """Whoever has the token; a supervisor where none is given."""
    supervisor = Door(world).log_in("sue", YEARS)

    def come(token: str = supervisor) -> Desk:
        url = f"http://127.0.0.1:{live.port}"
        client = written.name("client.AuthenticatedClient")(base_url=url, token=token)
        return Desk(written, connections.enter_context(client))

    with ExitStack() as connections:
        yield come


def test_no_operation_is_left_out(written: Written) -> None:
    wanted = {
        f"{operation['tags'][0]}/{operation['operationId']}"
        for methods in written.document["paths"].values()
        for operation in methods.values()
        if isinstance(operation, dict)
    }
    there = written.folder / PACKAGE / "api"
    assert {str(path.relative_to(there))[:-3] for path in there.glob("*/[a-z]*.py")} == wanted


def log_in(desk: Callable[..., Desk], supervisor: Desk, role: str) -> Desk:
    """Add somebody of the role, and log in as them."""
    person = {"name": f"{role}-1", "full_name": role.title(), "password": "a good password"}
    body = supervisor.written.new("UserNew", **person, role=role)
    assert supervisor.call("people.add_user", body=body).role == role
    credentials = {name: person[name] for name in ("name", "password")}
    token = supervisor.call("auth.log_in", body=supervisor.written.new("LogIn", **credentials))
    return desk(token.token)


@dataclass(frozen=True)
class Staff:
    """Those who prepare the tour."""

    supervisor: Desk
    dispatcher: Desk
    warehouse: Desk


def customer_with_a_machine(staff: Staff) -> tuple[Any, Any, Any]:
    """A customer, their site, and what stands there."""
    new, dispatcher = staff.dispatcher.written.new, staff.dispatcher
    body = new("CustomerNew", code="C-9", name="东方医院 Eastern Hospital")
    customer = dispatcher.call("customers.add_customer", body=body)
    values = {"customer_id": str(customer.id), "name": "门诊楼", "address": "延安路 1 号"}
    site = dispatcher.call("customers.add_site", body=new("SiteNew", **values))
    at_site = {"site_id": str(site.id)}
    body = new("ContactNew", **at_site, name="王主任", phone="13800000000")
    assert dispatcher.call("customers.add_contact", body=body).site_name == "门诊楼"
    body = new("AssetNew", **at_site, model="BP-200", serial="A-9", name="条码打印机")
    asset = dispatcher.call("customers.add_asset", body=body)
    assert asset.customer_name == customer.name
    return customer, site, asset


def van_with_parts(staff: Staff, technician: Any) -> tuple[Any, list[Any], Any]:
    """A van, what lies in it, and a loaner in it."""
    new, warehouse = staff.warehouse.written.new, staff.warehouse
    _, van = [
        warehouse.call("stock.add_place", body=new("PlaceNew", kind=kind, code=code, name=code))
        for kind, code in (("warehouse", "store-9"), ("van", "van-9"))
    ]
    keeping = {"place_id": str(van.id), "user_id": str(technician.id)}
    body = new("KeeperNew", **keeping)
    assert staff.supervisor.call("stock.add_keeper", body=body).until is None
    parts = [
        warehouse.call("stock.add_part", body=new("PartNew", code=f"P-{number}", name="胶辊"))
        for number in range(5)
    ]
    body = new("LoanerNew", model="BP-100", serial="L-9", accessories="电源")
    loaner = warehouse.call("loaners.add_loaner", body=body)
    body = new("Placing", place=str(van.id))
    assert warehouse.call("loaners.place_loaner", loaner.id, body=body).items[0].until is None
    lines = [{"part": str(part.id), "quantity": "3"} for part in parts]
    body = new("Opening", place=str(van.id), lines=lines)
    assert warehouse.call("warehouse.open_stock", body=body).transfer is None
    return van, parts, loaner


def visit_for(dispatcher: Desk, site: Any, asset: Any, loaner: Any) -> Any:
    """A request, and a visit for it."""
    new = dispatcher.written.new
    now = datetime(2026, 11, 22, 8, tzinfo=UTC)
    due = (now + timedelta(hours=4)).isoformat()
    at_site = {"site": str(site.id), "asset": str(asset.id)}
    body = new("WorkOrderNew", **at_site, request="打印不清", due=due)
    order = dispatcher.call("work_orders.open_work_order", body=body)
    assert (order.status, order.due_basis) == ("received", "manual")
    items = [{"work_order": str(order.id), "task": "更换打印头"}]
    window = {"starts": now.isoformat(), "ends": (now + timedelta(hours=2)).isoformat()}
    plan = new("Plan", site=str(site.id), items=items, loaner_duty=str(loaner.id), **window)
    return dispatcher.call("dispatch.plan_visit", body=plan)


def test_it_does_the_desks_part_of_the_tour(desk: Callable[..., Desk], written: Written) -> None:
    supervisor = desk()
    office = (log_in(desk, supervisor, role) for role in ("dispatcher", "warehouse"))
    staff = Staff(supervisor, *office)
    person = {"name": "tech-1", "full_name": "Tech", "password": "a good password"}
    body = written.new("UserNew", **person, role="technician")
    technician = supervisor.call("people.add_user", body=body)
    customer, site, asset = customer_with_a_machine(staff)
    van, parts, loaner = van_with_parts(staff, technician)
    visit = visit_for(staff.dispatcher, site, asset, loaner)
    crew = written.new("Crew", crew=[{"user": str(technician.id), "role": "lead"}])
    assigned = staff.dispatcher.call("dispatch.assign_crew", visit.id, body=crew)
    assert (assigned.status, assigned.assignments[0].user) == ("assigned", technician.id)
    body = written.new("CodeArgs", user=str(technician.id))
    assert staff.dispatcher.call("devices.issue_code", body=body).code

    visits = staff.dispatcher.all("dispatch.list_visits", customer=customer.id)
    assert [one.id for one in visits] == [visit.id]
    mine = staff.warehouse.all("stock.list_parts", q="P-")
    assert {one.id for one in mine} == {part.id for part in parts}
    lying = staff.warehouse.all("stock.list_stock", place=van.id)
    assert {(one.part, one.quantity) for one in lying} == {(part.id, "3.000") for part in parts}


def test_a_refusal_is_a_problem_of_the_clients_own_type(
    desk: Callable[..., Desk], written: Written
) -> None:
    call = written.name("api.customers.add_customer.sync_detailed")
    body = written.new("CustomerNew", code="C1", name="again")
    answer = call(client=desk().client, body=body)
    assert answer.status_code == 409
    assert isinstance(answer.parsed, written.name("models.Problem"))
    assert (answer.parsed.code, answer.parsed.field) == ("exists", "code")


def test_an_edit_goes_through_with_the_tag_of_what_was_read(
    desk: Callable[..., Desk], written: Written, world: World
) -> None:
    supervisor = desk()
    body = written.new("CustomerEdit", name="西方医院")
    edited = supervisor.call(
        "customers.edit_customer", world.named["customer"], body=body, if_match="*"
    )
    assert edited.name == "西方医院"
    again = {"name": "edited", "full_name": "E", "role": "warehouse", "password": "a good password"}
    user = supervisor.call("people.add_user", body=written.new("UserNew", **again, language="en"))
    body = written.new("UserEdit", full_name="Edited")
    told = supervisor.call("people.edit_user", user.id, body=body, if_match="*")
    assert (told.full_name, told.language) == ("Edited", "en")

"""What the desk and the warehouse prepare: people, a customer, a van with parts, a visit."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cli.touring.http import Json, Server, Staff
from models.clock import Clock, instant_text
from models.ids import Ids


@dataclass
class Company:
    """Everything that the tour made and goes on to use; ids are text, as the API writes them."""

    dispatcher: Staff
    warehouse: Staff
    technician: Json
    site: Json
    van: Json
    roller: Json
    head: Json
    loaner: Json
    work_order: Json
    visit: Json
    code: str
    serial: str


def found(server: Server, supervisor: Staff, ids: Ids, clock: Clock) -> Company:
    """Make a fresh company, so that a tour can be taken any number of times."""
    tag = ids.code()
    people = {
        role: _user(supervisor, ids, tag, role)
        for role in ("technician", "dispatcher", "warehouse")
    }
    dispatcher = Staff.log_in(server, *people["dispatcher"][1])
    warehouse = Staff.log_in(server, *people["warehouse"][1])
    technician = people["technician"][0]
    site, asset = _customer(dispatcher, tag)
    store, van = (_place(warehouse, tag, kind) for kind in ("warehouse", "van"))
    supervisor.add("/keepers", place_id=van["id"], user_id=technician["id"])
    roller = warehouse.add("/parts", code=f"R-{tag}", name="胶辊 platen roller")
    head = warehouse.add("/parts", code=f"H-{tag}", name="打印头 print head", tracking="serial")
    loaner = warehouse.add("/loaners", model="BP-100", serial=f"L-{tag}", accessories="电源, USB")
    warehouse.put(f"/loaners/{loaner['id']}/place", place=van["id"])
    serial = f"NEW-{tag}"
    _stock(warehouse, store, van, roller, head, serial)
    order, visit = _visit(dispatcher, clock, site, asset, technician, loaner)
    code = dispatcher.add("/devices/codes", user=technician["id"])["code"]
    return Company(
        dispatcher,
        warehouse,
        technician,
        site,
        van,
        roller,
        head,
        loaner,
        order,
        visit,
        code,
        serial,
    )


def _user(supervisor: Staff, ids: Ids, tag: str, role: str) -> tuple[Json, tuple[str, str]]:
    name, password = f"{role}-{tag}".lower(), ids.secret()
    user = supervisor.add(
        "/users", name=name, full_name=f"{role.title()} {tag}", role=role, password=password
    )
    return user, (name, password)


def _customer(dispatcher: Staff, tag: str) -> tuple[Json, Json]:
    customer = dispatcher.add(
        "/customers", code=f"C-{tag}", name=f"东方医院 Eastern Hospital {tag}"
    )
    site = dispatcher.add(
        "/sites",
        customer_id=customer["id"],
        name="门诊楼 Outpatients",
        address="延安路 1 号",
        access_notes="从南门进 South gate",
    )
    dispatcher.add("/contacts", site_id=site["id"], name="王主任", phone="13800000000")
    asset = dispatcher.add(
        "/assets", site_id=site["id"], model="BP-200", serial=f"A-{tag}", name="条码打印机 printer"
    )
    return site, asset


def _place(warehouse: Staff, tag: str, kind: str) -> Json:
    place: Json = warehouse.add("/places", kind=kind, code=f"{kind}-{tag}", name=f"{kind} {tag}")
    return place


def _stock(warehouse: Staff, store: Json, van: Json, roller: Json, head: Json, serial: str) -> None:
    """Three rollers and a print head lie in the van, five rollers in the store to be shipped."""
    in_van: list[Any] = [
        {"part": roller["id"], "quantity": "3"},
        {"part": head["id"], "quantity": "1", "serial": serial},
    ]
    warehouse.add("/stock/openings", place=van["id"], lines=in_van)
    in_store = [{"part": roller["id"], "quantity": "5"}]
    warehouse.add("/stock/openings", place=store["id"], lines=in_store)


def _visit(
    dispatcher: Staff, clock: Clock, site: Json, asset: Json, technician: Json, loaner: Json
) -> tuple[Json, Json]:
    now = clock.now()
    order = dispatcher.add(
        "/work-orders",
        site=site["id"],
        asset=asset["id"],
        request="打印不清 prints are faint",
        due=instant_text(now + timedelta(hours=4)),
    )
    visit = dispatcher.add(
        "/visits",
        site=site["id"],
        starts=instant_text(now),
        ends=instant_text(now + timedelta(hours=2)),
        items=[{"work_order": order["id"], "task": "更换打印头 replace the print head"}],
        checklist=["清洁 clean", "测试打印 test print"],
        loaner_duty=loaner["id"],
        consents=["power_off"],
    )
    crew = [{"user": technician["id"], "role": "lead"}]
    dispatcher.put(f"/visits/{visit['id']}/crew", crew=crew)
    return order, visit

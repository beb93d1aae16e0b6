"""What the technician's device does: it works without a network and states facts."""

import json
from dataclasses import dataclass, field
from datetime import timedelta

from cli.touring.company import Company
from cli.touring.http import Json, Server
from cli.touring.photos import Picture
from models.clock import Clock, instant_text
from models.ids import Ids
from sync.device import Device, new_key


@dataclass
class Technician:
    """A device in somebody's hands, the token it speaks with, and what it sealed."""

    device: Device
    token: str
    record: str
    promised: list[Picture] = field(default_factory=list)


def enrol(server: Server, company: Company, ids: Ids, clock: Clock) -> Technician:
    """Make a key, spend the one-time code, and be known from then on."""
    key, public_key = new_key(ids)
    enrolled = server.call(
        "POST",
        "/devices/enrol",
        None,
        {"code": company.code, "public_key": public_key, "name": "tour phone"},
    )

    def exchange(request: Json) -> Json:
        answer: Json = server.call("POST", "/sync", enrolled["token"], request)
        return answer

    device = Device(enrolled["device"], clock, ids, key, exchange)
    return Technician(device, enrolled["token"], str(ids.new(clock.now())))


def receive(technician: Technician, company: Company, transfer: str) -> None:
    """Sign for the rollers that the warehouse sent."""
    lines = [{"part": company.roller["id"], "quantity": "2"}]
    subject = ("place", company.van["id"])
    technician.device.state("stock.received", subject, {"transfer": transfer, "lines": lines})


def work(technician: Technician, company: Company, pictures: list[Picture]) -> None:
    """The visit, without a network: go there, ask, work, photograph, lend, have it signed."""
    device, visit = technician.device, ("visit", company.visit["id"])
    for kind in ("visit.accepted", "visit.travelling", "visit.arrived"):
        device.state(kind, visit)
    consent = device.state("consent.given", visit, {"what": "power_off"}, {"person": "王主任"})
    photos = [_photograph(device, visit, picture) for picture in pictures]
    technician.promised = pictures
    loan = _hand_over(device, visit, company)
    device.state("note.added", visit, parts={"words": "胶辊磨损 roller worn"})
    _seal(technician, company, [consent, loan, *photos])
    device.state("visit.left", visit)


def _photograph(device: Device, visit: tuple[str, str], picture: Picture) -> str:
    promise = {"sha256": picture.sha256, "size": len(picture.data), "type": picture.type}
    data = {"photo": promise, "purpose": "after"}
    return device.state("photo.taken", visit, data, {"caption": picture.name})


def _hand_over(device: Device, visit: tuple[str, str], company: Company) -> str:
    due = (device.clock.now() + timedelta(days=15)).date().isoformat()
    data = {
        "loaner": company.loaner["id"],
        "condition": "worn",
        "accessories": ["电源 power supply"],
        "due": due,
    }
    return device.state("loaner.handed_over", visit, data, {"signer": "王主任"})


def _seal(technician: Technician, company: Company, cites: list[str]) -> None:
    manifest = {
        "record": technician.record,
        "number": 1,
        "previous": None,
        "result": "done",
        "sign_off": "signed",
        "cites": cites,
    }
    signers = {
        "technician": {"name": company.technician["full_name"], "strokes": _strokes(40)},
        "customer": {"name": "王主任", "strokes": _strokes(25)},
    }
    content = {
        name: json.dumps(part, ensure_ascii=False) for name, part in _content(technician, company)
    }
    technician.device.seal(company.visit["id"], manifest, content, signers)


def _content(technician: Technician, company: Company) -> list[tuple[str, Json]]:
    now = instant_text(technician.device.clock.now())
    work = {
        "work_order": company.work_order["id"],
        "fault": "打印头磨损 print head worn",
        "remedy": "更换 replaced",
    }
    removed = {"part": company.head["id"], "serial": f"OLD-{company.serial}"}
    used = [
        {"place": company.van["id"], "part": company.roller["id"], "quantity": "1"},
        {
            "place": company.van["id"],
            "part": company.head["id"],
            "quantity": "1",
            "serial": company.serial,
            "removed": removed,
        },
    ]
    charge = {"what": "上门费 call-out", "amount_fen": 15000, "reason": "保外 out of warranty"}
    return [
        ("visit", {"site": company.site["name"], "arrived": now, "finished": now}),
        ("work", {"items": [work]}),
        ("parts_used", {"lines": used}),
        ("charges", {"basis": "manual", "lines": [charge]}),
        ("photos", {"photos": [picture.sha256 for picture in technician.promised]}),
    ]


def _strokes(points: int) -> list[list[list[int]]]:
    """Two pen strokes: x, y, milliseconds, pressure."""
    first = [[10 + 4 * step, 60 + (step * step) % 37, 8 * step, 400] for step in range(points)]
    second = [[20 + 3 * step, 90 - step % 23, 900 + 8 * step, 500] for step in range(points)]
    return [first, second]

"""What must be true after the tour, each asked of the server or computed from what it gave."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from cli.touring.company import Company
from cli.touring.field import Technician
from cli.touring.http import Json, Server
from models.records.sealing import content_code, part_hash, sha256, signature_fits
from sync.device import root_of

BATCHES = (1, 3, 500)


@dataclass(frozen=True)
class Check:
    """One statement, whether it holds, and what was seen."""

    statement: str
    holds: bool
    seen: str


@dataclass(frozen=True)
class Checking:
    """What the checks look at."""

    server: Server
    company: Company
    technician: Technician

    def run(self) -> Iterator[Check]:
        """Every check, in the order of the story."""
        for check in CHECKS:
            yield check(self)

    def journal(self) -> list[Json]:
        """The moves of the tour's own parts."""
        parts = (self.company.roller, self.company.head)
        pages = [
            self.company.warehouse.get(f"/moves?part={part['id']}&limit=500") for part in parts
        ]
        return [move for page in pages for move in page["items"]]

    def record(self) -> Json:
        """The only version of the sealed record."""
        (version,) = self.company.dispatcher.get(f"/records/{self.technician.record}")["versions"]
        found: Json = version
        return found


def nothing_lost(on: Checking) -> Check:
    device = on.technician.device
    stored = [one["id"] for one in device.receipts.values() if one["receipt"] == "stored"]
    standing = [fact for data in device.documents("standing").values() for fact in data["facts"]]
    effective = {fact["id"] for fact in standing if fact["state"] == "effective"}
    holds = len(stored) == device.seq and effective == set(stored) and not device.outbox
    seen = f"{device.seq} stated, {len(stored)} stored, {len(effective)} effective"
    return Check("nothing is lost: every fact is stored and takes effect", holds, seen)


def one_effect(on: Checking) -> Check:
    device, before = on.technician.device, on.journal()
    answers = [_send_again(on, size) for size in BATCHES]
    expected = [device.receipts[json.loads(sent["fact"])["id"]] for sent in device.sent]
    same = all(receipts == expected for receipts in answers)
    device.sync()
    holds = same and on.journal() == before and on.record()["number"] == 1
    sizes = ", ".join(map(str, BATCHES))
    seen = f"sent again in batches of {sizes}: receipts equal, {len(before)} moves"
    return Check("the outbox three times more in other batches: one effect", holds, seen)


def _send_again(on: Checking, size: int) -> list[Json]:
    device = on.technician.device
    receipts: list[Json] = []
    for start in range(0, len(device.sent), size):
        answer = device.exchange(device.request(device.sent[start : start + size]))
        receipts += answer["receipts"]
    return receipts


def books(on: Checking) -> Check:
    checks = on.company.warehouse.get("/stock/proof")["checks"]
    broken = [violation for check in checks for violation in check["violations"]]
    seen = broken[0] if broken else ", ".join(check["name"] for check in checks)
    return Check("balances = moves = replay, and every part sums to zero", not broken, seen)


def van_stock(on: Checking) -> Check:
    stock = on.technician.device.documents("stock")[on.company.van["id"]]
    lines = {line["part"]: Decimal(line["quantity"]) for line in stock["lines"]}
    holds = lines == {on.company.roller["id"]: Decimal(4)}
    seen = f"3 + 2 received - 1 used = {lines.get(on.company.roller['id'])} rollers, no print head"
    return Check("the phone sees the van's new stock", holds, seen)


def loaner(on: Checking) -> Check:
    chain = on.company.warehouse.get(f"/loaners/{on.company.loaner['id']}/custody")["items"]
    last = chain[-1]
    holds = last["holder_id"] == on.company.site["id"] and last["until"] is None
    return Check("the loaner is in the customer's hands", holds, f"due {last['due']}")


def photos(on: Checking) -> Check:
    listed = on.company.dispatcher.get(f"/visits/{on.company.visit['id']}/photos")["items"]
    states = {photo["sha256"]: photo["state"] for photo in listed}
    wrong = [
        picture.name
        for picture in on.technician.promised
        if states.get(picture.sha256) != "present" or _hash_of(on, picture.sha256) != picture.sha256
    ]
    seen = f"not so: {', '.join(wrong)}" if wrong else f"{len(listed)} photos"
    return Check("every promised photo is present and its hash is right", not wrong, seen)


def _hash_of(on: Checking, sha256: str) -> str:
    path = f"/api/v1/photos/{sha256}"
    response = on.server.request("GET", path, on.company.dispatcher.token)
    return hashlib.sha256(response.content).hexdigest()


def record_verifies(on: Checking) -> Check:
    version = on.record()
    fact = json.loads(version["fact"])
    hashes = fact["data"]["parts"]
    parts = version["parts"]
    proofs = {
        "root": version["root"] == sha256(version["fact"].encode()),
        "device signature": signature_fits(
            version["public_key"], version["signature"], version["fact"].encode()
        ),
        "parts": hashes == {name: part_hash(p["salt"], p["text"]) for name, p in parts.items()},
        "pen signatures": all(
            json.loads(parts[f"signature.{role}"]["text"])["content_code"] == content_code(hashes)
            for role in ("technician", "customer")
        ),
        "as sealed": version["root"] in {root_of(sent) for sent in on.technician.device.sent},
    }
    failed = [name for name, holds in proofs.items() if not holds]
    return Check("manifest, parts and signatures verify", not failed, ", ".join(failed or proofs))


def digest(on: Checking) -> Check:
    device = on.technician.device
    own, told = device.replica.digest(), device.last_answer["digest"]
    return Check("phone and server agree on what the phone holds", own == told, f"{own}")


def no_findings(on: Checking) -> Check:
    about = {on.company.visit["id"], on.company.van["id"], on.company.loaner["id"]}
    found = [one for one in _open_findings(on) if one["subject_id"] in about]
    seen = ", ".join(one["code"] for one in found) or "none"
    return Check("nothing is left for a person to look at", not found, seen)


def _open_findings(on: Checking) -> Iterator[Json]:
    after = ""
    while True:
        page = on.company.dispatcher.get(f"/findings?limit=500{after}")
        yield from page["items"]
        if page["next"] is None:
            return
        after = f"&after={page['next']}"


def visit_done(on: Checking) -> Check:
    visit = on.company.dispatcher.get(f"/visits/{on.company.visit['id']}")
    order = on.company.dispatcher.get(f"/work-orders/{on.company.work_order['id']}")
    holds = (visit["status"], order["status"]) == ("done", "resolved")
    seen = f"visit {visit['status']}, work order {order['status']}"
    return Check("the desk sees the work done", holds, seen)


CHECKS: tuple[Callable[[Checking], Check], ...] = (
    nothing_lost,
    one_effect,
    books,
    van_stock,
    loaner,
    photos,
    record_verifies,
    digest,
    visit_done,
    no_findings,
)

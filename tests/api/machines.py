"""A machine that asks what the OpenAPI document allows, and what it does not, as anybody.

Which operations there are, for whom, and how they may answer, is read from the document alone. So
that not everything is unknown, the machine knows the ids of the company's own things, and puts them
where the name of a field or the address says what is meant.
"""

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Err
from schemathesis.core.transport import Response
from schemathesis.specs.openapi import checks as conformance
from sqlalchemy import update

from api.rights import OF_DEVICES
from models.people import User
from models.tables import exporting
from tests.api.door import Door, Phone, told
from tests.statements import STATEMENTS, state

SEED = 20261126
CHECKS = [
    not_a_server_error,
    conformance.content_type_conformance,
    conformance.response_headers_conformance,
    conformance.response_schema_conformance,
    conformance.negative_data_rejection,
]
ROLES = ("technician", "dispatcher", "warehouse", "supervisor", "device", "nobody")
STAFF = {"technician": "ann", "dispatcher": "dora", "warehouse": "wang", "supervisor": "sue"}
MODES = (GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
SYNONYMS = {"to": "place", "holder": "site", "subject": "visit", "loaner_duty": "loaner"}
WORDS = {
    "zone": ["Asia/Shanghai"],
    "if-match": ["*"],
    "upload-offset": ["0", "7"],
    "upload-length": ["7"],
}
ADDRESSED = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[0-9a-f]{64}")
MOSTLY = 4  # in so many of so many and one cases, what is known is put in

Known = dict[str, list[str]]
FILES = ["application/offset+octet-stream", exporting.TYPES["xlsx"]]
schemathesis.serializer.alias(FILES, "application/octet-stream")


def singular(noun: str) -> str:
    """`work-orders` are `work_order`, `territories` are `territory`."""
    noun = noun.replace("-", "_")
    return f"{noun[:-3]}y" if noun.endswith("ies") else noun.removesuffix("s")


def company(door: Door) -> Phone:
    """Give the world something of everything; answers the phone of its technician."""
    world = door.world
    world.stock_van("van-a", "9", "S-1")
    world.decide("loaner.placed", "wang", loaner=world["loaner"], place=world["van-a"])
    world.new("transfer")
    phone = door.phone()
    visit = world.open_visit()
    for kind in STATEMENTS:
        world.clock.advance(60)
        state(phone.device, world, kind, visit)
    phone.device.once()
    for data in (b"photo", b"another"):
        phone.promise(data, visit)
    door.upload(phone, b"photo")
    world.drain()
    return phone


def known_ids(door: Door, document: Any, phone: Phone) -> Known:
    """The ids of whatever can be listed, by what it is."""
    known: Known = {"device": [str(phone.device.id)]}
    for path, methods in document["paths"].items():
        noun = path.removeprefix("/api/v1/")
        if "get" in methods and f"{path}/{{id_}}" in document["paths"]:
            items = door.get(f"/{noun}?limit=20")["items"]
            known[singular(noun)] = [one.get("record", one["id"]) for one in items]
    visits = [door.get(f"/visits/{id_}/photos")["items"] for id_ in known["visit"]]
    known["sha256"] = [photo["sha256"] for photos in visits for photo in photos]
    place = door.begin_upload(phone, b"another").headers["Location"]
    metadata = base64.b64encode(hashlib.sha256(b"another").hexdigest().encode()).decode()
    known["upload-metadata"] = [f"sha256 {metadata}"]
    known["upload"] = [place.rpartition("/")[2]]
    return known


@dataclass
class Machine:
    """One that asks, over one company."""

    door: Door
    phone: Phone = field(init=False)
    known: Known = field(init=False)
    statuses: Counter[int] = field(default_factory=Counter)
    accepted: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.phone = company(self.door)
        self.document = told(self.door.ask("GET", "/openapi.json", None))
        self.known = known_ids(self.door, self.document, self.phone)
        self.schema = schemathesis.openapi.from_dict(self.document)
        self.schema.app = self.door.app
        # Who asks is our affair: the machine neither makes tokens up nor leaves them out.
        self.schema.config.generation.with_security_parameters = False
        self.schema.config.checks.negative_data_rejection.expected_statuses = ["4xx"]

    def operations(self) -> Iterator[Any]:
        """Every operation of the document; one that cannot be read is an error."""
        for result in self.schema.get_all_operations():
            assert not isinstance(result, Err), result.err()
            yield result.ok()

    def headers(self, role: str) -> dict[str, str]:
        """Whose token the role sends. Nobody unpacks here what would come packed."""
        plain = {"Accept-Encoding": "identity"}
        if role == "nobody":
            return plain
        token = self.phone.token if role == "device" else self._log_in(STAFF[role])
        return plain | {"Authorization": f"Bearer {token}"}

    def _log_in(self, name: str) -> str:
        """Anew each time: what was asked before may have ended a log-in, or let somebody leave."""
        again = {"active": True, "password_until": None}
        back = update(User).where(User.name == name).values(again)
        self.door.world.house.database.transact(lambda session, now: session.execute(back))
        return self.door.log_in(name)

    def ask(self, operation: Any, roles: Sequence[str], examples: int) -> None:
        """Ask for the operation as those roles, so many times; whatever is wrong is raised."""

        @seed(SEED)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        )
        @given(cases(operation, self.known), st.sampled_from(roles))
        def ask(case: Case[Any], role: str) -> None:
            self.judge(case, role, case.call(headers=self.headers(role), buffered=True))

        ask()

    def judge(self, case: Case[Any], role: str, response: Response) -> None:
        """Whether the answer is one that the document promises, to this asker."""
        described = case.operation.definition.raw
        status = response.status_code
        self.statuses[status] += 1
        case.validate_response(response, checks=CHECKS)
        assert str(status) in described["responses"], f"{status} is not described"
        refusal = refusal_of(described, role)
        if refusal is not None:
            expected = {refusal} if leads_somewhere(case) else {refusal, 404}
            assert status in expected, f"{role} was answered {status}"
        elif status < 300:
            self.accepted.add(described["operationId"])


def roles_of(operation: Any) -> tuple[list[str], list[str]]:
    """Those who may use the operation, and the others."""
    may = {role for role in ROLES if refusal_of(operation.definition.raw, role) is None}
    return [role for role in ROLES if role in may], [role for role in ROLES if role not in may]


def refusal_of(operation: Any, role: str) -> int | None:
    """How the document says that the role is refused, whatever it sends."""
    if not operation["security"]:
        return None
    if operation["operationId"] in OF_DEVICES:
        return None if role == "device" else 401
    if role in ("nobody", "device"):
        return 401
    allowed = [one.split()[0] for one in operation["x-roles"].split(", ")]
    return None if role in allowed else 403


def leads_somewhere(case: Case[Any]) -> bool:
    """Whether the address is of the form that some view answers to."""
    return all(ADDRESSED.fullmatch(str(value)) for value in case.path_parameters.values())


@st.composite
def cases(draw: Any, operation: Any, known: Known) -> Case[Any]:
    """What the document allows of the operation, or something else; with ids that are known."""
    mode = draw(st.sampled_from(MODES if may_be_wrong(operation) else MODES[:1]))
    case: Case[Any] = draw(operation.as_strategy(generation_mode=mode))
    noun = operation.path.split("/")[3]
    path = {**known, "id_": known.get(singular(noun), [])}
    case.path_parameters = filled(draw, case.path_parameters, path)
    case.query = filled(draw, case.query, known)
    if isinstance(case.body, dict | list):  # bytes would be judged anew, and as no string
        case.body = filled(draw, case.body, known)
    for name in case.headers if mode is GenerationMode.POSITIVE else ():
        choices = WORDS.get(name.lower()) or known.get(name.lower())
        if choices and draw(st.integers(0, MOSTLY)):
            case.headers[name] = draw(st.sampled_from(choices))
    assume(all(value.isascii() and value.isprintable() for value in case.headers.values()))
    return case


def may_be_wrong(operation: Any) -> bool:
    return bool(operation.body or any(operation.iter_parameters()))


def filled(draw: Any, value: Any, known: Known) -> Any:
    """The value, with ids and words that are known where their field says so."""
    if isinstance(value, list):
        return [filled(draw, one, known) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: _filled_field(draw, name, one, known) for name, one in value.items()}


def _filled_field(draw: Any, name: str, value: Any, known: Known) -> Any:
    noun = name if name in known else name.removesuffix("_id")
    choices = WORDS.get(name) or known.get(SYNONYMS.get(noun, noun))
    takes = isinstance(value, str) and (name in WORDS or name == "sha256" or _is_uuid(value))
    if choices and takes and draw(st.integers(0, MOSTLY)):
        return draw(st.sampled_from(choices))
    return filled(draw, value, known)


def _is_uuid(value: str) -> bool:
    try:
        return bool(UUID(value))
    except ValueError:
        return False

"""Who looks on while a history is played: notes what was stated and decided, and every answer.

What must never be seen is seen at once (`Broken`); the rest is asked at the end (`asking`).
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import Base
from models.database import Database
from models.decisions import Decision
from models.facts import Fact, Refusal
from simulation.foretelling import EPOCH
from simulation.phone import Phone
from sync.device import Json, digest_of

RESETS = {"mismatch": "damaged", "unreadable": "moved", "restored": "moved", "purged": "moved"}


class Broken(Exception):
    """Something that must always be true is not: which, and in what way."""

    def __init__(self, name: str, sentences: list[str]) -> None:
        super().__init__(name)
        self.name, self.sentences = name, sentences


@dataclass
class Auditor:
    """What was stated by which device, what was decided and edited, and what was answered."""

    facts: dict[str, dict[str, Json]] = field(default_factory=lambda: defaultdict(dict))
    subjects: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    doubtful: set[tuple[str, str]] = field(default_factory=set)  # on a phone that lost them
    receipts: dict[tuple[str, str], str] = field(default_factory=dict)
    numbers: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))  # stored
    refused: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    claimed: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))  # forged
    decisions: dict[UUID, Decision] = field(default_factory=dict)
    edits: dict[tuple[type[Base], UUID], dict[str, Any]] = field(default_factory=dict)
    crews: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    plans: dict[str, Json] = field(default_factory=dict)
    within: dict[UUID, int] = field(default_factory=dict)  # hours, by the plan of the agreement
    agreed: dict[str, int] = field(default_factory=dict)  # and by work order, when it was opened
    users: dict[str, str] = field(default_factory=dict)
    night: datetime = EPOCH  # when what is late was looked at last

    # What is told to the auditor

    def stated(self, phone: Phone, sent: Json) -> None:
        """The phone put this fact into its outbox."""
        text = json.loads(sent["fact"])
        device, subject = str(phone.device.id), text["subject"]
        self.facts[device][text["id"]] = json.loads(json.dumps(sent))
        self.subjects[device].add(f"{subject['type']}:{subject['id']}")
        if text["kind"] == "visit.opened" and subject["id"] not in self.agreed:
            self.crews[subject["id"]].add(self.users[phone.user])

    def gone(self, phone: Phone, facts: Iterable[Json]) -> None:
        """The phone has lost these facts, which the server may have or not."""
        device = str(phone.device.id)
        self.doubtful |= {(device, json.loads(sent["fact"])["id"]) for sent in facts}

    def told(self, device: str, id_: str) -> str | None:
        """What the server said of the fact as it was stated: stored, refused, or nothing yet."""
        receipt = self.receipts.get((device, digest_of(self.facts[device][id_])))
        return None if receipt is None else json.loads(receipt)["receipt"]

    def promised(self, data: bytes) -> str:
        """The hash of a photo's bytes."""
        return hashlib.sha256(data).hexdigest()

    def decided(self, decision: Decision) -> None:
        """Somebody was told that this is decided."""
        self.decisions[decision.id] = decision
        data = decision.data
        if decision.kind == "visit.assigned":
            self.crews[data["visit"]] |= {one["user"] for one in data["crew"]}
        if decision.kind == "visit.planned":
            self.plans[data["visit"]] = dict(data)
        if decision.kind == "work_order.opened":
            plan = next(told["plan_id"] for told in self.edits.values() if "plan_id" in told)
            self.agreed[data["work_order"]] = self.within[plan]

    def plan_of(self, visit: str) -> Json:
        """What was decided last of the visit."""
        return self.plans[visit]

    def edited(self, row: type[Base], id_: UUID, name: str, value: Any) -> None:
        """Somebody was told that this is what the desk keeps from now on."""
        self.edits.setdefault((row, id_), {})[name] = value

    def look_again(self, database: Database) -> None:
        """Whoever was cut off looks whether what they did is there."""
        query = select(Decision).order_by(Decision.at, Decision.id)
        for decision in database.read(lambda session: list(session.scalars(query))):
            if decision.id not in self.decisions:
                self.decided(decision)

        def edited_again(session: Session) -> None:
            for device, seq in session.execute(select(Fact.origin_id, Fact.seq)):
                self.numbers[str(device)].add(seq)
            refused = select(Refusal.origin_id, Refusal.seq, Refusal.code)
            for device, claimed, code in session.execute(refused):
                self._refused_number(str(device), claimed, code)
            for (row, id_), values in self.edits.items():
                kept = session.get_one(row, id_)
                values.update({name: getattr(kept, name) for name in values})

        database.read(edited_again)

    # What the auditor sees

    def answered(self, phone: Phone, request: Json, answer: Json, troubles: set[str]) -> None:
        """The server answered what the phone asked in its troubles. Raises Broken."""
        for sent, receipt in zip(request["facts"], answer["receipts"], strict=True):
            self._look_at_receipt(phone, sent, receipt)
        self._look_at_numbers(phone, answer["received"])
        if phone.revoked is not None and (answer["documents"] or answer["client"] != "revoked"):
            raise Broken("a_revoked_phone_gets_nothing", [f"{phone.name} got documents"])
        for document in answer["documents"]:
            self._look_at_document(phone, document)
        reset = answer["reset"]
        if reset is not None and RESETS[reset] not in troubles:
            raise Broken("no_reset_without_cause", [f"{phone.name} is reset: {reset}"])

    def _look_at_receipt(self, phone: Phone, sent: Json, receipt: Json) -> None:
        key, told = (str(phone.device.id), digest_of(sent)), json.dumps(receipt)
        if self.receipts.setdefault(key, told) != told:
            names = [f"{phone.name} was told {self.receipts[key]}, and then {told}"]
            raise Broken("a_receipt_is_final", names)
        if receipt["receipt"] == "stored":
            self.numbers[str(phone.device.id)].add(receipt["seq"])
        else:
            self._refused_number(str(phone.device.id), receipt["seq"], receipt["code"])

    def _refused_number(self, device: str, seq: int | None, code: str) -> None:
        """A forged fact's number is anybody's word: it fills a gap, and makes none."""
        if seq is not None:
            (self.claimed if code == "fact.forged" else self.refused)[device].add(seq)

    def _look_at_numbers(self, phone: Phone, told: Json) -> None:
        """Whether the phone is told what the server lacks, as far as it looks in one answer."""
        device = str(phone.device.id)
        stored = self.numbers[device]
        claimed = {seq for seq in self.claimed[device] if seq < max(stored, default=0)}
        numbers = sorted(stored | self.refused[device] | claimed)
        missing = [[a + 1, b - 1] for a, b in pairwise([0, *numbers]) if b > a + 1]
        through = missing[0][0] - 1 if missing else max(numbers, default=0)
        if (
            told["through"] != through
            or told["missing"] != missing[: len(told["missing"])]
            or (bool(missing) != bool(told["missing"]))
        ):
            names = [f"{phone.name} is told {told}, and missing are {missing[:5]}"]
            raise Broken("what_is_missing_is_told", names)

    def _look_at_document(self, phone: Phone, document: Json) -> None:
        if not document.get("gone") and not self._concerns(phone, document):
            what = f"{document['type']} {document['id']}"
            raise Broken("nobody_sees_anothers", [f"{phone.name} was sent {what}"])

    def _concerns(self, phone: Phone, document: Json) -> bool:
        """Whether the document may be this phone's."""
        type_, id_ = document["type"], document["id"]
        user, device = self.users[phone.user], str(phone.device.id)
        if type_ == "visit":
            return user in self.crews[id_]
        if type_ == "record":
            return user in self.crews[document["data"]["visit"]]
        if type_ == "standing":
            return id_ in self.subjects[device]
        return bool(type_ != "profile" or id_ == user)

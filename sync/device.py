"""The reference device: what a phone does, in Python, for tests, simulator, benches and tour.

It keeps an outbox of signed facts, a replica of its documents, its key and its clock. The network
is a function that takes a request and gives an answer or raises; everything may be repeated.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models import rescue, sealed
from models.clock import Clock, instant_from, instant_text
from models.feed import SUM_MODULUS
from models.ids import Ids
from models.records import sealing
from models.records.sealing import SALT_BYTES, SIGNATURE_PREFIX, content_code, part_hash
from sync import limits
from sync.facts.text import SentFact, SentPart

Json = dict[str, Any]
Exchange = Callable[[Json], Json]
Key = tuple[str, str]


@dataclass
class Replica:
    """The documents that the device holds, and where it stands in its channels."""

    documents: dict[Key, Json] = field(default_factory=dict)
    cursor: str | None = None

    def digest(self) -> dict[str, int]:
        """The device's own count over what it holds."""
        total = sum(document["revision"] for document in self.documents.values())
        return {"count": len(self.documents), "sum": total % SUM_MODULUS}

    def take(self, documents: Iterable[Json], kept: Callable[[Key], bool]) -> set[Key]:
        """Put in what came; answers what was taken away though the device keeps it."""
        gone = set()
        for document in documents:
            key = (document["type"], document["id"])
            if not document.get("gone"):
                self.documents[key] = document
            elif self.documents.pop(key, None) is not None and kept(key):
                gone.add(key)
        return gone


class Reading(NamedTuple):
    """A document on the screen, and whether it is only kept."""

    document: Json
    read_only: bool


@dataclass
class Device:
    """A phone that belongs to one user. Facts wait in the outbox until their receipt is there.

    What was taken away and is still worked on is `kept` beside the replica; `drafts` are about what
    the technician is writing and has not stated yet.
    """

    id: UUID
    clock: Clock
    ids: Ids
    key: Ed25519PrivateKey
    exchange: Exchange
    seq: int = 0
    anchor: Json | None = None
    outbox: list[Json] = field(default_factory=list)
    sent: list[Json] = field(default_factory=list)
    receipts: dict[str, Json] = field(default_factory=dict)
    replica: Replica = field(default_factory=Replica)
    building: Replica | None = None
    kept: dict[Key, Json] = field(default_factory=dict)
    drafts: set[Key] = field(default_factory=set)
    boot: str | None = None  # names the boot that the forward clock counts from, if there is one
    client: str = "ok"
    through: int = 0  # the server has every number up to this one
    last_answer: Json = field(default_factory=dict)

    # Stating facts

    def state(
        self,
        kind: str,
        subject: tuple[str, str],
        data: Json | None = None,
        parts: Mapping[str, str] | None = None,
        at: datetime | None = None,
    ) -> str:
        """State a fact: sign it and put it into the outbox; answers its id.

        `parts` are salted here and their hashes put into the data.
        """
        salted = self.salt(parts or {})
        return self.state_salted(kind, subject, data or {}, salted, at)

    def salt(self, parts: Mapping[str, str]) -> dict[str, Json]:
        """Each part with 16 fresh bytes of salt."""
        return {
            name: {"salt": self.ids.entropy(SALT_BYTES).hex(), "text": text}
            for name, text in parts.items()
        }

    def state_salted(
        self,
        kind: str,
        subject: tuple[str, str],
        data: Json,
        salted: Mapping[str, Json],
        at: datetime | None = None,
    ) -> str:
        """State a fact whose parts are salted already, as sealing has to."""
        now = at or self.clock.now()
        self.seq += 1
        body = dict(data)
        if salted:
            body["parts"] = _hashes(salted)
        fact_id = str(self.ids.new(now))
        text = {
            "id": fact_id,
            "seq": self.seq,
            "kind": kind,
            "v": 1,
            "at": instant_text(now),
            "clock": {**self._forward(), "anchor": self.anchor},
            "subject": {"type": subject[0], "id": subject[1]},
            "seen": self._seen(subject),
            "data": body,
        }
        self._sign(json.dumps(text, ensure_ascii=False), salted)
        return fact_id

    def _sign(self, text: str, salted: Mapping[str, Json]) -> None:
        signature = self.key.sign(text.encode()).hex()
        self.outbox.append({"fact": text, "signature": signature, "parts": dict(salted)})

    def _forward(self) -> Json:
        """The clock that is never put back, where the phone has one that runs through its sleep."""
        if self.boot is None:
            return {}
        return {"boot": self.boot, "mono": int(self.clock.seconds() * 1000)}

    def _seen(self, subject: tuple[str, str]) -> Json | None:
        document = self.replica.documents.get(subject) or self.kept.get(subject)
        if document is None:
            return None
        return {"revision": document["revision"], "basis": document["data"]["basis"]}

    def seal(
        self,
        visit: str,
        manifest: Json,
        content: Mapping[str, str],
        signers: Mapping[str, Json],
    ) -> str:
        """Seal a record: its content code goes into every signature, and all parts into the fact.

        `signers` gives name and strokes by role, for instance technician and customer.
        """
        salted = self.salt(content)
        code = content_code(_hashes(salted))
        signatures = {
            f"{SIGNATURE_PREFIX}{role}": json.dumps({"content_code": code, **signer})
            for role, signer in signers.items()
        }
        return self.state_salted(
            "record.sealed", ("visit", visit), manifest, {**salted, **self.salt(signatures)}
        )

    # Exchanging

    def request(self, facts: list[Json], limit: int | None = None) -> Json:
        """The next request with those facts; what it leaves here is unsent."""
        replica = self.building or self.replica
        going = {one["signature"] for one in facts}
        left = [one for one in self.outbox if one["signature"] not in going]
        return {
            "protocol": limits.PROTOCOL,
            "cursor": replica.cursor,
            "have": replica.digest(),
            "sent_at": instant_text(self.clock.now()),
            "unsent": {
                "facts": len(left),
                "bytes": 0,
                "since": json.loads(left[0]["fact"])["at"] if left else None,
            },
            "facts": facts,
            **({} if limit is None else {"limit": limit}),
        }

    def sync(self, batch: int = limits.facts_per_exchange_max, limit: int | None = None) -> int:
        """Exchange until nothing waits on either side; answers how many exchanges it took."""
        exchanges = 0
        while True:
            before = len(self.outbox)
            self.once(batch, limit)
            exchanges += 1
            if self.client == "revoked" or not (self.last_answer["more"] or self.outbox):
                return exchanges
            if not self.last_answer["more"] and len(self.outbox) == before:
                return exchanges

    def once(self, batch: int = limits.facts_per_exchange_max, limit: int | None = None) -> Json:
        """One exchange with the first facts of the outbox. Raises what the network raises."""
        facts = self._first(batch)
        answer = self.exchange(self.request(facts, limit))
        self.take(facts, answer)
        return answer

    def _first(self, batch: int) -> list[Json]:
        """The first facts that fit into one request, by count and by bytes."""
        first: list[Json] = []
        room = limits.facts_bytes_max
        for sent in self.outbox[:batch]:
            room -= len(json.dumps(sent, ensure_ascii=False).encode()) + 1
            if first and room < 0:
                break
            first.append(sent)
        return first

    def take(self, facts: list[Json], answer: Json) -> None:
        """Take an answer in: receipts, documents, anchor. Twice the same changes nothing."""
        self.last_answer = answer
        self.client = answer["client"]
        if answer["wipe"]:
            self.replica, self.building, self.outbox = Replica(), None, []
        for sent, receipt in zip(facts, answer["receipts"], strict=True):
            self._take_receipt(sent, receipt)
        self._take_received(answer["received"]["through"])
        now = self.clock.now()
        self.anchor = {**self._forward(), "at": instant_text(now), "now": answer["now"]}
        if answer["reset"] is not None:
            self.building = Replica()
        elif self.client == "ok":
            self._take_documents(answer)

    def _take_receipt(self, sent: Json, receipt: Json) -> None:
        if sent not in self.outbox:
            return
        if receipt["receipt"] == "refused" and receipt["digest"] != digest_of(sent):
            return  # Another text than ours was refused: it was spoilt on the way.
        self.outbox.remove(sent)
        self.sent.append(sent)
        self.receipts[json.loads(sent["fact"])["id"]] = receipt

    def _take_received(self, through: int) -> None:
        """Where the server has less than before, it was restored from a backup: what it may have
        lost is sent again, whatever receipt it had."""
        if through < self.through:
            lost = [one for one in self.sent if json.loads(one["fact"])["seq"] > through]
            self.sent = [one for one in self.sent if one not in lost]
            self.outbox = lost + self.outbox
            for one in lost:
                self.receipts.pop(json.loads(one["fact"])["id"], None)
        self.through = through

    def _take_documents(self, answer: Json) -> None:
        replica = self.building or self.replica
        before = dict(replica.documents)
        for key in replica.take(answer["documents"], self.keeps):
            self.kept[key] = before[key]
        replica.cursor = answer["cursor"]
        if self.building is not None and not answer["more"]:
            self._swap()
        if not answer["more"]:
            self.kept = {key: held for key, held in self.kept.items() if self.keeps(key)}

    def _swap(self) -> None:
        assert self.building is not None
        for key, document in self.replica.documents.items():
            if key not in self.building.documents and self.keeps(key):
                self.kept[key] = document
        self.replica, self.building = self.building, None

    def keeps(self, key: Key) -> bool:
        """Whether a document that is gone stays readable: there is a draft about it, own facts
        about it have no receipt yet, or the technician arrived and has neither left, failed nor
        sealed."""
        if key in self.drafts:
            return True
        stated = [json.loads(one["fact"]) for one in (*self.sent, *self.outbox)]
        about = [one for one in stated if (one["subject"]["type"], one["subject"]["id"]) == key]
        if any(one["id"] not in self.receipts for one in about):
            return True
        kinds = [one["kind"] for one in about]
        ended = {"visit.left", "visit.failed", "record.sealed"}
        return "visit.arrived" in kinds and not ended & set(kinds)

    # Rescue

    def export_outbox(self, server: str, photos: Sequence[bytes] = ()) -> bytes:
        """What is not sent yet, with the bytes of photos, sealed for the server's public key.

        Somebody brings it to the desk when the device itself cannot; nothing is forgotten here.
        """
        listed = [{"sha256": sealing.sha256(photo), "size": len(photo)} for photo in photos]
        head = {
            "device": str(self.id),
            "exported": instant_text(self.clock.now()),
            "facts": len(self.outbox),
            "photos": listed,
        }
        lines = [f"{json.dumps(line, ensure_ascii=False)}\n" for line in (head, *self.outbox)]
        plain = [*(line.encode() for line in lines), *photos]
        return b"".join(sealed.seal(server, self.ids, plain))

    def answer_challenge(self, challenge: str) -> str:
        """The signature with which this device gets another token."""
        return self.key.sign(rescue.signed(self.id, challenge)).hex()

    # Reading

    def reading(self, type_: str, id_: str) -> Reading | None:
        """The document as the technician sees it. One that was taken away is read only: it gets no
        updates, and work on it is stated as ever and judged as late work."""
        key = (type_, id_)
        if key in self.replica.documents:
            return Reading(self.replica.documents[key], read_only=False)
        return Reading(self.kept[key], read_only=True) if key in self.kept else None

    def documents(self, type_: str) -> dict[str, Json]:
        """The data of the documents of a type, by id."""
        return {
            id_: document["data"]
            for (held, id_), document in self.replica.documents.items()
            if held == type_
        }

    def server_time(self) -> datetime | None:
        """The server's last `now`, if there was one."""
        return None if self.anchor is None else instant_from(self.anchor["now"])


def _hashes(salted: Mapping[str, Json]) -> dict[str, str]:
    return {name: part_hash(part["salt"], part["text"]) for name, part in salted.items()}


def new_key(ids: Ids) -> tuple[Ed25519PrivateKey, str]:
    """A device's key from 32 fresh bytes, and its public half in hexadecimal."""
    key = Ed25519PrivateKey.from_private_bytes(ids.entropy(32))
    return key, key.public_key().public_bytes_raw().hex()


def digest_of(sent: Json) -> str:
    """What names a refused fact: the SHA-256 over fact, signature and parts."""
    parts = {name: SentPart(**part) for name, part in sent["parts"].items()}
    return SentFact(sent["fact"], sent["signature"], parts).digest


def root_of(sent: Json) -> str:
    """The root of a sealed fact as it was sent."""
    return sealing.sha256(sent["fact"].encode())

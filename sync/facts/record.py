"""The sealed service record: what was done, used and charged, and who signed for it."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from marshmallow import ValidationError, fields, validate, validates_schema

from models.derived import Derived, Subject
from models.dispatch.lifecycle import VisitState
from models.ids import derived
from models.records.rows import RecordVersion
from models.records.sealing import SIGNATURE_PREFIX, content_code
from models.refusals import Refused
from models.stock.fitted import CONDITIONS, Debt, Installed
from models.stock.rows import StockStatement, book_of, named_item, virtual_place
from models.timeline import Stated
from sync import limits
from sync.facts.kind import (
    Data,
    Kind,
    PartHashes,
    PlainText,
    QuantityText,
    Ref,
    SerialText,
    hash_field,
)

CONTENT = ("visit", "work", "parts_used", "charges", "photos")
NOTHING_USED: Mapping[str, Any] = {"lines": []}
RESULTS = ("done", "incomplete")
SIGN_OFF = ("signed", "refused", "absent", "waived")


class Manifest(Data):
    """The record's own id, version and hashes. `cites` are facts that the record repeats."""

    record = fields.UUID(required=True)
    number = fields.Integer(required=True, strict=True, validate=validate.Range(1, 1))
    previous = hash_field(required=True, allow_none=True, dump_default=None)
    result = fields.String(required=True, validate=validate.OneOf(RESULTS))
    sign_off = fields.String(required=True, validate=validate.OneOf(SIGN_OFF))
    cites = fields.List(fields.UUID(), required=True, validate=validate.Length(max=500))
    parts = PartHashes(required=True)

    @validates_schema
    def _first_version(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data["previous"] is not None:
            raise ValidationError("a first version has no previous one", "previous")
        signed = f"{SIGNATURE_PREFIX}customer" in data["parts"]
        if signed != (data["sign_off"] == "signed"):
            raise ValidationError(
                "signed means a customer's signature, and none otherwise", "sign_off"
            )


class VisitPart(Data):
    """Who was where, when: texts as the signer read them."""

    site = PlainText(required=True)
    arrived = fields.AwareDateTime(required=True)
    finished = fields.AwareDateTime(required=True)


CODE_OR_WORDS = {"description": "the `code` of a fault code, or words of one's own"}


class WorkDone(Data):
    """The work on one item."""

    work_order = fields.UUID(required=True)
    fault = PlainText(required=True, metadata=CODE_OR_WORDS)
    remedy = PlainText(required=True, metadata=CODE_OR_WORDS)


class WorkPart(Data):
    """Work per item."""

    items = fields.List(fields.Nested(WorkDone), required=True, validate=validate.Length(1, 100))


class Removed(Data):
    """The old part that came out; the technician owes it until it lies in the defective store."""

    part = Ref("part", required=True)
    serial = SerialText(load_default=None)


class Used(Data):
    """A part used: from where, how much, of which lot or serial, and what came out for it. It is
    new, unless it is said to be repaired or used; `work_order` says for which machine."""

    place = Ref("place", required=True)
    part = Ref("part", required=True)
    quantity = QuantityText(required=True)
    lot = PlainText(limits.name_length_max, load_default=None)
    serial = SerialText(load_default=None)
    removed = fields.Nested(Removed, load_default=None)
    condition = fields.String(load_default="new", validate=validate.OneOf(CONDITIONS))
    work_order = fields.UUID(load_default=None)

    @validates_schema
    def _one_by_one(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data["serial"] is not None and data["quantity"] != 1:
            raise ValidationError("a serial number is one piece", "quantity")


class PartsUsed(Data):
    """Every part used on the visit; stated here and nowhere else."""

    lines = fields.List(fields.Nested(Used), required=True, validate=validate.Length(max=200))


class Charge(Data):
    """One line of what is charged, in fen, with its reason."""

    what = PlainText(required=True)
    amount_fen = fields.Integer(required=True, strict=True, validate=validate.Range(0, 10**12))
    reason = PlainText(required=True)


class Charges(Data):
    """What the customer is charged. Typed with its reason, and sealed as `manual`."""

    basis = fields.String(required=True, validate=validate.Equal("manual"))
    lines = fields.List(fields.Nested(Charge), required=True, validate=validate.Length(max=100))


class PhotoList(Data):
    """The promised photos, by hash."""

    photos = fields.List(hash_field(), required=True, validate=validate.Length(max=500))


class Signature(Data):
    """Pen strokes, each a list of [x, y, milliseconds, pressure]; who signed for which content.

    Integers of any scale, the same in both directions, y downwards: a drawing is scaled to its ink.
    Milliseconds count from any moment; pressure is of any scale. Both may be left out.
    """

    content_code = hash_field(required=True)
    name = PlainText(limits.name_length_max, required=True)
    strokes = fields.List(
        fields.List(fields.List(fields.Integer(strict=True), validate=validate.Length(2, 4))),
        required=True,
        validate=validate.Length(1, 1000),
    )


class RecordSealed(Kind):
    """The first version of a record was sealed. Parts used take effect from here, as long as the
    record stands."""

    name = "record.sealed"
    data = Manifest
    parts = {
        "visit": VisitPart,
        "work": WorkPart,
        "parts_used": PartsUsed,
        "charges": Charges,
        "photos": PhotoList,
        "remarks": None,
    }
    needed = frozenset({*CONTENT, f"{SIGNATURE_PREFIX}technician"})

    def part_schema(self, name: str) -> type[Data] | None:
        if name.startswith(SIGNATURE_PREFIX):
            return Signature
        return super().part_schema(name)

    def check(self, data: Mapping[str, Any], parts: Mapping[str, Any]) -> None:
        code = content_code(data["parts"])
        for name, content in parts.items():
            if name.startswith(SIGNATURE_PREFIX) and content["content_code"] != code:
                raise Refused("record.content_code", f"parts.{name}.content_code", f"it is {code}")

    def effect(self, state: VisitState, fact: Stated) -> None:
        state.seal(fact)
        state.rows.append(_version(state.subject, fact))
        state.used[fact.key] = list(_used(state.subject.id, fact))
        missing = sorted(str(cited) for cited in set(fact.data["cites"]) - state.present)
        if missing:
            state.find("record.cites_missing", fact.happened, fact.key, missing=missing)


def _version(visit: Subject, fact: Stated) -> RecordVersion:
    return RecordVersion(
        id=derived("record_version", fact.key),
        record_id=fact.data["record"],
        visit_id=visit.id,
        number=fact.data["number"],
        root=fact.root,
        previous=fact.data["previous"],
        content_code=content_code(fact.hashes),
        result=fact.data["result"],
        sign_off=fact.data["sign_off"],
        fact_key=fact.key,
        sealed=fact.happened,
        stands=True,
    )


def _used(visit_id: UUID, fact: Stated) -> Iterator[Derived]:
    """What leaves the van, is fitted, and is owed for it."""
    for number, used in enumerate(fact.parts.get("parts_used", NOTHING_USED)["lines"], start=1):
        place, item = used["place"].id, named_item(used["part"].id, used["lot"], used["serial"])
        yield StockStatement(
            id=derived("used", fact.key, number),
            cause_id=fact.key,
            origin_id=fact.origin_id,
            seq=fact.seq,
            **item._asdict(),
            quantity=used["quantity"],
            from_place=place,
            to_place=virtual_place("customer"),
            transfer_id=None,
            happened=fact.happened,
            book_id=book_of(place, item),
        )
        yield _installed(visit_id, fact, number, used)
        if used["removed"] is not None and fact.author_id is not None:
            yield _debt(visit_id, fact, number, used["removed"])


def _installed(visit_id: UUID, fact: Stated, number: int, used: Mapping[str, Any]) -> Installed:
    removed = used["removed"]
    item = named_item(used["part"].id, used["lot"], used["serial"])
    return Installed(
        id=derived("installed", fact.key, number),
        visit_id=visit_id,
        work_order_id=used["work_order"],
        **item._asdict(),
        quantity=used["quantity"],
        condition=used["condition"],
        removed_part=None if removed is None else removed["part"].id,
        removed_serial=None if removed is None else removed["serial"],
        since=fact.happened,
    )


def _debt(visit_id: UUID, fact: Stated, number: int, removed: Mapping[str, Any]) -> Debt:
    return Debt(
        id=derived("debt", fact.key, number),
        user_id=fact.author_id,
        part_id=removed["part"].id,
        serial=removed["serial"],
        quantity=Decimal("1.000"),
        visit_id=visit_id,
        since=fact.happened,
    )

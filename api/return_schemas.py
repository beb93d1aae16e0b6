"""What is asked and told of returns."""

from marshmallow import Schema, fields, validate

from api.contracts import NAME, WordsSchema
from api.schemas import Day, Instant, Note, QuantityText, Strict, Text
from api.stock_lines import LINES, LineSchema
from models.contracts.returning import BEARERS, BORNE, CASES, ENDS, NEEDS, SHOWN_BY
from models.returns.receiving import REFUSED_AS
from models.returns.rows import STATUSES
from sync import limits

LISTED = validate.Length(max=200)
EVIDENCE = validate.Length(max=50)


class EvidenceSchema(Strict):
    """A paper that shows the date or the defect, and its number or what it says."""

    kind = fields.String(required=True, validate=validate.OneOf(list(SHOWN_BY)))
    text = Text(required=True, metadata={"example": "HZ-2026-0412"})


class AskingReturnSchema(Strict):
    """What a customer wants to send back, under which contract. `since` is the day from which the
    case counts (received, sold), `requested` that on which the customer asked, today unless said;
    `lines` is the return list, which may be empty: then the received count is final."""

    customer = fields.UUID(required=True)
    contract = fields.UUID(required=True)
    case = fields.String(required=True, validate=validate.OneOf(list(CASES)))
    goods = fields.String(
        load_default=None,
        allow_none=True,
        validate=NAME,
        metadata={"description": "what its plan tells apart, such as battery"},
    )
    since = Day(load_default=None, allow_none=True)
    requested = Day(load_default=None, allow_none=True)
    evidence = fields.List(fields.Nested(EvidenceSchema), load_default=list, validate=EVIDENCE)
    lines = fields.List(fields.Nested(LineSchema), load_default=list, validate=LISTED)
    note = Note(load_default="")


class PermittingReturnSchema(Strict):
    """As what it may end, with a word on the repair that was tried first and on our technician's
    verdict, where the agreement asks for these. `bears` says who bears which cost, where that is
    otherwise than agreed, and `bears_reason` why."""

    outcome = fields.String(required=True, validate=validate.OneOf(list(ENDS)))
    repair_tried = Text(limits.text_length_max, load_default=None, allow_none=True)
    verdict = Text(limits.text_length_max, load_default=None, allow_none=True)
    bears = fields.Dict(
        keys=fields.String(validate=validate.OneOf(list(BORNE))),
        values=fields.String(validate=validate.OneOf(list(BEARERS))),
        load_default=dict,
        metadata={"example": {"back": "company"}},
    )
    bears_reason = Note(load_default="")


class RefusingReturnSchema(Strict):
    """Why not."""

    reason = Text(limits.text_length_max, required=True)


class CountedLineSchema(LineSchema):
    """What was counted of an item, and why it was `refused`, if it was."""

    refused = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(REFUSED_AS))
    note = Note(load_default="")


class ReceivingReturnSchema(Strict):
    """What came, into which defective store: what was counted, a line for what was taken in and
    another one for what was refused."""

    place = fields.UUID(required=True)
    lines = fields.List(fields.Nested(CountedLineSchema), required=True, validate=LINES)
    note = Note(load_default="")


class ClosingReturnSchema(Strict):
    """Nothing more comes; a word on it."""

    note = Note(load_default="")


class ClauseSchema(Schema):
    """A clause of the agreement, and what it says."""

    clause = fields.String()
    says = fields.Nested(WordsSchema)


class NeedSchema(ClauseSchema):
    """What has to be there before it is permitted, and by which clause."""

    need = fields.String(validate=validate.OneOf(list(NEEDS)))


class BorneSchema(Schema):
    """Who bears a cost. Where that is otherwise than `agreed`, the reason; where the agreement is
    silent, there is no clause."""

    what = fields.String(validate=validate.OneOf(list(BORNE)))
    by = fields.String(validate=validate.OneOf(list(BEARERS)))
    agreed = fields.String(allow_none=True, validate=validate.OneOf(list(BEARERS)))
    reason = fields.String(allow_none=True)
    clause = fields.String(allow_none=True)
    says = fields.Nested(WordsSchema, allow_none=True)


class ReturnLineSchema(Schema):
    """An item of a return: listed (null without a list), accepted and refused on receipt; how much
    of it went to repair, back to the maker, to scrap or elsewhere, and how much is left. Of a piece
    with a number, the place where it lies."""

    part = fields.UUID(attribute="part_id")
    part_code = fields.String()
    part_name = fields.String()
    lot = fields.String(allow_none=True)
    serial = fields.String(allow_none=True)
    listed = QuantityText(none=True, allow_none=True)
    received = QuantityText(none=True)
    refused = QuantityText(none=True)
    differs = fields.Boolean()
    final = fields.Boolean(metadata={"description": "what came is final, whatever the list says"})
    repair = QuantityText(none=True)
    maker = QuantityText(none=True)
    scrap = QuantityText(none=True)
    elsewhere = QuantityText(none=True)
    left = QuantityText(none=True)
    place = fields.UUID(allow_none=True)
    place_code = fields.String(allow_none=True)


class ReceiptOfReturnSchema(Schema):
    """What was counted at one time, by whom."""

    decision = fields.UUID()
    at = Instant()
    user = fields.UUID()
    place = fields.UUID()
    lines = fields.List(fields.Nested(CountedLineSchema))
    note = fields.String()


class ReturnItemSchema(Schema):
    """A return in a list. `until` is the last day on which its case can be claimed, and `timely`
    says whether the customer asked by then; null where the agreement sets no term."""

    id = fields.UUID()
    customer = fields.UUID(attribute="customer_id")
    customer_name = fields.String()
    contract = fields.UUID(attribute="contract_id")
    contract_code = fields.String()
    plan_name = fields.String()
    plan_version = fields.Integer()
    user = fields.UUID(attribute="user_id")
    user_name = fields.String()
    case = fields.String(validate=validate.OneOf(list(CASES)))
    goods = fields.String(allow_none=True)
    since = fields.Date(allow_none=True)
    requested = fields.Date()
    until = fields.Date(allow_none=True)
    timely = fields.Boolean(allow_none=True)
    listed = fields.Boolean(metadata={"description": "whether there is a return list"})
    asked = Instant()
    status = fields.String(validate=validate.OneOf(STATUSES))
    outcome = fields.String(allow_none=True, validate=validate.OneOf(list(ENDS)))
    reason = fields.String(allow_none=True)
    received = Instant(allow_none=True)
    closed = Instant(allow_none=True)
    note = fields.String()


class ReturnSchema(ReturnItemSchema):
    """A return with what its agreement says of it, each thing with its clause, and its lines.
    `unshown` are the papers that the agreement names and nobody gave."""

    repair_tried = fields.String(allow_none=True)
    verdict = fields.String(allow_none=True)
    evidence = fields.List(fields.Nested(EvidenceSchema))
    unshown = fields.List(fields.String())
    window = fields.Nested(ClauseSchema, allow_none=True)
    bears = fields.List(fields.Nested(BorneSchema))
    ends = fields.List(fields.String(validate=validate.OneOf(list(ENDS))))
    needs = fields.List(fields.Nested(NeedSchema))
    rules = fields.List(fields.Nested(ClauseSchema))
    lines = fields.List(fields.Nested(ReturnLineSchema))
    receipts = fields.List(fields.Nested(ReceiptOfReturnSchema))

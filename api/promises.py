"""What was promised for a work order: when it is due and why, and what the desk notes of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate
from sqlalchemy.orm import Session

from api.auth import house
from api.blueprint import Blueprint
from api.contracts import WordsSchema
from api.deciding import decided
from api.schemas import Instant, Strict, Text
from models.clock import instant_text, to_millisecond
from models.contracts import promising
from models.contracts.clock import Promise, Request, if_it_happened, in_force
from models.contracts.conditions import SECTIONS, conditions_of
from models.contracts.rows import Contract
from models.contracts.telling import segments
from models.contracts.vocabulary import CONSENTS, EVENTS, WHY
from models.decisions import decisions_about
from models.derived import Subject
from models.dispatch.rows import WorkOrder
from models.edits import look_up
from models.refusals import Refused

blp = Blueprint("promises", __name__, description="What was promised, and when it is due")


class SegmentSchema(Schema):
    """A stretch of the count: whether it was counted, and why it was or was not."""

    since = Instant()
    until = Instant()
    counted = fields.Boolean()
    why = fields.String(validate=validate.OneOf(list(WHY)))
    name = fields.Nested(WordsSchema, allow_none=True)


class PromiseSchema(Schema):
    """One promise of one contract."""

    contract = fields.UUID()
    contract_code = fields.String()
    plan = fields.String()
    plan_version = fields.Integer()
    kind = fields.String()
    clause = fields.String()
    says = fields.Nested(WordsSchema)
    soon = fields.Nested(WordsSchema, allow_none=True)
    started = Instant(allow_none=True)
    due = Instant(allow_none=True)
    inclusive = fields.Boolean()
    provisional = fields.Boolean()
    stopped = Instant(allow_none=True)
    state = fields.String(
        validate=validate.OneOf(["waiting", "running", "paused", "met", "breached", "unknown"])
    )
    first = fields.Boolean(metadata={"description": "due before the others of its kind"})
    if_arriving = fields.String(allow_none=True)
    segments = fields.List(fields.Nested(SegmentSchema))


class ConditionSchema(Schema):
    """A consent that a step needs, or a gate before closing. It is told, and not enforced yet."""

    kind = fields.String(validate=validate.OneOf(list(SECTIONS.values())))
    rule = fields.String()
    consent = fields.String(allow_none=True, validate=validate.OneOf(CONSENTS))
    clause = fields.String()
    says = fields.Nested(WordsSchema)


class PromisesSchema(Schema):
    """Everything that is promised for the work order, whichever contract it comes from, and what
    its contracts ask for before a step or a closing."""

    now = Instant()
    zone = fields.String(allow_none=True)
    items = fields.List(fields.Nested(PromiseSchema))
    conditions = fields.List(fields.Nested(ConditionSchema))


class PromisesArgs(Strict):
    """Whether to suppose an arrival."""

    arriving = Instant(
        metadata={"description": "what if somebody arrived then: `if_arriving` tells how it stood"}
    )


class NoteSchema(Strict):
    """Something that happened, as the desk knows it. `time` is what was promised."""

    event = fields.String(required=True, validate=validate.OneOf([*EVENTS, "paused", "resumed"]))
    at = Instant(load_default=None, allow_none=True)
    reason = Text(load_default=None, allow_none=True)
    time = Instant(load_default=None, allow_none=True)


@blp.route("/work-orders/<uuid:id_>/promises", methods=["GET"])
@blp.arguments(PromisesArgs, location="query")
@blp.response(200, PromisesSchema)
def get_promises(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """What was promised for the work order, when each is due, and why."""
    now = house().clock.now()
    return house().database.read(lambda session: _told(session, id_, now, args.get("arriving")))


def _told(session: Session, id_: UUID, now: datetime, arriving: datetime | None) -> dict[str, Any]:
    look_up(session, WorkOrder, id_)
    decisions = decisions_about(session, Subject("work_order", id_))
    found = promising.agreements(session, id_, decisions)
    heard = promising.heard_from(session, id_)
    first = list(map(id, in_force(one for each in found for one in each.promises).values()))
    items = []
    for agreement in found:
        contract = session.get_one(Contract, agreement.contract_id)
        supposed = _supposed(agreement, arriving)
        for one in agreement.promises:
            told = _promise(one, agreement.request, now, heard)
            told |= {
                "contract": contract.id,
                "contract_code": contract.code,
                "first": id(one) in first,
                "if_arriving": supposed.get(one.target.key),
            }
            items.append(told)
    zone = found[0].request.ground.zone.key if found else None
    conditions = [
        {**one._asdict(), "says": one.says._asdict()} for one in conditions_of(session, [id_])[id_]
    ]
    return {"now": now, "zone": zone, "items": items, "conditions": conditions}


def _supposed(agreement: promising.Agreement, arriving: datetime | None) -> dict[str, str]:
    """How the promises would stand that an arrival at that moment stops."""
    if arriving is None or not agreement.promises:
        return {}
    plan = agreement.promises[0].plan
    then = if_it_happened(plan, agreement.request, "arrived", arriving)
    return {one.target.key: one.state_at(arriving) for one in then}


def _promise(
    one: Promise, request: Request, now: datetime, heard: datetime | None
) -> dict[str, Any]:
    target = one.target
    return {
        "plan": one.plan.name,
        "plan_version": one.plan.version,
        "kind": target.kind,
        "clause": target.clause,
        "says": target.says._asdict(),
        "soon": None if target.soon is None else target.soon._asdict(),
        "started": one.started,
        "due": one.due.at,
        "inclusive": one.inclusive,
        "provisional": one.due.provisional,
        "stopped": one.stopped,
        "state": one.state_at(now, heard),
        "segments": _segments(one, request),
    }


def _segments(one: Promise, request: Request) -> list[dict[str, Any]]:
    if one.target.figure is None or one.started is None or one.due.at is None:
        return []
    hours = request.ground.hours(one.plan.week(one.target.counts))
    found = segments(one.target.figure, hours, one.started, one.due.at, one.pauses)
    return [
        {**part._asdict(), "name": None if part.name is None else part.name._asdict()}
        for part in found
    ]


@blp.route("/work-orders/<uuid:id_>/events", methods=["POST"])
@blp.arguments(NoteSchema)
@blp.response(200, PromisesSchema)
def note_event(values: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Note that the customer got a reply, that the need was confirmed, that a clock is paused."""
    now = house().clock.now()
    at = to_millisecond(values["at"] or now)
    if at > now:
        raise Refused("wrong_value", "at", "it has not happened yet")
    time = values["time"]
    data = {
        "work_order": str(id_),
        "event": values["event"],
        "at": instant_text(at),
        "reason": values["reason"],
        "time": None if time is None else instant_text(to_millisecond(time)),
    }
    decided(promising.NOTED, data)
    return house().database.read(lambda session: _told(session, id_, now, None))

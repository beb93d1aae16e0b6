"""Refusals: what is said no to, from one catalogue, in the order in which they are checked.

A fact is refused only if it is malformed or forged. A desk request is refused if it cannot be
done. Either way the answer names the field and the remedy, and nothing is changed.
"""

from dataclasses import dataclass
from enum import IntEnum


class Because(IntEnum):
    """Why something is refused; the numbers are those that HTTP gives it."""

    FORBIDDEN = 403
    MISSING = 404
    CONFLICT = 409
    INVALID = 422


@dataclass(frozen=True)
class RefusalKind:
    """One entry of the catalogue: stable code, sentence, and what the sender can do about it."""

    code: str
    because: Because
    english: str
    remedy: str


FACT_REFUSALS = (
    RefusalKind("fact.too_large", Because.INVALID, "The fact's text is too long.",
                "Put long content into parts or photos; a text has at most 64 KiB."),
    RefusalKind("fact.forged", Because.INVALID, "The signature does not fit text and device.",
                "Sign exactly the bytes that are sent, with the device's own key."),
    RefusalKind("fact.not_json", Because.INVALID, "The fact's text is not a JSON object.",
                "Send one JSON object as text, nested at most 20 deep, without NaN."),
    RefusalKind("fact.malformed", Because.INVALID, "A field of the fact is missing or wrong.",
                "Correct the named field; the protocol page lists them all."),
    RefusalKind("part.missing", Because.INVALID, "A part that the text names was not sent.",
                "Send each part with its salt and text beside the fact."),
    RefusalKind("part.mismatch", Because.INVALID, "A part does not have its hash.",
                "Hash the 16 bytes of salt and the UTF-8 of the text, and send both unchanged."),
    RefusalKind("part.unnamed", Because.INVALID, "A part was sent that the text does not name.",
                "Name the hash of every part in data.parts."),
    RefusalKind("data.invalid", Because.INVALID, "The data do not have the shape of this kind.",
                "Correct the named field; the protocol page gives each kind's schema."),
    RefusalKind("record.content_code", Because.INVALID,
                "A signature does not repeat the content code of what it signs.",
                "Compute the content code over all parts but signatures and sign again."),
    RefusalKind("fact.id_reused", Because.INVALID, "The id belongs to another fact of this device.",
                "Give every fact an id of its own."),
)  # fmt: skip

DESK_REFUSALS = (
    RefusalKind("unknown", Because.MISSING, "There is no such thing.", "Check the id."),
    RefusalKind("not_allowed", Because.FORBIDDEN, "Your role may not do this.",
                "Ask somebody with the role that the message names."),
    RefusalKind("exists", Because.CONFLICT, "There is one like this already.",
                "Use the existing one, or choose another value for the named field."),
    RefusalKind("code_spent", Because.CONFLICT, "The enrolment code is unknown, used or too old.",
                "Ask the desk for a new code; it lives 15 minutes and works once."),
    RefusalKind("visit_ended", Because.CONFLICT, "The visit has ended or was cancelled.",
                "Plan another visit."),
    RefusalKind("not_at_site", Because.INVALID, "A work order belongs to another site.",
                "Plan one visit per site."),
    RefusalKind("lead_needed", Because.INVALID, "A crew has exactly one lead.",
                "Name one lead; everybody else is a helper."),
    RefusalKind("not_technician", Because.INVALID, "The named user is no active technician.",
                "Assign technicians only."),
    RefusalKind("not_enough", Because.CONFLICT, "The place does not hold that much.",
                "Ship what is there, or count the place first."),
    RefusalKind("serial_needed", Because.INVALID,
                "A part tracked by serial number moves one by one, with its number.",
                "Give one line with quantity 1 and its serial for each piece."),
    RefusalKind("lot_needed", Because.INVALID, "A part tracked by lot moves with its lot.",
                "Name the lot of the line, and none where the part has no lots."),
    RefusalKind("evidence_changed", Because.CONFLICT, "The finding rests on other evidence by now.",
                "Read the finding again and decide on what it says now."),
    RefusalKind("not_a_resolution", Because.INVALID, "The finding does not end that way.",
                "Use one of the resolutions that the finding lists."),
    RefusalKind("wrong_value", Because.INVALID, "The value is not possible here.",
                "Correct the named field."),
)  # fmt: skip

KINDS = {kind.code: kind for kind in (*FACT_REFUSALS, *DESK_REFUSALS)}


class Refused(Exception):
    """Something was said no to. `field` is where, `detail` what exactly, in words."""

    def __init__(self, code: str, field: str, detail: str = "") -> None:
        super().__init__(f"{code} at {field}: {detail}" if detail else f"{code} at {field}")
        self.kind = KINDS[code]
        self.field = field
        self.detail = detail

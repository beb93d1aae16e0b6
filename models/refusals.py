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
    GONE = 410
    INVALID = 422
    TOO_MANY = 429


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
    RefusalKind("fact.not_json", Because.INVALID,
                "The fact's text is not a JSON object, is nested too deep, or holds too much.",
                "Send one JSON object as text, without NaN, nested at most 20 deep, with at most "
                "5,000 values that are not numbers or lists."),
    RefusalKind("fact.malformed", Because.INVALID, "A field of the fact is missing or wrong.",
                "Correct the named field; the protocol page lists them all."),
    RefusalKind("part.missing", Because.INVALID, "A part that the text names was not sent.",
                "Send each part with its salt and text beside the fact."),
    RefusalKind("part.mismatch", Because.INVALID, "A part does not have its hash.",
                "Hash the 16 bytes of salt and the UTF-8 of the text, and send both unchanged."),
    RefusalKind("part.unnamed", Because.INVALID, "A part was sent that the text does not name.",
                "Name the hash of every part in data.parts."),
    RefusalKind("part.too_large", Because.INVALID,
                "A part is too long, or text, signature and parts are so together.",
                "Say less, or the same in several facts: a part has at most 256 KiB, a fact with "
                "all its parts 768 KiB."),
    RefusalKind("data.invalid", Because.INVALID,
                "The data, or a part, do not have the shape of this kind.",
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
    RefusalKind("in_use", Because.CONFLICT, "Something else refers to it.",
                "Change what the detail names first, or leave it as it is."),
    RefusalKind("settled", Because.CONFLICT, "The field cannot change any more.",
                "Add another one with the right value, and use that from now on."),
    RefusalKind("changed_since", Because.CONFLICT, "It was changed by somebody since.",
                "Look at how it stands now, and undo the newer edits first."),
    RefusalKind("not_undone", Because.CONFLICT, "This cannot be undone.",
                "Do what the detail says instead."),
    RefusalKind("code_spent", Because.CONFLICT, "The enrolment code is unknown, used or too old.",
                "Ask the desk for a new code; it lives 15 minutes and works once."),
    RefusalKind("revoked", Because.FORBIDDEN, "The device was revoked.",
                "Enrol it anew with a code from the desk; what is on it can be exported."),
    RefusalKind("challenge_spent", Because.CONFLICT,
                "The challenge is unknown, was used, or is too old.",
                "Ask for a new one; it lives two minutes and works once."),
    RefusalKind("key_wrong", Because.FORBIDDEN, "The signature is not by the device's key.",
                "Sign the lines that the protocol page names, with the key of the enrolment."),
    RefusalKind("key_unknown", Because.MISSING, "No device has enrolled with this public key.",
                "Send the key as it was enrolled; else enrol with a code from the desk."),
    RefusalKind("key_unusable", Because.INVALID,
                "These bytes are no point of Ed25519, or one under which anybody can sign.",
                "Have the platform's library make a fresh key pair, and send its public key."),
    RefusalKind("outbox_unreadable", Because.INVALID,
                "This is no exported outbox for this server, or it was cut or spoilt.",
                "Export it again and bring the whole file; what was taken in before is kept."),
    RefusalKind("throttled", Because.TOO_MANY, "There was too much in too short a time.",
                "Wait as long as Retry-After says, then try again."),
    RefusalKind("otp_needed", Because.FORBIDDEN, "This account has a second factor.",
                "Send the code that the app shows as otp, or a recovery code."),
    RefusalKind("otp_wrong", Because.FORBIDDEN, "The code does not fit, or was used before.",
                "Wait for the next code; check the phone's clock; or use a recovery code."),
    RefusalKind("otp_unreadable", Because.CONFLICT, "This server cannot read the second factor.",
                "Use a recovery code, or have the second factor reset; see ONSITE_KEY."),
    RefusalKind("second_factor_needed", Because.FORBIDDEN, "A second factor has to be set up.",
                "POST /me/second-factor, then confirm it with a code."),
    RefusalKind("second_factor_required", Because.CONFLICT,
                "A supervisor cannot be without a second factor here.",
                "Set up another one; it takes the place of this one."),
    RefusalKind("password_change_needed", Because.FORBIDDEN, "The password is for one log-in only.",
                "Choose another one: POST /me/password."),
    RefusalKind("password_wrong", Because.INVALID, "This is not the account's password.",
                "Type the password with which you logged in."),
    RefusalKind("not_yourself", Because.CONFLICT, "This is done for others only.",
                "Ask another supervisor, or use what /me offers."),
    RefusalKind("unresolved", Because.CONFLICT, "Something of the person's still stands open.",
                "Say of everything in the named part what becomes of it."),
    RefusalKind("last_supervisor", Because.CONFLICT, "Nobody would be left to look after accounts.",
                "Make another supervisor first."),
    RefusalKind("has_left", Because.CONFLICT, "The user has left.",
                "Let them return first: POST /users/{id}/return."),
    RefusalKind("visit_ended", Because.CONFLICT, "The visit has ended or was cancelled.",
                "Plan another visit."),
    RefusalKind("work_order_ended", Because.CONFLICT,
                "The work order is resolved or was cancelled.", "Open another one."),
    RefusalKind("double_booked", Because.CONFLICT, "Somebody would be at two places at once.",
                "Choose another time or technician, or say overlap: true if you know better."),
    RefusalKind("not_at_site", Because.INVALID, "A work order belongs to another site.",
                "Plan one visit per site."),
    RefusalKind("belongs_elsewhere", Because.CONFLICT,
                "What the proposal would change belongs to another site than the visit.",
                "Look at both; correct it at its own site, or set the proposal aside."),
    RefusalKind("lead_needed", Because.INVALID, "A crew has exactly one lead.",
                "Name one lead; everybody else is a helper."),
    RefusalKind("not_technician", Because.INVALID, "The named user is no active technician.",
                "Assign technicians only."),
    RefusalKind("not_enough", Because.CONFLICT, "So much is not free at the place.",
                "Take what is free; release what is reserved, or count the place first."),
    RefusalKind("opened_before", Because.CONFLICT,
                "The books know of this already, so that it would count twice.",
                "Count what lies there instead; or say in again why so much more was there from "
                "the beginning. A piece lies at one place: ship it from where the books have it."),
    RefusalKind("requisition_ended", Because.CONFLICT, "The requisition was served or refused.",
                "Open another one."),
    RefusalKind("not_wanted", Because.CONFLICT,
                "The requisition does not ask for this, or not for so much any more.",
                "Take less, name in instead_of the part it stands for, or open another one."),
    RefusalKind("gate_open", Because.CONFLICT,
                "The agreement wants something seen before these parts are shipped.",
                "Once it was seen, POST /requisitions/{id}/gates/{gate} for each that is named."),
    RefusalKind("gate_state", Because.CONFLICT, "As the gate stands now, this cannot be done.",
                "Read the requisition's gates; none is taken back once something was shipped."),
    RefusalKind("nothing_lacking", Because.CONFLICT, "The place lacks nothing.",
                "Ask for parts by POST /requisitions if more are wanted all the same."),
    RefusalKind("not_reserved", Because.CONFLICT, "Nothing is reserved for the requisition.",
                "Reserve something first."),
    RefusalKind("delivery_ended", Because.CONFLICT, "Nothing of the delivery is awaited.",
                "Announce another one if more is to come."),
    RefusalKind("serial_needed", Because.INVALID,
                "A part tracked by serial number moves one by one, with its number.",
                "Give one line with quantity 1 and its serial for each piece."),
    RefusalKind("lot_needed", Because.INVALID, "A part tracked by lot moves with its lot.",
                "Name the lot of the line, and none where the part has no lots."),
    RefusalKind("loaner_state", Because.CONFLICT,
                "As the loaner stands now, this cannot be done with it.",
                "Look at its custody; let the phone that has it sync, or place it where it is. "
                "One that is sold comes back only by what a phone states."),
    RefusalKind("loaner_taken", Because.CONFLICT, "Somebody else has the loaner on these days.",
                "Choose other days or another loaner, or let the server pick one by its model."),
    RefusalKind("none_free", Because.CONFLICT, "No loaner of this model is free on these days.",
                "Choose other days or another model."),
    RefusalKind("reservation_ended", Because.CONFLICT,
                "The reservation was met, released, or its days are over.",
                "Reserve the loaner anew if it is still wanted."),
    RefusalKind("unit_state", Because.CONFLICT, "It is not the turn of this step with the unit.",
                "Take the steps in their order; let the phone that took it sync first."),
    RefusalKind("return_not_permitted", Because.CONFLICT, "Nobody permitted the return.",
                "Have it permitted first: POST /returns/{id}/permit; or do not take it in."),
    RefusalKind("return_unready", Because.INVALID,
                "The agreement wants something before such a return is permitted.",
                "Say in the named field how it was done; refuse the return if it was not."),
    RefusalKind("return_state", Because.CONFLICT,
                "It is not the turn of this step with the return.",
                "Ask, permit or refuse, receive, close: take the steps in their order."),
    RefusalKind("evidence_changed", Because.CONFLICT, "The finding rests on other evidence by now.",
                "Read the finding again and decide on what it says now."),
    RefusalKind("statement_changed", Because.CONFLICT, "The statement says something else by now.",
                "Read it again and confirm what it says now."),
    RefusalKind("not_a_resolution", Because.INVALID, "The finding does not end that way.",
                "Use one of the resolutions that the finding lists."),
    RefusalKind("withdrawn", Because.CONFLICT, "The notice has been withdrawn.",
                "Send another one if there is something to say."),
    RefusalKind("erased", Because.GONE, "These bytes were erased, and are not taken again.",
                "Delete them from the device too."),
    RefusalKind("too_many_photos", Because.INVALID,
                "More photos were promised of the visit than there may be.",
                "Keep the photo on the device and ask the desk."),
    RefusalKind("quota", Because.TOO_MANY, "The device has begun more uploads than a day may have.",
                "Go on tomorrow; nothing is lost meanwhile."),
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


def as_markdown() -> str:
    """The catalogue as docs/refusals.md shows it, in the order in which it is checked."""
    lines = []
    for title, kinds in (("Of facts", FACT_REFUSALS), ("Of requests", DESK_REFUSALS)):
        lines += [
            f"## {title}",
            "",
            "| code | status | what is wrong | remedy |",
            "|---|---|---|---|",
        ]
        lines += [
            f"| `{kind.code}` | {int(kind.because)} | {kind.english} | {kind.remedy} |"
            for kind in kinds
        ]
        lines += [""]
    return "\n".join(lines)

"""Settling a finding: a typed resolution by a person, bound to the evidence they saw."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from models.clock import instant_from
from models.decisions import Decision
from models.derived import Changes, Job, Source, Subject
from models.dispatch import accepting, bookings, desk
from models.findings import KINDS, Finding
from models.loaners import custody
from models.refusals import Refused
from models.stock.replay import IN_TRANSIT
from models.stock.rows import Item, book_of
from models.stock.writing_off import NEVER_ARRIVED

Data = Mapping[str, Any]


def subjects_settled(data: Data) -> Sequence[Subject]:
    """What the finding is about, as the decision's data repeat it, the work order that ends with
    a visit that is declined, and the loaner that a paper meant instead."""
    subject = Subject(data["subject"]["type"], UUID(data["subject"]["id"]))
    if data.get("loaner"):
        return [subject, Subject("unit", UUID(data["loaner"]))]
    if data["code"] == "visit.opened_on_site":
        return [subject, Subject("work_order", subject.id)]
    return [subject]


def beside_settlement(session: Session, data: Data) -> Sequence[Subject]:
    """The calendars of whoever would come at another time, or come back."""
    if _way(data) == ("visit.plan_proposed", "accept"):
        return bookings.calendars(bookings.crew_of(session, UUID(data["subject"]["id"])))
    return bookings.calendars(UUID(one["user"]) for one in _crew_given_back(data))


def check_settlement(session: Session, data: Data) -> None:
    """Check that the finding is as it was seen and may end that way. Raises Refused."""
    finding = session.get(Finding, UUID(data["finding"]))
    if finding is None:
        raise Refused("unknown", "finding")
    if finding.digest != data["digest"] or finding.state != "open":
        raise Refused("evidence_changed", "digest")
    offered = KINDS[finding.code].offered(finding.evidence)
    if data["resolution"] not in offered:
        detail = ", ".join(offered) or "it ends by itself"
        raise Refused("not_a_resolution", "resolution", detail)
    if data.get("loaner"):
        custody.check_meant(session, data)
    if _way(data) == ("visit.plan_proposed", "accept"):
        _check_move(session, data)
    if crew := _crew_given_back(data):
        visit = {"visit": data["subject"]["id"], "crew": crew, "overlap": True}
        desk.check_crew(session, visit)


def _way(data: Data) -> tuple[str, str]:
    return data["code"], data["resolution"]


def _crew_given_back(data: Data) -> list[dict[str, Any]]:
    """Who went to the visit before the decision that is reversed, if that is what it changed."""
    reversed_ = _way(data) == ("visit.decision_overtaken", "reverse")
    if reversed_ and data["evidence"]["kind"] in ("visit.assigned", "visit.unassigned"):
        return list(data["evidence"]["crew"])
    return []


def _check_move(session: Session, data: Data) -> None:
    """The visit may still be planned, and its crew is free at the time proposed."""
    visit = desk.check_not_ended(session, {"visit": data["subject"]["id"]})
    starts, ends = (instant_from(data["evidence"][name]) for name in ("starts", "ends"))
    fields = dict.fromkeys(bookings.crew_of(session, visit.id), "resolution")
    asked = {"visit": str(visit.id)}
    bookings.check_free(session, asked, fields, bookings.Window(starts, ends))


def write_settlement(session: Session, decision: Decision) -> Changes:
    """What the resolution changes beside the timeline that it stands in."""
    code, resolution = _way(decision.data)
    if decision.data["subject"]["type"] == "device":
        return _settle_noted(session, UUID(decision.data["finding"]))
    if resolution == "accept" and code in ("asset.proposed", "contact.proposed"):
        return accepting.accept(session, decision)
    if code in NEVER_ARRIVED:
        return Changes(set(), _chains(decision.data["evidence"]))
    if resolution == "given_up":
        return Changes({Source("photo", decision.data["evidence"]["sha256"])}, set())
    return Changes(set(), set())


def _chains(evidence: Data) -> set[Job]:
    """A piece that was lost on its way has a chain of its own, which hears of it."""
    if evidence.get("serial") is None:
        return set()
    book = book_of(IN_TRANSIT, Item(UUID(evidence["part"]), None, evidence["serial"]))
    return {Job("reconcile", Subject("book", book))}


def _settle_noted(session: Session, finding_id: UUID) -> Changes:
    """No fold gives what was noted of a device, so settling is all that happens to it."""
    finding = session.get_one(Finding, finding_id)
    finding.state = "settled"
    return Changes({Source("finding", str(finding.id))}, set())


def settlement(
    finding: Finding, resolution: str, digest: str, loaner: UUID | None = None
) -> dict[str, Any]:
    """The data of the decision that settles the finding; `loaner` is the one that was meant."""
    meant = {} if loaner is None else {"loaner": str(loaner)}
    return {
        **meant,
        "finding": str(finding.id),
        "subject": {"type": finding.subject_type, "id": str(finding.subject_id)},
        "code": finding.code,
        "evidence": finding.evidence,
        "resolution": resolution,
        "digest": digest,
    }

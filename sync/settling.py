"""Settling a finding: a typed resolution by a person, bound to the evidence they saw."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from models.derived import Subject
from models.findings import KINDS, Finding
from models.refusals import Refused

Data = Mapping[str, Any]


def subjects_settled(data: Data) -> Sequence[Subject]:
    """What the finding is about, as the decision's data repeat it."""
    return [Subject(data["subject"]["type"], UUID(data["subject"]["id"]))]


def check_settlement(session: Session, data: Data) -> None:
    """Check that the finding is as it was seen and may end that way. Raises Refused."""
    finding = session.get(Finding, UUID(data["finding"]))
    if finding is None:
        raise Refused("unknown", "finding")
    if finding.digest != data["digest"] or finding.state != "open":
        raise Refused("evidence_changed", "digest")
    if data["resolution"] not in KINDS[finding.code].resolutions:
        allowed = ", ".join(KINDS[finding.code].resolutions) or "it ends by itself"
        raise Refused("not_a_resolution", "resolution", allowed)
    if finding.subject_type == "device":
        # No fold gives what the door noted of a device, so settling is all that happens to it.
        finding.state = "settled"


def settlement(finding: Finding, resolution: str, digest: str) -> dict[str, Any]:
    """The data of the decision that settles the finding."""
    return {
        "finding": str(finding.id),
        "subject": {"type": finding.subject_type, "id": str(finding.subject_id)},
        "code": finding.code,
        "evidence": finding.evidence,
        "resolution": resolution,
        "digest": digest,
    }

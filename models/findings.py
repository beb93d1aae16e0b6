"""Findings: what a person must look at, from one catalogue of kinds.

A *condition* closes when it no longer holds; an *event* is closed by a person, by one of its typed
resolutions, bound to the evidence they saw: other evidence opens it again.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.decisions import decisions_about
from models.derived import Changes, Source, Subject
from models.ids import derived
from models.people import Role

SETTLED = "finding.settled"


@dataclass(frozen=True)
class Resolution:
    """A way in which a person ends a finding: a stable code, and what it does."""

    code: str
    english: str
    chinese: str


RESOLUTIONS = {
    one.code: one
    for one in (
        Resolution(
            "keep",
            "The work counts as it was reported; nothing else changes.",
            "按上报内容计入，其他不变。",
        ),
        Resolution(
            "bill",
            "The work counts as it was reported, and the customer is to be billed for it.",
            "按上报内容计入，并向客户计费。",
        ),
        Resolution(
            "adopt",
            "What was reported takes effect, as if its author had been assigned.",
            "采纳上报内容，视同已派工，随即生效。",
        ),
        Resolution(
            "set_aside",
            "What was reported is kept and has no effect.",
            "保留上报内容，但不产生任何效果。",
        ),
        Resolution(
            "keep_both",
            "Both records stay; each counts with what it says.",
            "两份记录均保留，各按其内容计入。",
        ),
        Resolution(
            "later_holds",
            "The later hand-over meant this loaner: it is where that one says.",
            "以后一次借出为准，备用机在其所记地点。",
        ),
        Resolution(
            "earlier_holds",
            "The later hand-over meant another loaner: this one stays where it was before.",
            "后一次借出另有其机，本机仍在原处。",
        ),
        Resolution(
            "customer_told",
            "The customer was told that the promise was not kept, and why; nothing else changes.",
            "已告知客户超时及原因，其他不变。",
        ),
        Resolution(
            "excused",
            "The promise was not kept for a reason that the agreement excuses.",
            "超时属协议约定的免责情形。",
        ),
        Resolution(
            "noted",
            "Somebody has looked at it; nothing changes.",
            "已知悉，不作任何更改。",
        ),
    )
}


@dataclass(frozen=True)
class FindingKind:
    """One entry of the catalogue: stable code, who looks at it, and how it can end."""

    code: str
    role: Role
    english: str
    chinese: str
    resolutions: tuple[str, ...] = ()  # an event has some; a condition ends by itself

    @property
    def is_event(self) -> bool:
        return bool(self.resolutions)


KINDS = {
    kind.code: kind
    for kind in (
        FindingKind(
            "visit.work_after_cancellation",
            Role.DISPATCHER,
            "Work was done on a visit that had been cancelled.",
            "已取消的上门服务仍有作业记录。",
            ("keep", "bill"),
        ),
        FindingKind(
            "visit.late_work",
            Role.DISPATCHER,
            "Work was done by a technician from whom the visit had been taken.",
            "改派后原工程师仍进行了作业。",
            ("keep",),
        ),
        FindingKind(
            "visit.unassigned_work",
            Role.DISPATCHER,
            "Somebody who was never assigned reported work; it moves nothing until adopted.",
            "从未被派工的人员上报了作业，采纳前不生效。",
            ("adopt", "set_aside"),
        ),
        FindingKind(
            "record.two_records",
            Role.DISPATCHER,
            "Two service records were sealed for one visit.",
            "同一次上门服务有两份已封存的服务记录。",
            ("keep_both",),
        ),
        FindingKind(
            "record.cites_missing",
            Role.DISPATCHER,
            "The sealed record cites facts that have not arrived.",
            "封存的记录引用了尚未收到的事实。",
        ),
        FindingKind(
            "visit.too_many_photos",
            Role.DISPATCHER,
            "More photos were promised of the visit than there may be; the last are not taken.",
            "该次服务的照片数量超出上限，超出部分不接收。",
        ),
        FindingKind(
            "photo.missing",
            Role.DISPATCHER,
            "A photo was promised a day ago, and its bytes have not arrived.",
            "照片已登记一天，文件仍未上传。",
        ),
        FindingKind(
            "photo.unreadable",
            Role.DISPATCHER,
            "A photo arrived whole, but cannot be read as a picture; it is kept as it is.",
            "照片文件已完整收到，但无法识别为图片，原文件已保留。",
            ("noted",),
        ),
        FindingKind(
            "job.dead",
            Role.SUPERVISOR,
            "Work behind the scenes failed again and again, and is not tried any more.",
            "后台任务多次失败，已停止重试。",
        ),
        FindingKind(
            "house.proof",
            Role.SUPERVISOR,
            "The nightly proof found something that must always be true and is not.",
            "夜间核查发现数据不一致。",
        ),
        FindingKind(
            "promise.warned",
            Role.DISPATCHER,
            "What was promised is due soon and not done yet.",
            "承诺时限临近，尚未完成。",
        ),
        FindingKind(
            "promise.broken",
            Role.DISPATCHER,
            "What was promised was not done in time.",
            "承诺未按时履行。",
            ("customer_told", "excused"),
        ),
        FindingKind(
            "stock.short",
            Role.WAREHOUSE,
            "More was taken than the books knew of; the difference is covered from discrepancy.",
            "领用数量超过账面结存，差额暂记差异库。",
        ),
        FindingKind(
            "stock.tracking",
            Role.WAREHOUSE,
            "A part was stated without the serial or lot by which it is tracked, or with another.",
            "备件的序列号或批次与其管理方式不符。",
        ),
        FindingKind(
            "stock.serial_jump",
            Role.WAREHOUSE,
            "A serial number left a place where the books did not have it.",
            "序列号从账面不在的库位发出。",
        ),
        FindingKind(
            "stock.received_unshipped",
            Role.WAREHOUSE,
            "More was received than was shipped.",
            "签收数量大于发货数量。",
        ),
        FindingKind(
            "stock.unknown",
            Role.WAREHOUSE,
            "A statement names a part or place that is not in the catalogue; it is not booked.",
            "事实中的备件或库位不在目录中，未记账。",
        ),
        FindingKind(
            "loaner.unknown",
            Role.WAREHOUSE,
            "A statement names a loaner that is not in the pool.",
            "事实中的备用机不在台账中。",
        ),
        FindingKind(
            "loaner.contested",
            Role.WAREHOUSE,
            "A loaner was handed over while, by the books, it was in somebody else's hands.",
            "备用机在他人保管期间又被借出。",
            ("later_holds", "earlier_holds"),
        ),
        FindingKind(
            "device.clock",
            Role.DISPATCHER,
            "The device's clock had no anchor or did not agree with itself.",
            "设备时钟未校准或前后不一致。",
            ("noted",),
        ),
        FindingKind(
            "device.seq_twice",
            Role.SUPERVISOR,
            "A device gave the same number to two different facts.",
            "设备将同一序号用于两条不同的事实。",
            ("noted",),
        ),
        FindingKind(
            "device.replica",
            Role.SUPERVISOR,
            "A device's documents differ from what it was sent, again within the hour.",
            "设备副本与下发内容不一致，一小时内再次出现。",
            ("noted",),
        ),
        FindingKind(
            "device.forged",
            Role.SUPERVISOR,
            "A fact arrived whose signature or parts do not fit.",
            "收到签名或内容不符的事实。",
            ("noted",),
        ),
    )
}


class Finding(Base):
    """A finding about a subject. `evidence` is what it rests on, `digest` the hash of that."""

    __tablename__ = "finding"
    __table_args__ = (
        Index("ix_finding_subject", "subject_type", "subject_id"),
        Index("ix_finding_state_code", "state", "code"),
        Index("ix_finding_state_since_id", "state", "since", "id"),
        Index("ix_finding_since_id", "since", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    evidence: Mapped[dict[str, Any]]
    digest: Mapped[str]
    since: Mapped[datetime]
    state: Mapped[str]  # open, gone (a condition that ended), settled (an event, by a person)


@dataclass(frozen=True)
class Found:
    """What a fold found: a kind, the causes that make it this one and no other, and evidence."""

    code: str
    causes: tuple[object, ...]
    since: datetime
    evidence: dict[str, Any]

    def id_about(self, subject: Subject) -> UUID:
        """The finding's id: equal causes are one finding."""
        return derived("finding", self.code, subject, *self.causes)

    @property
    def digest(self) -> str:
        text = json.dumps(self.evidence, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def note(session: Session, subject: Subject, one: Found) -> None:
    """Note an event that no fold gives, such as a forged fact; other evidence opens it again."""
    held = session.get(Finding, one.id_about(subject))
    if held is None or held.digest != one.digest:
        since = one.since if held is None else min(held.since, one.since)
        newer = replace(one, since=since)
        _keep_one(session, subject, held, newer, "open", Changes(set(), set()))
    session.flush()


def keep(session: Session, subject: Subject, found: Sequence[Found]) -> Changes:
    """Make the findings about the subject, which is locked, say what its fold found now."""
    query = select(Finding).where(
        Finding.subject_type == subject.type, Finding.subject_id == subject.id
    )
    held = {finding.id: finding for finding in session.scalars(query)}
    changes = Changes(set(), set())
    settled = _settlements(session, subject) if found or held else {}
    for one in found:
        id_ = one.id_about(subject)
        state = "settled" if settled.get(id_) == one.digest else "open"
        _keep_one(session, subject, held.pop(id_, None), one, state, changes)
    for finding in held.values():
        # A resolution may take the cause away: then the finding is settled, and not just gone.
        state = "settled" if settled.get(finding.id) == finding.digest else "gone"
        if finding.state != state:
            finding.state = state
            changes.sources.add(Source("finding", str(finding.id)))
    return changes


def _keep_one(
    session: Session,
    subject: Subject,
    held: Finding | None,
    one: Found,
    state: str,
    changes: Changes,
) -> None:
    if held is None:
        held = Finding(id=one.id_about(subject), code=one.code)
        held.subject_type, held.subject_id = subject
        session.add(held)
    elif (held.state, held.digest, held.since) == (state, one.digest, one.since):
        return
    held.evidence, held.digest, held.since, held.state = one.evidence, one.digest, one.since, state
    changes.sources.add(Source("finding", str(held.id)))


def _settlements(session: Session, subject: Subject) -> dict[UUID, str]:
    """The evidence to which the last settlement of each finding about the subject is bound."""
    return {
        UUID(decision.data["finding"]): decision.data["digest"]
        for decision in decisions_about(session, subject)
        if decision.kind == SETTLED
    }


def as_markdown() -> str:
    """The catalogue as docs/findings.md shows it."""
    lines = ["| code | for | what it is | 说明 | ends by |", "|---|---|---|---|---|"]
    for kind in KINDS.values():
        ends = ", ".join(f"`{one}`" for one in kind.resolutions) or "itself"
        lines.append(f"| `{kind.code}` | {kind.role} | {kind.english} | {kind.chinese} | {ends} |")
    return "\n".join(lines) + "\n"

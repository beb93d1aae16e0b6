"""How a device's facts about one subject stand: waiting, effective, or held and why."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, select, tuple_
from sqlalchemy.orm import Session

from models.derived import Subject
from models.facts import Fact, FactSubject, Standing
from models.feed import STANDING_DAYS, device_channel, window_at
from models.findings import KINDS, Finding
from sync.documents.document import Concerned, Data, Document, Target, owner_of, uuids


class About(NamedTuple):
    """A device and a subject, as the source names them: device/type:id."""

    device: UUID
    subject: Subject


def about(source: str) -> About:
    """Read the source's name."""
    device, _, subject = source.partition("/")
    return About(UUID(device), subject_of(subject))


def subject_of(document: str) -> Subject:
    """The subject that a standing document is about, from its id type:id."""
    type_, _, id_ = document.partition(":")
    return Subject(type_, UUID(id_))


def of_standings(session: Session, ids: Sequence[str]) -> set[Target]:
    """The device's own channel, one document a subject."""
    return {(device_channel(one.device), str(one.subject)) for one in map(about, ids)}


def of_findings(session: Session, ids: Sequence[str]) -> set[Target]:
    """The devices with facts about what the findings are about."""
    concerned = session.execute(CONCERNED, {"findings": uuids(ids)})
    return {(device_channel(device), str(Subject(type_, id_))) for device, type_, id_ in concerned}


CONCERNED = (
    select(Fact.origin_id, FactSubject.subject_type, FactSubject.subject_id)
    .join(FactSubject, FactSubject.fact_key == Fact.key)
    .join(
        Finding,
        (Finding.subject_type == FactSubject.subject_type)
        & (Finding.subject_id == FactSubject.subject_id),
    )
    .where(Finding.id.in_(bindparam("findings", expanding=True)), FactSubject.own)
    .distinct()
)


class StandingDocument(Document):
    """The standing of the device's own facts about one subject, with the findings in words.

    It goes when all of them are settled and the last was received 30 days before the window.
    """

    type = "standing"

    def sources(self) -> Mapping[str, Concerned]:
        return {"standing": of_standings, "finding": of_findings}

    def everything(self, session: Session) -> Iterable[Target]:
        query = select(Fact.origin_id, FactSubject.subject_type, FactSubject.subject_id)
        query = query.join(FactSubject, FactSubject.fact_key == Fact.key).where(FactSubject.own)
        return {
            (device_channel(device), str(Subject(type_, id_)))
            for device, type_, id_ in session.execute(query.distinct())
        }

    def derive(self, session: Session, channel: str, ids: Sequence[str]) -> Mapping[str, Data]:
        device = owner_of(channel)
        subjects = [subject_of(id_) for id_ in ids]
        facts = _current(session, _facts(session, device, subjects))
        codes = _open_findings(session, subjects)
        return {
            str(subject): {
                "basis": "",
                "facts": facts[subject],
                "findings": [_in_words(code) for code in sorted(codes[subject])],
            }
            for subject in subjects
            if subject in facts
        }


class Own(NamedTuple):
    """One of the device's facts: as the document tells it, and when it was received."""

    told: Data
    received: datetime


def _current(session: Session, facts: Mapping[Subject, Sequence[Own]]) -> dict[Subject, list[Data]]:
    """Without the subjects of which everything is settled and long past."""
    kept_since = window_at(session) - timedelta(days=STANDING_DAYS)
    return {
        subject: [one.told for one in own]
        for subject, own in facts.items()
        if any(one.told["state"] == "waiting" or one.received > kept_since for one in own)
    }


def _facts(session: Session, device: UUID, subjects: Sequence[Subject]) -> dict[Subject, list[Own]]:
    """How the device's own facts about each subject stand, in the order in which it made them."""
    stated = session.execute(STATED, {"device": device, "subjects": subjects})
    facts: dict[Subject, list[Own]] = {}
    for type_, subject_id, id_, received, state, reason in stated:
        told = {"id": str(id_), "state": state or "waiting", "reason": reason}
        facts.setdefault(Subject(type_, subject_id), []).append(Own(told, received))
    return facts


STATED = (
    select(
        FactSubject.subject_type,
        FactSubject.subject_id,
        Fact.id,
        Fact.received,
        Standing.state,
        Standing.reason,
    )
    .join(FactSubject, FactSubject.fact_key == Fact.key)
    .outerjoin(Standing, Standing.id == Fact.key)
    .where(
        Fact.origin_id == bindparam("device"),
        tuple_(FactSubject.subject_type, FactSubject.subject_id).in_(
            bindparam("subjects", expanding=True)
        ),
        FactSubject.own,
    )
    .order_by(Fact.seq, Fact.id)
)


def _open_findings(session: Session, subjects: Sequence[Subject]) -> dict[Subject, set[str]]:
    """The codes of the open findings about each subject."""
    codes: dict[Subject, set[str]] = defaultdict(set)
    for type_, id_, code in session.execute(OPEN, {"subjects": subjects}):
        codes[Subject(type_, id_)].add(code)
    return codes


OPEN = select(Finding.subject_type, Finding.subject_id, Finding.code).where(
    tuple_(Finding.subject_type, Finding.subject_id).in_(bindparam("subjects", expanding=True)),
    Finding.state == "open",
)


def _in_words(code: str) -> Data:
    return {"code": code, "en": KINDS[code].english, "zh": KINDS[code].chinese}

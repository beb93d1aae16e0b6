"""A sealed record for those who work on its visit: manifest and parts as they were sealed."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from models.clock import instant_text
from models.dispatch.rows import Assignment
from models.facts import FactPart
from models.feed import user_channel
from models.queries import rows_in
from models.records.rows import RecordVersion
from sync.documents.document import Concerned, Data, Document, Target, owner_of, uuids


def of_records(session: Session, ids: Sequence[str]) -> set[Target]:
    """Everybody who was ever assigned to the records' visits."""
    assigned = session.execute(ASSIGNED, {"records": uuids(ids)})
    return {(user_channel(user), str(record)) for user, record in assigned}


ASSIGNED = (
    select(Assignment.user_id, RecordVersion.record_id)
    .join(RecordVersion, RecordVersion.visit_id == Assignment.visit_id)
    .where(RecordVersion.record_id.in_(bindparam("records", expanding=True)))
)


def of_visits(session: Session, ids: Sequence[str]) -> set[Target]:
    """The records of the visits."""
    records = set(session.scalars(OF_VISITS, {"visits": uuids(ids)}))
    return of_records(session, sorted(map(str, records))) if records else set()


OF_VISITS = select(RecordVersion.record_id).where(
    RecordVersion.visit_id.in_(bindparam("visits", expanding=True))
)


class RecordDocument(Document):
    """A record with all its versions."""

    type = "record"

    def sources(self) -> Mapping[str, Concerned]:
        return {"record": of_records, "visit": of_visits}

    def everything(self, session: Session) -> Iterable[Target]:
        return of_records(session, list(map(str, session.scalars(select(RecordVersion.record_id)))))

    def derive(self, session: Session, channel: str, ids: Sequence[str]) -> Mapping[str, Data]:
        given = {"records": uuids(ids), "user": owner_of(channel)}
        records: dict[str, Data] = {}
        for version in session.scalars(VERSIONS, given):
            record = records.setdefault(
                str(version.record_id),
                {"basis": "", "visit": str(version.visit_id), "versions": []},
            )
            record["versions"].append(_version(session, version))
        return records


VERSIONS = (
    select(RecordVersion)
    .join(Assignment, Assignment.visit_id == RecordVersion.visit_id)
    .where(
        RecordVersion.record_id.in_(bindparam("records", expanding=True)),
        Assignment.user_id == bindparam("user"),
        Assignment.until.is_(None),
    )
    .order_by(RecordVersion.number, RecordVersion.sealed, RecordVersion.id)
    .distinct()
)


def _version(session: Session, version: RecordVersion) -> Data:
    parts = rows_in(session, FactPart, FactPart.fact_key, [version.fact_key])
    return {
        "number": version.number,
        "root": version.root,
        "content_code": version.content_code,
        "sealed": instant_text(version.sealed),
        "result": version.result,
        "sign_off": version.sign_off,
        "stands": version.stands,
        "parts": {part.name: _part(part) for part in parts},
    }


def _part(part: FactPart) -> Data:
    if part.text is None or part.salt is None:
        erased = None if part.erased is None else instant_text(part.erased)
        return {"hash": part.hash, "erased": erased, "under": part.erased_under}
    return {"hash": part.hash, "salt": part.salt, "text": part.text.decode()}

"""Where the pictures of a signature lie: beside the hash of the part that holds its strokes."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.facts import FactPart
from models.records.rows import RecordVersion
from models.records.sealing import SIGNATURE_PREFIX

SIGNATURE_TYPES = {"svg": "image/svg+xml", "png": "image/png"}


def signature_name(part_hash: str, ending: str) -> str:
    """The name of the picture in the store."""
    return f"{part_hash}.{ending}"


def signature_part(session: Session, record_id: UUID, role: str) -> FactPart | None:
    """The part with that role's strokes in the record's last version; None if erased or absent."""
    query = (
        select(FactPart)
        .join(RecordVersion, RecordVersion.fact_key == FactPart.fact_key)
        .where(RecordVersion.record_id == record_id, FactPart.text.is_not(None))
        .where(FactPart.name == f"{SIGNATURE_PREFIX}{role}")
        .order_by(RecordVersion.number.desc(), RecordVersion.sealed.desc())
    )
    return session.scalars(query).first()

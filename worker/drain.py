"""Doing what waits in the outbox: one row on its word, or everything there is."""

import logging
from datetime import datetime

from sqlalchemy.orm import Session

from models import outbox
from models.derived import Subject
from models.house import House
from worker.kinds import KINDS
from worker.publish import publish_all

log = logging.getLogger(__name__)


def perform(house: House, row_id: int) -> bool:
    """Do the work of one outbox row; answers False where it is done or leased already.

    What raises leaves the row with the error; its lease runs out and the relay offers it again.
    """

    def take(session: Session, now: datetime) -> tuple[str, Subject] | None:
        row = outbox.lease(session, now, row_id)
        return None if row is None else (row.kind, Subject(row.subject_type, row.subject_id))

    taken = house.database.transact(take)
    if taken is None:
        return False
    kind, subject = taken
    try:
        KINDS[kind](house, subject)
    except Exception as error:
        message = f"{type(error).__name__}: {error}"
        house.database.transact(lambda session, now: outbox.failed(session, row_id, message))
        raise
    return True


def drain(house: House) -> int:
    """Do everything that waits and is free, and what follows from it; answers how much it was.

    Work that raises is logged and left to the relay.
    """
    done = 0
    while True:
        offered = house.database.transact(outbox.offered)
        performed = sum(_try(house, job) for job in offered)
        published = publish_all(house)
        done += performed + published
        if not performed and not published:
            return done


def _try(house: House, job: str) -> bool:
    try:
        return perform(house, int(job.rpartition(" ")[2]))
    except Exception:
        log.exception("%s failed; the relay offers it again", job)
        return False

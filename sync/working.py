"""Doing what waits in the outbox: one row on its word, or everything there is.

Which kinds of work there are is handed in: those below need nothing but the database, and a door
adds what only it can do.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from models import outbox
from models.derived import Subject
from models.house import House
from sync import decide, judge
from sync.dying import note_dead
from sync.leasing import leased
from sync.publishing import publish_all

log = logging.getLogger(__name__)

Work = Callable[[House, Subject], None]


def reconcile(house: House, subject: Subject) -> None:
    """Replay one book, transfer or loaner, post the difference and mark what changed."""

    def body(session: Session, now: datetime) -> None:
        judge.lock(session, [subject])
        decide.reconcile(session, now, subject)

    house.database.transact(body)


# A function is given the house and the subject. It takes the subject's waiting rows away in the
# transaction of its effect, so running it twice does nothing more.
KINDS: Mapping[str, Work] = {
    "judge": lambda house, subject: judge.judge(house.database, subject),
    "reconcile": reconcile,
}


def perform(house: House, kinds: Mapping[str, Work], row_id: int) -> bool:
    """Do the work of one outbox row; answers False where it is done, dead or leased already.

    What raises leaves the row with the error, to be offered again after a pause.
    """

    def take(session: Session, now: datetime) -> tuple[str, Subject, int] | None:
        row = outbox.lease(session, now, row_id)
        return None if row is None else (row.kind, row.subject, row.attempts)

    taken = house.database.transact(take)
    if taken is None:
        return False
    kind, subject, attempt = taken
    try:
        with leased(house, row_id, attempt):
            kinds[kind](house, subject)
    except Exception as error:
        message = f"{type(error).__name__}: {error}"

        def note(session: Session, now: datetime) -> None:
            outbox.failed(session, now, row_id, attempt, message)

        house.database.transact(note)
        raise
    return True


@dataclass
class Watch:
    """Who looks on while work is done: told before each piece, and of each that failed."""

    before: Callable[[str], None] = lambda job: None
    failed: Callable[[str, Exception], None] = lambda job, error: None
    until: datetime | None = None  # when to begin nothing more


def drain(house: House, kinds: Mapping[str, Work] = KINDS, watch: Watch | None = None) -> int:
    """Do everything of these kinds that waits and is free, and what follows from it; answers how
    much it was.

    Work that raises is logged and offered again later.
    """
    watch = watch or Watch()
    done = 0
    while True:
        offered = house.database.transact(
            lambda session, now: outbox.offered(session, now, kinds.keys())
        )
        performed = sum(_try(house, kinds, job, watch) for job in offered)
        published = publish_all(house)
        done += performed + published
        if not performed and not published:
            note_dead(house)
            return done


def _try(house: House, kinds: Mapping[str, Work], job: str, watch: Watch) -> bool:
    if watch.until is not None and house.clock.now() >= watch.until:
        return False
    watch.before(job)
    try:
        return perform(house, kinds, int(job.rpartition(" ")[2]))
    except Exception as error:
        log.exception("%s failed; it is offered again later", job)
        watch.failed(job, error)
        return False

"""Keeping the lease of work that takes longer than one: a thread renews it, and dies with whoever
works."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from sqlalchemy.exc import DBAPIError

from models import outbox
from models.house import House

log = logging.getLogger(__name__)

RENEW_SECONDS = 10.0  # a third of a lease: two may fail
RENEWED_MAX = 60  # ten minutes: who still works then has got stuck, and others may try


@contextmanager
def leased(house: House, row_id: int, attempt: int) -> Iterator[None]:
    """Have the row's lease renewed for as long as the block lasts, but for ten minutes at most."""
    ended = Event()
    keeper = Thread(target=_keep, args=(house, row_id, attempt, ended), name="lease", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        ended.set()
        keeper.join()


def _keep(house: House, row_id: int, attempt: int, ended: Event) -> None:
    for _ in range(RENEWED_MAX):
        if ended.wait(RENEW_SECONDS) or not _renewed(house, row_id, attempt):
            return


def _renewed(house: House, row_id: int, attempt: int) -> bool:
    """Whether it makes sense to go on: the work is not done, and nobody else's."""
    try:
        return house.database.transact(
            lambda session, now: outbox.renew(session, now, row_id, attempt)
        )
    except DBAPIError as error:
        log.warning("the lease of row %s was not renewed: %s", row_id, error)
        return True

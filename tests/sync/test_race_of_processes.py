"""Sixteen processes at once: nothing lost, nothing doubled, nobody told of a deadlock.

Whether the race sees anything at all is shown by bugs that only a race can bring out.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from models.feed import DocumentMark, Head
from sync import feed
from tests import racing
from tests.conftest import Figures
from tests.racing import Race, prepared

SECONDS = 300
SLICE_SECONDS = 3
FOUND_WITHIN_SECONDS = 20

Bug = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture
def race(postgresql_url: str, tmp_path: Path) -> Iterator[Race]:
    with prepared(postgresql_url, tmp_path, SLICE_SECONDS) as ready:
        yield ready


def test_sixteen_processes_lose_and_double_nothing(race: Race) -> None:
    outcome = race.run(SLICE_SECONDS)
    assert outcome.wrong == {}
    assert min(outcome.figures.values()) > 0


@pytest.mark.proof
def test_sixteen_processes_for_five_minutes(
    postgresql_url: str, tmp_path: Path, figures: Figures
) -> None:
    with prepared(postgresql_url, tmp_path, SECONDS) as race:
        outcome = race.run(SECONDS)
    assert outcome.wrong == {}
    figures(**outcome.figures, deadlocks=outcome.deadlocks, processes=sum(racing.RACERS.values()))


# Bugs


def marks_taken_unread(patch: pytest.MonkeyPatch) -> None:
    """All marks of the channel go, those too that came while it was being published."""
    publish = feed.publish

    def taken(session: Session, now: datetime, channel: str, most: int) -> int:
        count = publish(session, now, channel, most)
        if count:
            session.execute(delete(DocumentMark).where(DocumentMark.channel == channel))
        return count

    patch.setattr(feed, "publish", taken)


def heads_read_without_a_lock(patch: pytest.MonkeyPatch) -> None:
    """Two publishers give the same position."""
    lock = feed.lock_head

    def read(session: Session, channel: str) -> Head:
        return session.get(Head, channel, populate_existing=True) or lock(session, channel)

    patch.setattr(feed, "lock_head", read)


BUGS = (marks_taken_unread, heads_read_without_a_lock)


@pytest.mark.proof
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: str(bug.__name__))
def test_the_race_finds(postgresql_url: str, tmp_path: Path, bug: Bug, figures: Figures) -> None:
    with prepared(postgresql_url, tmp_path, FOUND_WITHIN_SECONDS) as race:
        outcome = race.run(FOUND_WITHIN_SECONDS, bug)
    assert outcome.wrong != {}
    figures(found_within_seconds=FOUND_WITHIN_SECONDS, seen=", ".join(sorted(outcome.wrong)))

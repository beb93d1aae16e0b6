"""Law 3, looked at from its end: what is judged once more, when all is quiet, stays as it is.

Whoever forgets to judge what a fact touches beside its own subject leaves rows behind that a later
judgement would make otherwise.
"""

from pathlib import Path
from typing import Any

from models import outbox
from models.derived import Job, Subject
from models.facts import SubjectRow
from sync import judge
from tests.histories import Day, day, difference
from tests.servers import DatabaseServer


def judged_late(known: Day) -> dict[str, Any]:
    """By table what is otherwise once every subject was judged again, after all was said."""
    list(known.deliver(range(len(known.facts))))
    before = known.settle()
    subjects = [Subject(row.type, row.id) for row in known.world.rows(SubjectRow)]
    jobs = [Job("judge", one) for one in subjects if one.type in judge.FOLDED_TYPES]
    known.world.house.database.transact(lambda session, now: outbox.put(session, now, jobs))
    return difference(before, known.settle())


def test_law_3_judging_everything_again_changes_nothing(
    server: DatabaseServer, scratch: Path
) -> None:
    with day(server, scratch / "home") as known:
        assert judged_late(known) == {}

"""Law 3, looked at from its end: what is judged once more, when all is quiet, stays as it is.

Whoever forgets to judge what a fact touches beside its own subject leaves rows behind that a later
judgement would make otherwise. The invariants ask that of visits, devices and the books; this asks
it of every subject that is folded.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from models import outbox
from models.derived import Changes, Job, Subject
from models.facts import SubjectRow
from sync import judge, store
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


def only_the_subject_named_is_judged(patch: pytest.MonkeyPatch) -> None:
    """Others that a fact touches, or that follow from its subject, stay as they were."""
    write, follow = store._Storing.write, judge.follow

    def own(self: Any) -> None:
        self.touched = set(self.own)
        write(self)

    def alone(session: Session, now: datetime, changes: Changes) -> None:
        changes.jobs = {job for job in changes.jobs if job.kind != "judge"}
        follow(session, now, changes)

    patch.setattr(store._Storing, "write", own)
    patch.setattr(judge, "follow", alone)


def test_law_3_judging_everything_again_changes_nothing(
    server: DatabaseServer, scratch: Path
) -> None:
    with day(server, scratch / "home") as known:
        assert judged_late(known) == {}


def test_law_3_it_is_seen_where_only_the_subject_named_is_judged(
    server: DatabaseServer, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with day(server, scratch / "home") as known:
        only_the_subject_named_is_judged(monkeypatch)
        assert set(judged_late(known)) >= {"work_order"}

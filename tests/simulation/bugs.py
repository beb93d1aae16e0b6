"""Bugs that somebody could have made, each planted in the running program by one function."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import models.feed
from models import ids, outbox, revoked
from models.derived import Changes, Job, Source
from models.dialect import insert_rows
from models.dispatch import lifecycle
from models.dispatch.rows import Assignment
from models.facts import Fact, fact_key
from models.feed import DocumentMark, device_channel, user_channel
from models.kept import Kept
from models.people import Device
from models.refusals import Refused
from models.returns import receiving
from models.stock import gates, ledger
from models.timeline import Decided, ordered
from simulation.mishaps import WORK
from simulation.mortal import Fuse, burnt, light
from sync import exchange, feed, folds, judge, numbering, passing, store, timelines, working
from sync.documents import visit

Plant = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Bug:
    """How it is planted, within how many histories it is found, and what then does not hold."""

    plant: Plant
    seeds: int
    broken: frozenset[str]


BUGS: dict[str, Bug] = {}


def bug(*broken: str, seeds: int = 3) -> Callable[[Plant], Plant]:
    """Put the function among the bugs, by its name."""

    def register(plant: Plant) -> Plant:
        BUGS[plant.__name__.replace("_", " ")] = Bug(plant, seeds, frozenset(broken))
        return plant

    return register


# Storing


@bug("a_receipt_is_final")
def a_repeat_is_refused(patch: pytest.MonkeyPatch) -> None:
    take = store._Storing._take_one

    def taken(self: Any, fact: Any) -> Any:
        if fact.text is not None and fact.text.id in self.kept:
            return self._refuse(fact.sent, Refused("fact.id_reused", "id"))
        return take(self, fact)

    patch.setattr(store._Storing, "_take_one", taken)


@bug("every_fact_is_stored_once_as_it_was_stated")
def a_repeat_counts_again(patch: pytest.MonkeyPatch) -> None:
    """What is sent twice is kept twice, under another id, and so takes effect twice."""
    take = store._Storing._take_one

    def taken(self: Any, fact: Any) -> Any:
        if isinstance(fact, store.Verified) and fact.text.id in self.kept:
            again = replace(fact.text, id=ids.derived("again", fact.text.id))
            if self.session.get(Fact, fact_key(self.origin_id, again.id)) is None:
                self._keep(replace(fact, text=again))
        return take(self, fact)

    patch.setattr(store._Storing, "_take_one", taken)


@bug("what_is_missing_is_told")
def what_is_missing_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    received = numbering.received

    def told(session: Session, device: Device) -> Any:
        through, missing = received(session, device)
        return max([through, *(end for _, end in missing)]), []

    patch.setattr(store, "received", told)


@bug("every_order_equals_its_timeline")
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


@bug("every_fact_is_judged", seeds=6)
def only_the_visits_named_are_judged(patch: pytest.MonkeyPatch) -> None:
    put, left_out = outbox.put, {"place", "device", "notice"}

    def only(session: Session, now: Any, jobs: Any) -> None:
        put(session, now, [one for one in jobs if one.subject.type not in left_out])

    patch.setattr(outbox, "put", only)


# Judging


@bug("every_visit_is_as_foretold", "every_record_is_as_it_was_sealed")
def a_timeline_goes_by_arrival(patch: pytest.MonkeyPatch) -> None:
    stated = timelines._stated
    patch.setattr(
        timelines,
        "_stated",
        lambda row, parts: replace(stated(row, parts), happened=row.received),
    )


@bug("every_visit_is_as_foretold")
def decisions_are_folded_last(patch: pytest.MonkeyPatch) -> None:
    def late(entries: Any) -> Any:
        return sorted(ordered(entries), key=lambda entry: isinstance(entry, Decided))

    patch.setattr(folds, "ordered", late)


@bug("every_fact_stands_as_foretold", seeds=6)
def what_a_revoked_phone_states_counts(patch: pytest.MonkeyPatch) -> None:
    stated = timelines._stated
    patch.setattr(
        timelines, "_stated", lambda row, parts: stated(row._replace(revoked=None), parts)
    )


@bug("whatever_a_revoked_phone_stated_is_found", seeds=6)
def what_a_revoked_phone_states_of_a_place_is_held_in_silence(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(revoked, "HELD", "nothing")


@bug("nothing_raises")
def an_id_is_given_twice(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(lifecycle, "derived", lambda kind, *causes: ids.derived(kind, causes[0]))


# The work that follows


@bug("moves_equal_replay", "balances_equal_moves", "everything_lies_where_it_is_foretold")
def a_piece_of_work_is_lost(patch: pytest.MonkeyPatch) -> None:
    put, count = outbox.put, iter(range(10**9))

    def lossy(session: Session, now: Any, jobs: Any) -> None:
        put(session, now, [job for job in sorted(jobs, key=_order) if kept(job)])

    def kept(job: Job) -> bool:
        return job.kind != "reconcile" or next(count) % 3 > 0

    patch.setattr(outbox, "put", lossy)


def _order(job: Job) -> Any:
    return (job.kind, job.subject)


@bug("balances_equal_moves", "moves_equal_replay", "books_sum_to_zero")
def what_is_replayed_again_counts_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ledger, "_difference", lambda held, aim: [] if aim is None else [aim])


@bug("moves_equal_replay", "every_fact_is_judged", "everything_lies_where_it_is_foretold", seeds=8)
def work_is_called_done_before_it_is(patch: pytest.MonkeyPatch) -> None:
    """Whoever dies in between leaves it undone; and who is about to die at all dies there."""

    def early(house: Any, subject: Any) -> None:
        def forget(session: Session, now: Any) -> None:
            outbox.done(session, outbox.waiting(session, "reconcile", subject))

        house.database.transact(forget)
        if burnt(house) is not None:
            light(house, Fuse(1, committed=False))
        working.reconcile(house, subject)

    patch.setitem(WORK, "reconcile", early)


# The feed


@bug("published_equals_derived", "every_phone_shows_the_visits_it_ought_to")
def what_is_gone_is_not_told(patch: pytest.MonkeyPatch) -> None:
    write = feed._write

    def only_fresh(session: Session, now: Any, head: Any, keys: Sequence[Any], fresh: Any) -> None:
        write(session, now, head, [key for key in keys if key in fresh], fresh)

    patch.setattr(feed, "_write", only_fresh)


@bug("published_equals_derived", "every_phone_shows_the_visits_it_ought_to", seeds=12)
def an_edit_marks_nothing(patch: pytest.MonkeyPatch) -> None:
    source_of = Kept.source_of

    def blind(self: Kept, row: Any) -> Any:
        return set() if self.name in ("sites", "contacts", "customers") else source_of(self, row)

    patch.setattr(Kept, "source_of", blind)


@bug("published_equals_derived", "every_phone_shows_the_visits_it_ought_to")
def documents_are_marked_instead_of_sources(patch: pytest.MonkeyPatch) -> None:
    """Those that showed the source before it changed; what shows it only since then is missed."""

    def shown(session: Session, table: type, rows: Any) -> None:
        sources = [Source(row["type"], row["source"]) for row in rows]
        with Session(session.connection().engine.execution_options(writes=False)) as committed:
            concerned = feed.targets(committed, sources)
        made = [
            {"channel": channel, "type": type_, "document": id_, "made": rows[0]["made"]}
            for channel, type_, id_ in sorted(concerned)
        ]
        insert_rows(session, DocumentMark, made)

    patch.setattr(models.feed, "insert_rows", shown)


@bug("published_equals_derived", "every_phone_shows_the_visits_it_ought_to")
def only_the_crew_of_now_is_told(patch: pytest.MonkeyPatch) -> None:
    """Somebody who was taken off never learns it."""

    def of_now(session: Session, visit_ids: Any) -> Any:
        query = select(Assignment.user_id, Assignment.visit_id)
        query = query.where(Assignment.visit_id.in_(list(visit_ids)), Assignment.until.is_(None))
        return {(user_channel(user), str(one)) for user, one in session.execute(query)}

    patch.setattr(visit, "_assigned", of_now)
    patch.setattr(feed, "_ever_held", feed._ought)


@bug("published_equals_derived", "every_phone_shows_the_visits_it_ought_to", seeds=5)
def windows_move_and_mark_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(passing, "mark", lambda session, sources: None)


@bug("no_reset_without_cause")
def a_page_leaves_out_its_last(patch: pytest.MonkeyPatch) -> None:
    page = feed.page

    def shorter(session: Session, channel: str, after: int, began: int, most: int) -> Any:
        rows = page(session, channel, after, began, most)
        return rows[:-1] if len(rows) > 2 else rows

    patch.setattr(feed, "page", shorter)


@bug("every_order_of_a_customer_is_as_foretold", seeds=60)
def gates_stand_open(patch: pytest.MonkeyPatch) -> None:
    """A customer's parts leave, whatever has to be seen before."""
    patch.setattr(gates, "check_shipping", lambda session, order, data: None)


@bug("moves_equal_replay", "everything_lies_where_it_is_foretold", seeds=20)
def what_was_refused_is_taken_in(patch: pytest.MonkeyPatch) -> None:
    """Pieces that came back and were not accepted enter the books."""
    patch.setattr(receiving, "accepted", lambda data: data["lines"])


@bug("nobody_sees_anothers")
def a_channel_leaks(patch: pytest.MonkeyPatch) -> None:
    first: list[UUID] = []

    def own(device: Device) -> list[str]:
        first.append(device.user_id)
        return [user_channel(first[0]), device_channel(device.id)]

    patch.setattr(exchange, "_own_channels", own)


def as_markdown() -> str:
    """The bugs as docs/simulation.md shows them."""
    lines = ["| bug | found within | by |", "|---|---|---|"]
    for name, one in BUGS.items():
        laws = " or ".join(law.replace("_", " ") for law in sorted(one.broken))
        lines.append(f"| {name} | {one.seeds} | {laws} |")
    return "\n".join(lines) + "\n"

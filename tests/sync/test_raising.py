"""Law 2, of every kind: a fact that raises is held, and nobody waits for it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from models.derived import Subject
from models.facts import Fact, FactSubject
from models.timeline import Entry, Folding, Stated
from sync import folds, judge
from sync.device import Device
from sync.facts.registry import KINDS
from tests.statements import STATEMENTS, state
from tests.sync.test_laws import standing
from tests.world import World, proved

NEIGHBOUR = {"visit": "note.added"}  # of others a second fact of the same kind


class Spoilt(RuntimeError):
    """What this release makes of a fact."""


def spoil(patch: pytest.MonkeyPatch, kind: str, type_: str, fact_id: UUID) -> None:
    """Let the effect of that fact raise, wherever it is folded."""
    kind_effect = KINDS[kind].effect

    def effect(folding: Any, fact: Stated) -> None:
        if fact.id == fact_id:
            raise Spoilt
        kind_effect(folding, fact)

    patch.setattr(KINDS[kind], "effect", effect)
    if type_ not in folds.WHOLE:
        return
    tables, fold_whole = folds.WHOLE[type_]

    def fold(session: Session, folding: Folding, entries: Sequence[Entry]) -> None:
        if any(isinstance(one, Stated) and one.id == fact_id for one in entries):
            raise Spoilt
        fold_whole(session, folding, entries)

    patch.setitem(folds.WHOLE, type_, folds.Whole(tables, fold))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_law_2_whatever_kind_raises_is_held_and_its_neighbours_take_effect(
    world: World, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.new("transfer")
    world.stock_van("van-a", "5", "S-1")
    world.open_visit()
    world.send_notice("ann")
    ann: Device = world.device()
    world.drain()
    type_ = STATEMENTS[kind](world, world["visit"]).subject[0]
    bad = state(ann, world, kind, world["visit"])
    spoil(monkeypatch, kind, type_, UUID(bad))
    world.clock.advance(1)
    after = state(ann, world, NEIGHBOUR.get(type_, kind), world["visit"])
    ann.sync()
    for _ in range(4):
        world.clock.advance(3601)  # longer than any pause between two tries
        world.drain()
    assert standing(world, bad) == ("held", "error")
    assert standing(world, after) == ("effective", None)
    proved(world)
    monkeypatch.undo()
    (fact,) = world.rows(Fact, Fact.id == UUID(bad))
    (own,) = world.rows(FactSubject, FactSubject.fact_key == fact.key, FactSubject.own)
    judge.judge(world.house.database, Subject(own.subject_type, own.subject_id))
    proved(world)
    assert standing(world, bad) == ("effective", None)

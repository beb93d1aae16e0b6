"""The way of a customer's unit: what was stated on visits and what the workshop decided, replayed
in the order of what happened.

It is with the technician who took it, then in the workshop (received, diagnosed, quoted, approved
or declined, repaired or unrepairable), until it is brought back, which the customer signs for.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import findings
from models.clock import instant_text
from models.customers import Asset
from models.decisions import Decision, decisions_about
from models.derived import Changes, Derived, Subject, replace
from models.dispatch.rows import Visit
from models.findings import Found
from models.ids import derived
from models.refusals import Refused
from models.stock.desk import check_physical
from models.timeline import Folding, Stating, ranks
from models.units import BROUGHT_BACK, TAKEN, TURNS, UnitStatement, UnitStay, UnitStep

Data = Mapping[str, Any]
TABLES: tuple[type[Derived], ...] = (UnitStay, UnitStep)
FAMILY = "unit."
OUT_OF_TURN = "unit.out_of_turn"


def replay(
    asset_id: UUID, statements: Sequence[UnitStatement], decisions: Sequence[Decision] = ()
) -> Folding:
    """The stays of a unit and their steps. Taken twice, brought back without having been taken, or
    a step out of turn, is found, until a late fact says what happened in between."""
    way = _Way(asset_id)
    steps = [one for one in decisions if one.kind.removeprefix(FAMILY) in TURNS]
    placed = ranks(
        [
            *(Stating(one.id, one.happened, one.origin_id, one.seq, one.id) for one in statements),
            *(Stating(one.id, one.at) for one in steps),
        ]
    )
    entries: list[UnitStatement | Decision] = [*statements, *steps]
    for one in sorted(entries, key=lambda one: placed[one.id]):
        if isinstance(one, UnitStatement):
            way.state(one, placed[one.id][0])
        else:
            way.decide(one)
    return way.folding


class _Way:
    """The unit's way as far as it is replayed; `stay` is open while it is in our hands."""

    def __init__(self, asset_id: UUID) -> None:
        self.asset_id = asset_id
        self.folding = Folding(Subject("asset", asset_id))
        self.stay: UnitStay | None = None
        self.number = 0

    def state(self, one: UnitStatement, at: datetime) -> None:
        """It is taken along, or brought back."""
        if one.taken == (self.stay is not None):
            evidence = {"visit": str(one.visit_id), "step": TAKEN if one.taken else BROUGHT_BACK}
            self.folding.find(OUT_OF_TURN, one.happened, one.id, **evidence)
        if self.stay is not None:
            if not one.taken:
                self._step(BROUGHT_BACK, one.cause_id, at, _signed(one))
            self.stay.until, self.stay = at, None
        if one.taken:
            self._begin(one, at)

    def _begin(self, one: UnitStatement, at: datetime) -> None:
        self.stay = UnitStay(
            id=one.id,
            asset_id=self.asset_id,
            user_id=one.user_id,
            visit_id=one.visit_id,
            condition=one.condition,
            accessories=one.accessories,
            data_loss=one.data_loss,
            place_id=None,
            price_fen=None,
            since=at,
            until=None,
        )
        self.folding.rows.append(self.stay)
        details = {**_signed(one), "data_loss": one.data_loss}
        self._step(TAKEN, one.cause_id, at, details)

    def decide(self, one: Decision) -> None:
        """The workshop does something with it, if it is its turn."""
        step = one.kind.removeprefix(FAMILY)
        if self.stay is None or self.stay.step not in TURNS[step]:
            after = None if self.stay is None else self.stay.step
            evidence = {"decision": str(one.id), "step": step, "after": after}
            self.folding.find(OUT_OF_TURN, one.at, one.id, **evidence)
            return
        details = {name: one.data[name] for name in one.data if name != "asset"}
        self._step(step, one.id, one.at, details)
        if step == "received":
            self.stay.place_id = UUID(one.data["place"])
        elif step == "quoted":
            self.stay.price_fen = one.data["price_fen"]

    def _step(self, step: str, cause: UUID, at: datetime, details: dict[str, Any]) -> None:
        assert self.stay is not None
        self.number += 1
        self.stay.step, self.stay.step_since = step, at
        self.folding.rows.append(
            UnitStep(
                id=derived("unit step", self.asset_id, cause),
                asset_id=self.asset_id,
                stay_id=self.stay.id,
                cause_id=cause,
                number=self.number,
                step=step,
                details=details,
                at=at,
            )
        )


def _signed(one: UnitStatement) -> dict[str, Any]:
    """How the unit changed hands, as the customer signed it."""
    return {"condition": one.condition, "accessories": one.accessories}


def reconcile(session: Session, asset_id: UUID) -> Changes:
    """Replay one unit, which is locked, and write what follows."""
    subject = Subject("asset", asset_id)
    folding = folded(session, asset_id)
    changes = replace(session, subject, TABLES, folding.rows)
    changes.sources |= findings.keep(session, subject, folding.found).sources
    return changes


def folded(session: Session, asset_id: UUID) -> Folding:
    """What the unit's timeline comes to. One that is no asset of ours to look after is a finding.
    Writes nothing."""
    subject = Subject("asset", asset_id)
    query = select(UnitStatement).where(UnitStatement.asset_id == asset_id)
    statements = list(session.scalars(query))
    folding = replay(asset_id, statements, decisions_about(session, subject))
    asset = session.get(Asset, asset_id) if statements else None
    if asset is not None:
        _look_where_it_belongs(session, folding, asset)
    elif statements:
        first = min(one.happened for one in statements)
        folding.rows = []
        folding.found = [Found("unit.unknown", (), first, {"asset": str(asset_id)})]
    return folding


def _look_where_it_belongs(session: Session, folding: Folding, asset: Asset) -> None:
    """Whether it was taken from another site than its own, as long as it is in our hands."""
    stays = (one for one in folding.rows if isinstance(one, UnitStay) and one.until is None)
    for stay in stays:
        visit = session.get(Visit, stay.visit_id)
        if visit is not None and visit.site_id != asset.site_id:
            sites = {"taken_at": str(visit.site_id), "belongs_to": str(asset.site_id)}
            evidence = {"asset": str(asset.id), "visit": str(visit.id), **sites}
            folding.find("unit.elsewhere", stay.since, stay.id, **evidence)


# What the desk and the workshop decide.


def subjects(data: Data) -> list[Subject]:
    """The unit."""
    return [Subject("asset", UUID(data["asset"]))]


def check(step: str) -> Any:
    """What checks that it is the step's turn. That raises Refused."""

    def look(session: Session, data: Data) -> None:
        if session.get(Asset, UUID(data["asset"])) is None:
            raise Refused("unknown", "asset")
        stay = open_stay(session, UUID(data["asset"]))
        after = " or ".join(TURNS[step])
        if stay is None:
            raise Refused("unit_state", "asset", f"nobody took it; {step} comes after {after}")
        if stay.step not in TURNS[step]:
            told = f"{stay.step} since {instant_text(stay.step_since)}"
            raise Refused("unit_state", "asset", f"{told}; {step} comes after {after}")
        if step == "received":
            check_physical(session, data["place"], "place")

    return look


def step_seen(session: Session, data: Data) -> Data:
    """What had been done with the unit."""
    stay = open_stay(session, UUID(data["asset"]))
    return {"step": None if stay is None else stay.step}


def open_stay(session: Session, asset_id: UUID) -> UnitStay | None:
    """How long the unit is in our hands; None while it is at the customer's."""
    query = select(UnitStay).where(UnitStay.asset_id == asset_id, UnitStay.until.is_(None))
    return session.scalars(query).first()

"""Where what was reported of a visit does not fit together, looked at once all of it is folded.

A person may say whose word holds; what they said counts as long as the evidence is the same.
"""

from collections.abc import Iterable

from models.dispatch.lifecycle import Outcome, VisitState
from models.dispatch.reported import CURRENCY, Money
from models.records.rows import RecordVersion
from models.timeline import Stated

TWO_RECORDS, CREW_DIFFERS = "record.two_records", "visit.crew_differs"


def look(state: VisitState) -> None:
    """Note what differs, and let count what a person chose."""
    _unknown(state)
    _done_twice(state)
    _outcomes(state)
    _records(state)
    _payments(state)


def _unknown(state: VisitState) -> None:
    """Somebody reports from a visit that does not exist here."""
    if state.unheard:
        since = min(one.happened for one in state.unheard)
        authors = sorted({str(one.author_id) for one in state.unheard})
        state.find("visit.unknown", since, authors=authors)


def _done_twice(state: VisitState) -> None:
    """Somebody worked though the visit had been taken from them, and so did who got it."""
    former = {user: at for user, at in state.worked_late.items() if user not in state.worked}
    if former and state.worked:
        since = max(min(former.values()), min(state.worked.values()))
        evidence = {"former": sorted(map(str, former)), "crew": sorted(map(str, state.worked))}
        state.find("visit.done_twice", since, **evidence)


def _outcomes(state: VisitState) -> None:
    """Of those who were there together one says that it ended otherwise than another."""
    for epoch, outcomes in sorted(state.outcomes.items()):
        if len({one.status for one in outcomes.values()}) < 2:
            continue
        since = max(one.since for one in outcomes.values())
        words = {str(user): one.status for user, one in outcomes.items()}
        evidence = {"epoch": epoch, "outcomes": words}
        state.find(CREW_DIFFERS, since, epoch, **evidence)
        chosen = state.chosen(CREW_DIFFERS, evidence)
        if chosen is not None:
            state.status = _word_of(chosen.removesuffix("_holds"), outcomes.values())


def _word_of(role: str, outcomes: Iterable[Outcome]) -> str:
    """What the lead says, or the last of the helpers."""
    return max((one.since, one.status) for one in outcomes if one.role == role)[1]


def _records(state: VisitState) -> None:
    """More than one record was sealed: all of them count, unless somebody says which one."""
    if len(state.seals) < 2:
        return
    evidence = {"facts": sorted(str(seal.id) for seal in state.seals)}
    since = state.seals[1].happened
    state.find(TWO_RECORDS, since, state.subject.id, **evidence)
    counting = {"first_counts": 0, "last_counts": -1}.get(state.chosen(TWO_RECORDS, evidence) or "")
    if counting is None:
        return
    seal = state.seals[counting]
    state.status = seal.data["result"]
    for row in state.rows:
        if isinstance(row, RecordVersion):
            row.stands = row.fact_key == seal.key


def _payments(state: VisitState) -> None:
    """The customer paid more than the records charge."""
    paid = [row for row in state.rows if isinstance(row, Money) and row.kind == "payment"]
    total = sum(row.amount for row in paid if row.currency == CURRENCY)
    standing = {row.fact_key for row in state.rows if isinstance(row, RecordVersion) and row.stands}
    charged = sum(_charged(seal) for seal in state.seals if seal.key in standing)
    if standing and total > charged:
        since = max(row.happened for row in paid)
        state.find("visit.overpaid", since, charged=charged, paid=total)


def _charged(seal: Stated) -> int:
    lines = seal.parts["charges"]["lines"] if "charges" in seal.parts else []
    return sum(line["amount_fen"] for line in lines)

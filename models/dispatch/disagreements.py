"""Where what was reported of a visit does not fit together, looked at once all of it is folded."""

from models.dispatch import differing
from models.dispatch.lifecycle import VisitState
from models.dispatch.reported import CURRENCY, Money
from models.records.rows import RecordVersion
from models.timeline import Stated


def look(state: VisitState) -> None:
    """Note what differs; of the records let those count that stand."""
    _unknown(state)
    _done_twice(state)
    _outcomes(state)
    _records(state)
    _payments(state)


def _unknown(state: VisitState) -> None:
    """Somebody reports from a visit that does not exist here; whatever more they report is new
    evidence."""
    if state.unheard:
        since = min(one.happened for one in state.unheard)
        authors = sorted({str(one.author_id) for one in state.unheard})
        told = {"facts": len(state.unheard), "last_fact": str(state.unheard[-1].id)}
        state.find("visit.unknown", since, authors=authors, **told)


def _done_twice(state: VisitState) -> None:
    """Somebody worked though the visit had been taken from them, and so did who got it."""
    former = {user: at for user, at in state.worked_late.items() if user not in state.worked}
    if former and state.worked:
        since = max(min(former.values()), min(state.worked.values()))
        evidence = {"former": sorted(map(str, former)), "crew": sorted(map(str, state.worked))}
        state.find("visit.done_twice", since, **evidence)


def _outcomes(state: VisitState) -> None:
    found = (differing.in_words(epoch, said) for epoch, said in sorted(state.outcomes.items()))
    state.found += [one for one in found if one is not None]


def _records(state: VisitState) -> None:
    """What a record says was used, fitted and taken out counts as long as the record stands."""
    found = differing.in_records(state.subject.id, state.seals)
    state.found += [] if found is None else [found]
    only = differing.seal_chosen(state.chosen(found), state.seals)
    for row in [one for one in state.rows if isinstance(one, RecordVersion)]:
        row.stands = only is None or row.fact_key == only.key
        state.rows += state.used[row.fact_key] if row.stands else []


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

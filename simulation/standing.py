"""What the auditor asks of records, and of what is said of visits that nobody knows."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import select

from models.findings import Finding
from models.records.rows import RecordVersion
from simulation.evidence import Evidence


def unknown_otherwise(evidence: Evidence) -> list[str]:
    """Where what was said of no visit is not open, or not set aside, as it ought to be."""
    query = select(Finding.subject_id, Finding.state).where(Finding.code == "visit.unknown")
    states = {str(id_): state for id_, state in evidence.session.execute(query)}
    foretold = {
        id_: "settled" if visit.set_aside else "open"
        for id_, visit in evidence.visits.items()
        if visit.unheard and visit.told
    }
    return [
        f"what was said of {id_} is {states.get(id_)}, and foretold was {state}"
        for id_, state in foretold.items()
        if states.get(id_) != state
    ]


def records_otherwise(evidence: Evidence) -> list[str]:
    """Where the records, or which of them stand, are not those that were foretold."""
    there: dict[str, dict[str, datetime]] = {}
    fallen: dict[str, set[str]] = defaultdict(set)
    for row in evidence.session.scalars(select(RecordVersion)):
        there.setdefault(str(row.visit_id), {})[str(row.record_id)] = row.sealed
        if not row.stands:
            fallen[str(row.visit_id)].add(str(row.fact_key))
    wrong = [
        f"of visit {id_} {sorted(fallen[id_])} do not stand, and foretold were {sorted(aside)}"
        for id_, visit in evidence.visits.items()
        for aside in [{str(evidence.facts[key].key) for key in visit.aside}]
        if visit.told and fallen[id_] != aside
    ]
    return wrong + [
        f"visit {id_} has the records {there.get(id_, {})}, and foretold were {visit.records}"
        for id_, visit in evidence.visits.items()
        if visit.told and there.get(id_, {}) != visit.records
    ]

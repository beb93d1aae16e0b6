"""What must be true of suppliers' deliveries, told once more by somebody else."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from models.findings import Finding
from models.stock.demand import TransferLine
from simulation.evidence import Evidence
from simulation.foretelling import Decided, Word


class Of(NamedTuple):
    """Of a part of a delivery what was announced, what came, and whether more is expected."""

    said: Decimal
    came: Decimal
    more: bool

    @property
    def awaited(self) -> Decimal:
        """What is still to come."""
        return max(self.said - self.came, Decimal(0)) if self.more else Decimal(0)


def foretold(decided: Iterable[Decided], words: Iterable[Word]) -> dict[str, dict[str, Of]]:
    """By delivery and part what was announced, what came, and what is still waited for."""
    expected: dict[str, list[dict[str, Any]]] = {}
    ended: set[tuple[str, str | None]] = set()  # whole ones, and parts of others
    for one in decided:
        if one.kind == "delivery.expected":
            expected[one.data["delivery"]] = one.data["lines"]
        elif one.kind == "delivery.closed":
            ended.add((one.data["delivery"], None))
        elif one.data.get("code") == "delivery.differs":
            ended.add((one.data["subject"]["id"], one.data["evidence"]["part"]))
    told: dict[str, dict[str, list[Decimal]]] = {
        id_: defaultdict(lambda: [Decimal(0), Decimal(0)]) for id_ in expected
    }
    for id_, lines in expected.items():
        for line in lines:
            told[id_][line["part"]][0] += Decimal(line["quantity"])
    for word in words:
        if word.kind == "stock.received" and word.data["transfer"] in told:
            for line in word.data["lines"]:
                told[word.data["transfer"]][line["part"]][1] += Decimal(line["quantity"])
    return {
        id_: {
            part: Of(said, came, not ended & {(id_, None), (id_, part)})
            for part, (said, came) in parts.items()
        }
        for id_, parts in told.items()
    }


def otherwise(evidence: Evidence) -> list[str]:
    """Where what is awaited, or found to differ, is not what was foretold."""
    decided = (one for about in evidence.decided.values() for one in about)
    found = []
    for id_, parts in foretold(decided, evidence.effective).items():
        query = select(TransferLine).where(TransferLine.transfer_id == UUID(id_))
        awaited = {str(row.part_id): row.awaited for row in evidence.session.scalars(query)}
        if awaited != {part: one.awaited for part, one in parts.items()}:
            found.append(f"of delivery {id_} {awaited} is awaited, and foretold was {parts}")
        wrong = {part for part, one in parts.items() if one.awaited or one.came > one.said}
        if not any(one.came for one in parts.values()):
            wrong = set()
        kept, open_ones = _found(evidence, id_)
        if not open_ones <= wrong <= kept:
            found.append(f"of delivery {id_} {open_ones} differ, and foretold were {wrong}")
    return found


def _found(evidence: Evidence, delivery: str) -> tuple[set[str], set[str]]:
    """The parts that were found to differ, and those of which that is open."""
    query = select(Finding).where(
        Finding.code == "delivery.differs", Finding.subject_id == UUID(delivery)
    )
    rows = [one for one in evidence.session.scalars(query) if one.state != "gone"]
    kept = {one.evidence["part"] for one in rows}
    return kept, {one.evidence["part"] for one in rows if one.state == "open"}

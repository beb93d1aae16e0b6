"""What is promised of what lies at a place: the oldest claim is served first."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import findings
from models.derived import Changes, Subject
from models.findings import Found
from models.stock.demand import Claim
from models.stock.rows import Balance

ZERO = Decimal("0.000")


def allotted(balance: Decimal, claims: Iterable[Claim]) -> dict[UUID, Decimal]:
    """How much each claim gets of what is there: the newest loses where it is too little."""
    shares = {}
    for claim in sorted(claims, key=lambda claim: (claim.since, str(claim.id))):
        shares[claim.id] = min(claim.quantity, balance)
        balance -= shares[claim.id]
    return shares


def free(
    session: Session, book_id: UUID, place_id: UUID, requisition_id: UUID | None = None
) -> Decimal:
    """What of the book, which is locked, nobody else has claimed at the place."""
    held, others = _held(session, book_id, place_id, requisition_id)
    return held - sum(others.values(), ZERO)


def told(
    session: Session, book_id: UUID, place_id: UUID, requisition_id: UUID | None = None
) -> str:
    """The same in words: how much is free, how much lies there, and for whom the rest is kept."""
    held, others = _held(session, book_id, place_id, requisition_id)
    kept = sum(others.values(), ZERO)
    words = f"{held - kept} are free"
    if not kept:
        return words
    whom = ", ".join(sorted(str(id_) for id_ in others))
    return f"{words}: of {held} that lie there {kept} are reserved for requisition {whom}"


def _held(
    session: Session, book_id: UUID, place_id: UUID, requisition_id: UUID | None
) -> tuple[Decimal, dict[UUID, Decimal]]:
    """What lies at the place, and what of it other requisitions get."""
    balance = session.get(Balance, (book_id, place_id))
    held = ZERO if balance is None else balance.quantity
    claims = [claim for claim in _claims(session, book_id) if claim.place_id == place_id]
    shares, others = allotted(held, claims), dict[UUID, Decimal]()
    for one in claims:
        if one.requisition_id != requisition_id and shares[one.id]:
            others[one.requisition_id] = others.get(one.requisition_id, ZERO) + shares[one.id]
    return held, others


def look(session: Session, book_id: UUID) -> Changes:
    """Find the claims on the book, which is locked, for which there is too little now."""
    claims = _claims(session, book_id)
    subject = Subject("claims", book_id)
    found = []
    for place_id in sorted({claim.place_id for claim in claims}):
        here = [claim for claim in claims if claim.place_id == place_id]
        balance = session.get(Balance, (book_id, place_id))
        shares = allotted(ZERO if balance is None else balance.quantity, here)
        found += [_lost(one, shares[one.id]) for one in here if shares[one.id] < one.quantity]
    return findings.keep(session, subject, found)


def _lost(claim: Claim, share: Decimal) -> Found:
    evidence = {
        "requisition": str(claim.requisition_id),
        "place": str(claim.place_id),
        "part": str(claim.part_id),
        "lot": claim.lot,
        "serial": claim.serial,
        "claimed": str(claim.quantity),
        "there": str(share),
    }
    return Found("stock.claim_lost", (claim.id,), claim.since, evidence)


def _claims(session: Session, book_id: UUID) -> Sequence[Claim]:
    return session.scalars(select(Claim).where(Claim.book_id == book_id)).all()

"""A requisition follows from who asked for what, from what the warehouse decided, and from what
arrived: submitted, reserved, picked, in transit, received, or refused."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.derived import Derived, Subject
from models.dispatch.rows import Visit
from models.ids import derived
from models.people import is_active
from models.refusals import Refused
from models.stock import claims, keeping, ordering, orders, serving, writing_off
from models.stock.demand import ENDED, Claim, Requisition, RequisitionLine
from models.stock.desk import check_lines, item_of
from models.stock.order_rows import ORDER_TABLES
from models.stock.orders import Order
from models.stock.replay import IN_TRANSIT
from models.stock.rows import Item, Part, PlaceKeeper, StockStatement, book_of, keeps
from models.timeline import Decided, Entry, Folding, Stated

REQUISITION_TABLES: tuple[type[Derived], ...] = (
    Requisition,
    RequisitionLine,
    Claim,
    *ORDER_TABLES,
)
ASKED = "parts.requested"
OPENED = "requisition.opened"
ZERO = Decimal("0.000")

Data = Mapping[str, Any]


@dataclass
class Asked:
    """Who asked for what, and how far the warehouse has come with it."""

    id: UUID
    place_id: UUID
    user_id: UUID
    visit_id: UUID | None
    at: datetime
    needed: date | None
    urgent: bool
    lines: Sequence[tuple[UUID, Decimal]]
    freight: str = "company"
    order: Order | None = None
    claims: list[Claim] = field(default_factory=list)
    sent: dict[tuple[UUID, Item], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    shipped: dict[UUID, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    picked: bool = False
    reason: str | None = None

    def decide(self, one: Decided) -> None:
        """What a decision does to it."""
        if self.order is not None:
            self.order.decide(one)
        if one.kind == "requisition.reserved":
            self.claims += _claimed(self.id, one)
            self.picked = False
        elif one.kind == "requisition.released":
            self.claims = []
        elif one.kind == "requisition.picked":
            self.picked = True
        elif one.kind == "requisition.refused":
            self.claims, self.reason = [], str(one.data["reason"])
        elif one.kind == "stock.shipped":
            self.freight = one.data.get("freight") or self.freight
            for line in one.data["lines"]:
                self._ship(one, line)

    def _ship(self, one: Decided, line: Data) -> None:
        """The line goes off: it is no longer claimed, and counts for what was asked for. No more
        than what is still wanted stays claimed, wherever it lies."""
        item, left = item_of(line), Decimal(line["quantity"])
        self.sent[UUID(one.data["transfer"]), item] += left
        self.shipped[_wanted_by(line)] += left
        still, kept = self._still_wanted(), []
        for claim in sorted(self.claims, key=lambda claim: (claim.since, str(claim.id))):
            if (claim.place_id, claim.item) == (UUID(one.data["place"]), item):
                taken = min(left, claim.quantity)
                left, claim.quantity = left - taken, claim.quantity - taken
            part = claim.instead_of or claim.part_id
            claim.quantity = min(claim.quantity, still[part])
            still[part] -= claim.quantity
            if claim.quantity:
                kept.append(claim)
        self.claims = kept

    def status(self, arrived: Mapping[tuple[UUID, Item], Decimal]) -> str:
        """How far it has come, with what arrived of it by transfer and item, or never will. Of what
        leaves for a customer nobody tells us that it arrived: that it was shipped is its end."""
        away = any(arrived.get(key, ZERO) < quantity for key, quantity in self.sent.items())
        if away and self.order is None:
            return "in_transit"
        if self.claims:
            return "picked" if self.picked else "reserved"
        if self.sent and (self.reason or self._is_served()):
            return "received" if self.order is None else "shipped"
        return "submitted" if self.reason is None else "refused"

    def _still_wanted(self) -> dict[UUID, Decimal]:
        """By part what was asked for and not sent."""
        wanted: dict[UUID, Decimal] = defaultdict(Decimal)
        for part, quantity in self.lines:
            wanted[part] += quantity
        return defaultdict(
            Decimal, {part: max(all_ - self.shipped[part], ZERO) for part, all_ in wanted.items()}
        )

    def _is_served(self) -> bool:
        return not any(self._still_wanted().values())


def fold_requisition(session: Session, folding: Folding, entries: Sequence[Entry]) -> None:
    """The requisition's rows; none where nobody asked who may."""
    decisions = [one for one in entries if isinstance(one, Decided)]
    asked = _opened(session, folding.subject.id, decisions)
    not_kept: list[tuple[UUID, Stated]] = []
    for fact in (one for one in entries if isinstance(one, Stated) and one.own):
        reason = _reason_to_hold(session, fact)
        folding.held[fact.key] = reason
        if reason is None and asked is None and fact.author_id is not None:
            asked = _stated(folding.subject.id, fact, fact.author_id)
        elif reason in keeping.NOT_KEPT:
            not_kept.append((fact.data["place"].id, fact))
    folding.found += keeping.not_kept(not_kept)
    if asked is None:
        return
    for one in decisions:
        asked.decide(one)
    row = _row(session, asked)
    folding.rows += [row, *_beside(asked)]
    if asked.order is not None:
        orders.find_late(folding, asked.order, row.status in ENDED, entries)


def _opened(session: Session, id_: UUID, decisions: Sequence[Decided]) -> Asked | None:
    for one in decisions:
        if one.kind == OPENED:
            data = one.data
            return Asked(
                id=id_,
                place_id=UUID(data["place"]),
                user_id=UUID(data["requester"]) if data["requester"] else one.user_id,
                visit_id=UUID(data["visit"]) if data["visit"] else None,
                at=one.at,
                needed=date.fromisoformat(data["needed"]) if data["needed"] else None,
                urgent=data["urgent"],
                lines=[(UUID(one["part"]), Decimal(one["quantity"])) for one in data["lines"]],
                freight=data.get("freight", "company"),
                order=None if data.get("contract") is None else Order(session, one),
            )
    return None


def _stated(id_: UUID, fact: Stated, author: UUID) -> Asked:
    data = fact.data
    return Asked(
        id=id_,
        place_id=data["place"].id,
        user_id=author,
        visit_id=None if data["visit"] is None else data["visit"].id,
        at=fact.happened,
        needed=data["needed"],
        urgent=data["urgent"],
        lines=[(line["part"].id, line["quantity"]) for line in data["lines"]],
        freight="requester" if data["urgent"] else "company",
    )


def _reason_to_hold(session: Session, fact: Stated) -> str | None:
    if fact.held is not None:
        return fact.held
    query = select(PlaceKeeper.user_id).where(PlaceKeeper.place_id == fact.data["place"].id)
    keepers = set(session.scalars(query))
    if not keepers:
        return "unknown_subject"
    return None if fact.author_id in keepers else "not_assigned"


def _wanted_by(line: Data) -> UUID:
    """The part that was asked for, which another may stand for."""
    return UUID(line.get("instead_of") or line["part"])


def _claimed(id_: UUID, one: Decided) -> Iterable[Claim]:
    place = UUID(one.data["place"])
    for number, line in enumerate(one.data["lines"], start=1):
        instead_of = line.get("instead_of")
        yield Claim(
            id=derived("claim", one.id, number),
            requisition_id=id_,
            place_id=place,
            **item_of(line)._asdict(),
            quantity=Decimal(line["quantity"]),
            instead_of=None if instead_of is None else UUID(instead_of),
            since=one.at,
            book_id=book_of(place, item_of(line)),
        )


def _row(session: Session, asked: Asked) -> Requisition:
    order = asked.order
    return Requisition(
        id=asked.id,
        place_id=asked.place_id,
        user_id=asked.user_id,
        visit_id=asked.visit_id,
        asked=asked.at,
        needed=asked.needed,
        urgent=asked.urgent,
        freight=asked.freight,
        status=asked.status(_arrived(session, asked.sent)),
        reason=asked.reason,
        contract_id=None if order is None else order.contract_id,
        customer_id=None if order is None else order.customer_id,
        kind=None if order is None else order.kind,
        cleared=None if order is None else order.cleared,
        ship_due=None if order is None else order.ship_due,
    )


def _beside(asked: Asked) -> Iterable[Derived]:
    """Its lines, what is claimed for it, and what belongs to a customer's order."""
    for number, (part, wanted) in enumerate(asked.lines, start=1):
        yield RequisitionLine(
            id=derived("requisition_line", asked.id, number),
            requisition_id=asked.id,
            part_id=part,
            wanted=wanted,
            shipped=asked.shipped[part],
        )
    yield from asked.claims
    if asked.order is not None:
        yield from orders.order_rows(asked.id, asked.order)


def _arrived(
    session: Session, sent: Collection[tuple[UUID, Item]]
) -> dict[tuple[UUID, Item], Decimal]:
    """What was received of the transfers, by item, or written off as never arriving."""
    transfers = {transfer for transfer, _ in sent}
    arrived = _received(session, transfers)
    off = writing_off.of_transfers(session, transfers)
    for transfer, item in sent:
        for line in off[transfer].get(item.words, ()):
            if line.from_place == IN_TRANSIT:
                arrived[transfer, item] += line.quantity
    return arrived


def _received(
    session: Session, transfers: Iterable[UUID]
) -> defaultdict[tuple[UUID, Item], Decimal]:
    item = (StockStatement.part_id, StockStatement.lot, StockStatement.serial)
    query = (
        select(StockStatement.transfer_id, *item, func.sum(StockStatement.quantity))
        .where(StockStatement.transfer_id.in_(transfers), StockStatement.from_place == IN_TRANSIT)
        .group_by(StockStatement.transfer_id, *item)
    )
    received = defaultdict[tuple[UUID, Item], Decimal](Decimal)
    for transfer, part, lot, serial, total in session.execute(query):
        if transfer is not None:
            received[transfer, Item(part, lot, serial)] = total
    return received


# What the warehouse decides


def subjects(data: Data) -> list[Subject]:
    """The requisition."""
    return [Subject("requisition", UUID(data["requisition"]))]


def reserving_subjects(data: Data) -> list[Subject]:
    """The requisition, and the books from which it is served."""
    place = UUID(data["place"])
    books = [Subject("book", book_of(place, item_of(line))) for line in data["lines"]]
    return [*subjects(data), *books]


def check_opening(session: Session, data: Data) -> None:
    """It is new, and place or contract, parts, visit and whoever asks are there. Raises Refused."""
    if session.get(Requisition, UUID(data["requisition"])) is not None:
        raise Refused("exists", "requisition")
    ordering.check_whose(session, data)
    for number, line in enumerate(data["lines"]):
        if session.get(Part, UUID(line["part"])) is None:
            raise Refused("unknown", f"lines.{number}.part")
    if data["visit"] is not None and session.get(Visit, UUID(data["visit"])) is None:
        raise Refused("unknown", "visit")
    if data["requester"] is not None:
        _check_requester(session, data)


def _check_requester(session: Session, data: Data) -> None:
    """Who is named as asking is with us, and keeps the place that wants it, if one does."""
    requester = UUID(data["requester"])
    if not is_active(session, requester):
        raise Refused("unknown", "requester")
    if data["place"] is not None and not keeps(session, requester, UUID(data["place"])):
        raise Refused("wrong_value", "requester", "they do not keep the place")


def check_open(session: Session, data: Data) -> Requisition:
    """The requisition is known and has not ended. Raises Refused."""
    found = session.get(Requisition, UUID(data["requisition"]))
    if found is None:
        raise Refused("unknown", "requisition")
    if found.status in ENDED:
        raise Refused("requisition_ended", "requisition", found.status)
    return found


def check_claims(session: Session, data: Data) -> None:
    """The requisition has something reserved. Raises Refused."""
    query = select(Claim.id).where(Claim.requisition_id == check_open(session, data).id)
    if session.scalar(query.limit(1)) is None:
        raise Refused("not_reserved", "requisition")


def check_reserving(session: Session, data: Data) -> None:
    """What is to be reserved is wanted, lies there, and nobody else has claimed it. Raises
    Refused."""
    asked = check_open(session, data)
    check_lines(session, data)
    serving.check_wanted(session, data, serving.to_reserve(session, asked.id))
    place, taken = UUID(data["place"]), defaultdict[UUID, Decimal](Decimal)
    for number, line in enumerate(data["lines"]):
        book = book_of(place, item_of(line))
        taken[book] += Decimal(line["quantity"])
        if taken[book] > claims.free(session, book, place):
            told = claims.told(session, book, place)
            raise Refused("not_enough", f"lines.{number}.quantity", told)

"""Codes of what is under way, wanted or coming back: transfers, requisitions and returns, by their
ids."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models.customers import Customer
from models.people import User
from models.returns import deciding
from models.returns.rows import Return
from models.scanning.match import Match, at
from models.stock import serving
from models.stock.demand import Requisition, Transfer
from models.stock.rows import Place, kept_by


def transfers(session: Session, code: str, owner: UUID | None) -> Iterator[Match]:
    id_ = _as_id(code)
    query = select(Transfer).where(Transfer.transfer_id == id_)
    if owner is not None:
        ends = (Transfer.from_place, Transfer.to_place)
        query = query.where(or_(*(end.in_(kept_by(owner)) for end in ends)))
    for one in session.scalars(query.order_by(Transfer.since)) if id_ is not None else ():
        goal = session.get(Place, one.to_place)
        yield Match("transfer", one.transfer_id, code, one.kind, [] if goal is None else [at(goal)])


def requisitions(session: Session, code: str, owner: UUID | None) -> Iterator[Match]:
    id_ = _as_id(code)
    query = select(Requisition, Place, User.full_name).where(Requisition.id == id_)
    query = query.join(Place, Place.id == Requisition.place_id)
    query = query.join(User, User.id == Requisition.user_id)
    if owner is not None:
        query = query.where(Requisition.user_id == owner)
    for one, place, name in session.execute(query) if id_ is not None else ():
        yield Match("requisition", one.id, code, f"{name} ({one.status})", [at(place)],
                    steps=serving.coming(session, one))  # fmt: skip


def returns(session: Session, code: str, owner: UUID | None) -> Iterator[Match]:
    id_ = _as_id(code) if owner is None else None  # no technician has to do with them
    query = select(Return, Customer.name).join(Customer, Customer.id == Return.customer_id)
    for one, name in session.execute(query.where(Return.id == id_)) if id_ is not None else ():
        told = f"{name} ({one.status})"
        yield Match("return", one.id, code, told, steps=deciding.coming(one))


def _as_id(code: str) -> UUID | None:
    try:
        return UUID(code)
    except ValueError:
        return None

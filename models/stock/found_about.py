"""Which parts and places findings are about, to search them by and to name in words."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, union_all
from sqlalchemy.orm import Session

from models.findings import Finding
from models.stock.rows import Balance, Part, Place

PLACES = ("place", "from", "to")  # under which names evidence tells places

Values = Mapping[str, Any]


def about_part(part: UUID) -> ColumnElement[bool]:
    """The findings whose evidence names the part, or whose subject is a book of it."""
    books = select(Balance.book_id).where(Balance.part_id == part)
    of_book = (Finding.subject_type == "book") & Finding.subject_id.in_(books)
    return or_(Finding.evidence["part"].as_string() == str(part), of_book)


def about_place(place: UUID) -> ColumnElement[bool]:
    """The findings whose evidence names the place, or whose subject it is."""
    named = (Finding.evidence[name].as_string() == str(place) for name in PLACES)
    return or_(*named, (Finding.subject_type == "place") & (Finding.subject_id == place))


def named(session: Session, findings: Sequence[Values]) -> Iterator[dict[str, str | None]]:
    """Of each finding the codes of its part and its first place, where it is about any."""
    books = [one["subject_id"] for one in findings if one["subject_type"] == "book"]
    query = select(Balance.book_id, Balance.part_id).where(Balance.book_id.in_(books))
    of_book = {book: part for book, part in session.execute(query)} if books else {}
    about = [(_part(one, of_book), _place(one)) for one in findings]
    codes = codes_of(session, {id_ for pair in about for id_ in pair})
    for part, place in about:
        yield {"part_code": codes.get(part), "place_code": codes.get(place)}


def _part(finding: Values, of_book: Mapping[UUID, UUID]) -> UUID | None:
    return of_book.get(finding["subject_id"]) or _id(finding["evidence"].get("part"))


def _place(finding: Values) -> UUID | None:
    if finding["subject_type"] == "place":
        place: UUID = finding["subject_id"]
        return place
    told = (_id(finding["evidence"].get(name)) for name in PLACES)
    return next((one for one in told if one is not None), None)


def _id(told: object) -> UUID | None:
    """The id that the evidence tells there; other evidence has other things of that name."""
    try:
        return UUID(told) if isinstance(told, str) else None
    except ValueError:
        return None


def codes_of(session: Session, ids: Collection[UUID | None]) -> dict[UUID | None, str]:
    """The codes of parts and places, asked for at once."""
    coded = (select(one.id, one.code).where(one.id.in_(ids)) for one in (Part, Place))
    return {id_: code for id_, code in session.execute(union_all(*coded))}

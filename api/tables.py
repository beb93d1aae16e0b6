"""Endpoints for what the desk simply keeps: list, look up, add, edit. Edits leave a trail."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, jsonify, request
from marshmallow import Schema
from sqlalchemy.orm import Session

from api import lists
from api.auth import house, user
from api.blueprint import Blueprint
from api.describing import only_told, variant
from api.errors import precondition
from api.lists import Listing
from models.edits import Editor, look_up, revision_of
from models.kept import KEPT, Kept

Values = dict[str, Any]
Make = Callable[[Session, datetime, Values], Any]
ETAG = {"ETag": {"schema": {"type": "string"}, "description": "for If-Match and If-None-Match"}}
IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "schema": {"type": "string"},
    "description": "the ETag of what was read, or * for whatever stands there",
}


@dataclass(frozen=True)
class Table:
    """One table that the desk keeps: where it is found, how it is listed, and what of it may not be
    edited. `make` builds a row where its values alone do not."""

    path: str
    listing: Listing
    make: Make | None = None
    fixed: Sequence[str] = ()
    editable: bool = True

    @property
    def name(self) -> str:
        """The table's name in operations, rights and edits."""
        return self.path.strip("/").replace("-", "_")

    @property
    def one(self) -> str:
        """One of its rows, in operations and rights."""
        return one_of(self.name)

    @property
    def words(self) -> str:
        """The table's name in sentences."""
        return self.name.replace("_", " ")

    @property
    def kept(self) -> Kept:
        """What has to be known to edit it."""
        return KEPT[self.name]

    def register(self, blp: Blueprint) -> None:
        """Add the endpoints."""
        self._list(blp)
        self._get(blp)
        self._add(blp)
        if self.editable:
            self._edit(blp)

    def _list(self, blp: Blueprint) -> None:
        @blp.route(self.path, methods=["GET"], endpoint=f"list_{self.name}")
        @blp.arguments(self.listing.arguments(), location="query")
        @blp.response(200, self.listing.page_schema())
        @blp.doc(summary=f"List {self.words} by page")
        def list_(args: Values) -> Values:
            return house().database.read(lambda session: lists.page(session, self.listing, args))

    def _get(self, blp: Blueprint) -> None:
        @blp.route(f"{self.path}/<uuid:id_>", methods=["GET"], endpoint=f"get_{self.one}")
        @blp.response(200, self.listing.schema, headers=ETAG)
        @blp.alt_response(304, "NOT_MODIFIED")
        @blp.doc(summary=f"One of the {self.words}")
        def get(id_: UUID) -> Response:
            values = house().database.read(
                lambda session: lists.one(session, self.listing, self.listing.row.id == id_)
            )
            return self._tagged(values)

    def _add(self, blp: Blueprint) -> None:
        @blp.route(self.path, methods=["POST"], endpoint=f"add_{self.one}")
        @blp.arguments(self.listing.schema)
        @blp.response(201, self.listing.schema, headers=ETAG)
        @blp.doc(summary=f"Add to the {self.words}")
        def add(values: Values) -> Response:
            def body(session: Session, now: datetime) -> Values:
                row = (self.make or self._make)(session, now, values)
                Editor(session, now, house().ids, user().id).add(self.kept, row)
                return lists.one(session, self.listing, self.listing.row.id == row.id)

            return self._tagged(house().database.transact(body), 201)

    def _make(self, session: Session, now: datetime, values: Values) -> Any:
        return self.listing.row(id=house().ids.new(now), **values)

    def _edit(self, blp: Blueprint) -> None:
        row = self.listing.schema
        without = {*self.fixed, *only_told(row())}
        schema = variant(row, "Edit", partial=True, exclude=without)

        @blp.route(f"{self.path}/<uuid:id_>", methods=["PATCH"], endpoint=f"edit_{self.one}")
        @blp.arguments(schema)
        @blp.response(200, self.listing.schema, headers=ETAG)
        @blp.alt_response(412, "PRECONDITION_FAILED")
        @blp.alt_response(428, "PRECONDITION_REQUIRED")
        @blp.doc(summary=f"Edit one of the {self.words}", parameters=[IF_MATCH])
        def edit(values: Values, id_: UUID) -> Response:
            def body(session: Session, now: datetime) -> Values:
                row = look_up(session, self.listing.row, id_, lock=True)
                precondition(self._revision(self._seen(session, id_)))
                Editor(session, now, house().ids, user().id).change(self.kept, row, values)
                return self._seen(session, id_)

            return self._tagged(house().database.transact(body))

    def _tagged(self, values: Values, status: int = 200) -> Response:
        return tagged(self.listing.schema(), values, status, self._revision(values))

    def _revision(self, values: Values) -> str:
        """What changes by itself makes no other revision, or nobody could ever edit the row."""
        passing = self.kept.passing
        return revision_of({name: one for name, one in values.items() if name not in passing})

    def _seen(self, session: Session, id_: UUID) -> Values:
        return lists.one(session, self.listing, self.listing.row.id == id_)


def one_of(table: str) -> str:
    """What one row of a table is called: `territory` of `territories`."""
    return f"{table[:-3]}y" if table.endswith("ies") else table.removesuffix("s")


def tagged(
    schema: Schema, values: Values, status: int = 200, revision: str | None = None
) -> Response:
    """The values as the schema tells them, with their ETag; 304 if the asker has them already."""
    response = jsonify(schema.dump(values))
    response.status_code = status
    response.set_etag(revision or revision_of(values))
    if request.method == "GET":
        response.make_conditional(request)
    return response

"""Labels to print, for parts, shelves, loaners and places: a QR code or bars, and words."""

from typing import Any

from flask import Response
from marshmallow import fields, validate
from sqlalchemy import Select, select
from sqlalchemy.orm import Session
from webargs.fields import DelimitedList

from api import lists
from api.auth import house
from api.blueprint import Blueprint
from api.label_forms import FORMATS, SYMBOLS, Label
from api.label_kinds import KINDS, Kind, Values
from api.schemas import BYTES, Strict
from models.refusals import Refused
from sync import limits

PDF = "application/pdf"

blp = Blueprint("labels", __name__, description="Labels as PDF")


def _arguments() -> Any:
    """What of, how, and which: by their ids, or narrowed as the lists of their kind are."""
    given: Values = {
        "of": fields.String(
            required=True, validate=validate.OneOf(list(KINDS)), metadata={"description": "of what"}
        ),
        "ids": DelimitedList(
            fields.UUID(),
            validate=validate.Length(1, limits.labels_max),
            metadata={"description": "of these only, separated by commas; for shelves, of levels"},
        ),
        "symbol": fields.String(
            load_default=SYMBOLS[0],
            validate=validate.OneOf(SYMBOLS),
            metadata={"description": "a QR code with what it is, or the bare code in bars"},
        ),
        "format": fields.String(
            load_default="a4",
            validate=validate.OneOf(list(FORMATS)),
            metadata={"description": "24 on a sheet of A4, or each 50 x 30 mm"},
        ),
        "q": lists.search_field(),
    }
    for kind in KINDS.values():
        given |= {name: one.field for name, one in kind.listing.filters.items()}
    return Strict.from_dict(given, name="LabelsArgs")()


@blp.route("/labels", methods=["GET"])
@blp.arguments(_arguments(), location="query")
@blp.response(200, BYTES, content_type=PDF)
def get_labels(args: Values) -> Response:
    """Labels to print. `/scan/{code}` understands both what its QR code says and the bare code."""
    kind = KINDS[args["of"]]
    _check_filters(kind, args)
    found = house().database.read(lambda session: _labels(session, kind, args))
    if not found:
        raise Refused("unknown", "ids", "nothing fits")
    if len(found) > limits.labels_max:
        most = f"at most {limits.labels_max} labels at once"
        raise Refused("wrong_value", "ids", f"{most}: narrow what is asked for")
    from api import label_sheets  # what draws takes half a second to load, and is asked for rarely

    response = Response(label_sheets.draw(found, args["format"], args["symbol"]), mimetype=PDF)
    response.headers["Content-Disposition"] = f"inline; filename=labels-{args['of']}.pdf"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _check_filters(kind: Kind, args: Values) -> None:
    known = {"of", "ids", "symbol", "format", "q", *kind.listing.filters}
    for name in sorted(args.keys() - known):
        raise Refused("wrong_value", name, f"{args['of']} are not narrowed by it")


def _labels(session: Session, kind: Kind, args: Values) -> list[Label]:
    """The labels that are asked for, or one more than there may be: a shelf has one, whatever
    number of parts lies on it."""
    listing = kind.listing
    query: Select[Any] = listing.joined(select(listing.row, *listing.beside.values()))
    query = query.where(*kind.where, *lists.narrowed(listing, args))
    if "ids" in args:
        query = query.where(listing.row.id.in_(args["ids"]))
    order = list(listing.beside.values())[:1] if kind.where else []
    first = next(iter(listing.sorts.values()))
    found: dict[str, Label] = {}
    for row in session.execute(query.order_by(*order, first, listing.row.id)):
        said = kind.says(lists.values_of(listing, row))
        before = found.get(said.code)
        found[said.code] = said if before is None else _with_more(before)
        if len(found) > limits.labels_max:
            break
    return list(found.values())


def _with_more(shelf: Label) -> Label:
    """The shelf of more than one part."""
    return Label(shelf.text, shelf.code, shelf.name, "+ …")

"""Export as CSV and XLSX: whole tables, or what the same list of the API would show."""

from collections.abc import Callable, Iterable
from copy import copy
from tempfile import TemporaryFile
from typing import IO, Any

from flask import Response, send_file
from marshmallow import Schema, fields, missing, validate
from sqlalchemy import ColumnElement, select, tuple_

from api import (
    contracts,
    customers,
    debts,
    loaners,
    repairs,
    requisitions,
    reservations,
    returns,
    stock,
    transfers,
    units,
)
from api.auth import house
from api.blueprint import Blueprint
from api.custody import WHEREABOUTS
from api.lists import Listing, narrowed, search_field
from api.schemas import BYTES, Strict
from models.tables import exporting
from models.tables.catalogue import TABLES
from models.tables.description import Table
from models.tables.journals import JOURNALS
from models.tables.pages import columns_table

blp = Blueprint("exports", __name__, description="Export as CSV and XLSX")

CSV, XLSX = exporting.TYPES["csv"], exporting.TYPES["xlsx"]

# The list of the same rows, whose parameters narrow the export too.
LISTINGS: tuple[Listing, ...] = (
    customers.CUSTOMERS,
    customers.SITES,
    customers.ASSETS,
    contracts.CONTRACTS,
    stock.PARTS,
    stock.BALANCES,
    stock.LEVELS,
    stock.MOVES,
    transfers.TRANSFERS,
    requisitions.REQUISITIONS,
    returns.RETURNS,
    repairs.REPAIRS,
    debts.DEBTS,
    loaners.LOANERS,
    reservations.RESERVATIONS,
    units.UNITS,
    WHEREABOUTS,
)
LISTED = {listing.row: listing for listing in LISTINGS}


def _one_of(default: str, choices: Iterable[str], what: str) -> fields.String:
    return fields.String(
        load_default=default,
        validate=validate.OneOf(list(choices)),
        metadata={"description": what},
    )


class ExportArgs(Strict):
    """In which form."""

    format = _one_of("csv", exporting.FORMATS, "the kind of file")
    lang = _one_of("en", exporting.LANGUAGES, "the language of its headings")
    encoding = _one_of("utf-8", exporting.CODECS, "of a CSV file")


FORM = ExportArgs().fields.keys()


def narrowing(listing: Listing) -> Schema:
    """In which form, and which rows: all of them unless a filter of the list is given."""
    offered = {name: one.field for name, one in listing.filters.items()}
    if listing.search:
        offered["q"] = search_field()
    given: dict[str, Any] = {name: copy(one) for name, one in offered.items()}
    for one in given.values():
        one.load_default = missing
    name = listing.schema.__name__.removesuffix("Schema")
    return ExportArgs.from_dict(given, name=f"{name}ExportArgs")()


def shown(listing: Listing, args: dict[str, Any]) -> ColumnElement[bool]:
    """The rows that the list would show."""
    keys = listing.joined(select(*listing.key)).where(*narrowed(listing, args))
    return tuple_(*listing.key).in_(keys.correlate(None))


def sent(table: Table, args: dict[str, Any], write: Callable[..., None]) -> Response:
    """The table as a file. It is written out first: no reader, however slow, keeps the database's
    snapshot open."""
    format_, encoding = args["format"], args["encoding"]
    # Closed by the response that sends it.
    file = TemporaryFile()  # noqa: SIM115
    write(file, format_, args["lang"], encoding)
    return attached(file, table.name, format_, encoding)


def attached(file: IO[bytes], name: str, format_: exporting.Format, encoding: str) -> Response:
    """What was written into the file, to be kept under that name."""
    file.seek(0)
    type_ = exporting.TYPES[format_]
    response = send_file(
        file,
        mimetype=type_,
        as_attachment=True,
        download_name=f"{name}.{format_}",
    )
    if format_ == "csv":
        response.content_type = f"{type_}; charset={encoding}"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _register(table: Table, says: str) -> None:
    """Add the endpoint by which the table is written out."""
    name, listing = table.name, LISTED[table.row]

    @blp.route(f"/exports/{name}", methods=["GET"], endpoint=f"export_{name}")
    @blp.arguments(narrowing(listing), location="query")
    @blp.response(200, BYTES, content_type=CSV)
    @blp.alt_response(200, schema=BYTES, content_type=XLSX, success=True)
    @blp.doc(summary=f"Export {name}", description=says)
    def export(args: dict[str, Any]) -> Response:
        where = [] if args.keys() <= FORM else [shown(listing, args)]

        def write(file: IO[bytes], format_: exporting.Format, lang: str, encoding: str) -> None:
            house().database.read(
                lambda session: exporting.export(
                    session, table, file, format_, lang, encoding, where
                )
            )

        return sent(table, args, write)


for _table in TABLES.values():
    _register(_table, columns_table(_table))
for _table in JOURNALS.values():
    _register(_table, _table.means.en)

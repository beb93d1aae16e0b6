"""Import of the company's own tables, as CSV and XLSX."""

from functools import partial
from shutil import copyfileobj
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from flask import Response, abort, json, request
from marshmallow import Schema, fields, validate
from werkzeug.exceptions import RequestEntityTooLarge

from api.auth import house, user
from api.blueprint import Blueprint
from api.describing import SOMETIMES
from api.errors import ProblemSchema, problem
from api.exports import CSV, XLSX, ExportArgs, sent
from api.schemas import BYTES, Strict
from models.tables import exporting, limits
from models.tables.catalogue import TABLES
from models.tables.description import Table
from models.tables.pages import columns_table
from models.tables.problems import FileRefused
from sync.imports import import_file

blp = Blueprint("imports", __name__, description="Import as CSV and XLSX")

CHARSETS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
}
MEMORY_BYTES = 1 << 20  # Larger files go to the disk.
FILES = {type_: {"schema": BYTES} for type_ in exporting.TYPES.values()}


class ImportArgs(Strict):
    """Whether it is only tried, and how many problems are to be named."""

    dry_run = fields.Boolean(
        load_default=False, metadata={"description": "look at everything, write nothing"}
    )
    problems = fields.Integer(
        load_default=limits.problems_shown,
        validate=validate.Range(1, limits.problems_shown_max),
        metadata={"description": "how many problems are named; all are counted"},
    )


class OutcomeSchema(Schema):
    """How many lines were added, changed what was there, or said what was there already."""

    added = fields.Integer()
    changed = fields.Integer()
    unchanged = fields.Integer()
    seconds = fields.Float()
    dry_run = fields.Boolean()


class CellProblemSchema(Schema):
    """One thing that is wrong in the file."""

    line = fields.Integer(metadata={"description": "as a spreadsheet counts rows"})
    column = fields.String(allow_none=True, metadata={"description": "its heading in the file"})
    cell = fields.String(metadata={"description": "as spreadsheets name it, for instance D7"})
    code = fields.String()
    found = fields.String()
    message = fields.String()
    remedy = fields.String()


class FileProblemSchema(ProblemSchema):
    """Everything that is wrong in the file, of which nothing was written."""

    problems = fields.List(fields.Nested(CellProblemSchema), metadata=SOMETIMES)
    more = fields.Integer(metadata={**SOMETIMES, "description": "how many more there are"})


def _import(table: Table, args: dict[str, Any]) -> dict[str, Any] | Response:
    began = house().clock.now()
    with SpooledTemporaryFile(MEMORY_BYTES) as file:
        encoding = _receive(file)
        try:
            outcome = import_file(
                house().database,
                house().ids,
                user().id,
                table,
                file,
                encoding=encoding,
                dry_run=args["dry_run"],
                shown=args["problems"],
            )
        except FileRefused as refused:
            return _of_refused(refused)
    seconds = (house().clock.now() - began).total_seconds()
    counts = {name: getattr(outcome, name) for name in ("added", "changed", "unchanged")}
    return {**counts, "seconds": seconds, "dry_run": args["dry_run"]}


def _receive(file: IO[bytes]) -> str | None:
    """Take the body into the file; answers the encoding that the request names, if any.

    Answers 413 or 415 where it cannot be taken.
    """
    if request.mimetype not in FILES:
        abort(415, f"send the file as {' or '.join(FILES)}")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        abort(415, "send the file as it is, without Content-Encoding")
    charset = request.mimetype_params.get("charset")
    if charset is not None and charset.lower() not in CHARSETS:
        abort(415, f"write the file as {' or '.join(exporting.CODECS)}")
    request.max_content_length = limits.import_bytes_max
    try:
        copyfileobj(request.stream, file)
    except RequestEntityTooLarge:
        abort(413, f"a file has at most {limits.import_bytes_max} bytes; split it")
    file.seek(0)
    return None if charset is None else CHARSETS[charset.lower()]


def _of_refused(refused: FileRefused) -> Response:
    response = problem(
        422,
        "file_refused",
        "Nothing was written; something in the file is wrong.",
        "Correct what is named and send the file again.",
        detail=f"problems in the file: {refused.count}",
    )
    told = {"problems": [one.told() for one in refused.problems], "more": refused.more}
    response.data = f"{json.dumps({**json.loads(response.data), **told})}\n".encode()
    return response


def _register(table: Table) -> None:
    """Add the table's endpoints."""
    name = table.name
    columns = columns_table(table)

    @blp.route(f"/imports/{name}", methods=["POST"], endpoint=f"import_{name}")
    @blp.arguments(ImportArgs, location="query")
    @blp.response(200, OutcomeSchema)
    @blp.alt_response(422, schema=FileProblemSchema, content_type="application/problem+json")
    @blp.doc(
        summary=f"Import {name} from a file",
        description=f"All of it or nothing.\n\n{columns}",
        requestBody={"required": True, "content": FILES},
    )
    def import_(args: dict[str, Any]) -> dict[str, Any] | Response:
        return _import(table, args)

    @blp.route(f"/imports/{name}/template", methods=["GET"], endpoint=f"get_{name}_template")
    @blp.arguments(ExportArgs, location="query")
    @blp.response(200, BYTES, content_type=CSV)
    @blp.alt_response(200, schema=BYTES, content_type=XLSX, success=True)
    @blp.doc(summary=f"An empty file for {name}, with one line as an example")
    def template(args: dict[str, Any]) -> Response:
        return sent(table, args, partial(exporting.template, table))


for _table in TABLES.values():
    _register(_table)

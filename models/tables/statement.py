"""A statement as a table: its lines, what of them is from earlier periods, and what is owed."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from models.stock.keepers_statement.moved import COLUMNS
from models.stock.rows import Move
from models.tables.catalogue import NAME
from models.tables.cells import Cell
from models.tables.description import Column, Table
from models.tables.kinds import Amount, Choice, Words

SECTIONS = Choice(
    {
        "month": Words("month", "本期"),
        "earlier": Words("of which earlier", "其中前期"),
        "owed": Words("owed", "欠还旧件"),
    }
)
QUANTITY = Amount()
TOLD = {
    "opening": (Words("opening", "期初结存"), Words("What was there.", "期初账面数量。")),
    "received": (Words("received", "收入"), Words("Received.", "签收的数量。")),
    "used": (Words("used", "消耗"), Words("Used at customers.", "用于客户现场的数量。")),
    "handed_on": (Words("handed on", "转出"), Words("To other vans.", "转交其他车载库的数量。")),
    "returned": (Words("returned", "退库"), Words("Returned to stores.", "退回仓库的数量。")),
    "counted": (Words("counted", "盘盈盘亏"), Words("By counts.", "盘点和调整的差额。")),
    "other": (Words("other", "其他"), Words("Covers, scrap.", "差异、报废等。")),
    "closing": (Words("closing", "期末结存"), Words("What is there.", "期末账面数量。")),
    "quantity": (Words("owed", "欠还数量"), Words("Old parts owed.", "尚未返还的旧件数量。")),
}


def _text(name: str, heading: Words, means: Words, kind: Any = NAME) -> Column:
    return Column(name, heading, means, Words("", ""), kind, None, required=False)


STATEMENT = Table(
    name="statement",
    title=Words("Statement", "对账单"),
    means=Words("What somebody held, got, used and gave back.", "保管人当月的备件收发存。"),
    row=Move,
    rows=Move,
    writers=(),
    columns=(
        _text("section", Words("section", "部分"),
              Words("Of the month, of which from earlier, or owed.", "本期、其中前期或欠还。"),
              SECTIONS),
        _text("period", Words("period", "期间"), Words("In which it happened.", "发生的期间。")),
        _text("place_code", Words("place code", "库位编号"), Words("Where.", "所在库位。")),
        _text("part_code", Words("part code", "备件编号"), Words("Of what.", "备件。")),
        _text("part_name", Words("part name", "备件名称"), Words("Its name.", "备件名称。")),
        _text("unit", Words("unit", "单位"), Words("Counted in.", "计量单位。")),
        *(_text(name, *words, QUANTITY) for name, words in TOLD.items()),
    ),
)  # fmt: skip


def rows(content: Mapping[str, Any], lang: str) -> Iterator[Sequence[Cell]]:
    """The statement's rows under the table's headings."""
    month = {"section": "month", "period": content["month"]}
    for line in content["lines"]:
        yield _cells({**month, **line}, lang)
    for line in content["earlier"]:
        yield _cells({**line, "section": "earlier"}, lang)
    for debt in content["debts"]:
        yield _cells({**debt, "section": "owed"}, lang)


def _cells(line: Mapping[str, Any], lang: str) -> list[Cell]:
    return [_cell(column, line.get(column.name), lang) for column in STATEMENT.columns]


def _cell(column: Column, value: Any, lang: str) -> Cell:
    if value is None:
        return None
    return column.kind.cell(Decimal(value) if column.kind is QUANTITY else value, lang)


assert set(COLUMNS) < TOLD.keys()

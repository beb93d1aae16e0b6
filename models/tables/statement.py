"""A statement as a table: its lines, what of them is from earlier periods, and what is open."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from models.stock.rows import Move
from models.stock.statement.keeper_moves import COLUMNS
from models.tables.catalogue import NAME
from models.tables.cells import Cell
from models.tables.description import Column, Table
from models.tables.journals import ORDER
from models.tables.kinds import Amount, Choice, Words

SECTIONS = Choice(  # by their names in the content
    {
        "lines": Words("month", "本期"),
        "earlier": Words("of which earlier", "其中前期"),
        "debts": Words("owed", "欠还旧件"),
        "orders": Words("open orders", "未发订单"),
        "returns": Words("open returns", "未到退货"),
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


def _statement(name: str, means: Words, *columns: Column) -> Table:
    return Table(
        name=name,
        title=Words("Statement", "对账单"),
        means=means,
        row=Move,
        rows=Move,
        writers=(),
        columns=(
            _text("section", Words("section", "部分"),
                  Words("Of the month, of which from earlier, or open.", "本期、其中前期或未结。"),
                  SECTIONS),
            _text("period", Words("period", "期间"),
                  Words("In which it happened.", "发生的期间。")),
            *columns,
        ),
    )  # fmt: skip


PART = (
    _text("part_code", Words("part code", "备件编号"), Words("Of what.", "备件。")),
    _text("part_name", Words("part name", "备件名称"), Words("Its name.", "备件名称。")),
    _text("unit", Words("unit", "单位"), Words("Counted in.", "计量单位。")),
)
STATEMENT = _statement(
    "statement",
    Words("What somebody held, got, used and gave back.", "保管人当月的备件收发存。"),
    _text("place_code", Words("place code", "库位编号"), Words("Where.", "所在库位。")),
    *PART,
    *(_text(name, *words, QUANTITY) for name, words in TOLD.items()),
)
CUSTOMER_STATEMENT = _statement(
    "customer-statement",
    Words("What a customer got and sent back.", "客户当月的发货与退货。"),
    *PART,
    _text("serial", Words("serial", "序列号"), Words("Of a piece.", "单件的序列号。")),
    _text("sold", Words("sold", "销售"), Words("Shipped, sold.", "已发的销售数量。"), QUANTITY),
    _text("guarantee", Words("guarantee", "三包更换"),
          Words("Shipped in the guarantee period.", "已发的三包更换数量。"), QUANTITY),
    _text("returned", Words("returned", "退回"),
          Words("Accepted.", "已验收的退货数量。"), QUANTITY),
    _text("asked", Words("asked", "申请日期"), Words("When it was asked for.", "申请的日期。")),
    _text("kind", Words("sold or guarantee", "销售或三包"),
          Words("What an open order is for.", "未发订单的类别。"), ORDER),
    _text("quantity", Words("open", "未结数量"),
          Words("Not shipped, or not come yet.", "未发或未到的数量。"), QUANTITY),
)  # fmt: skip


def rows(table: Table, content: Mapping[str, Any], lang: str) -> Iterator[Sequence[Cell]]:
    """The statement's rows under the table's headings."""
    for section in SECTIONS.words:
        period = content["month"] if section == "lines" else None
        for line in content.get(section, ()):
            told = {"period": period, **line, "section": section}
            yield [_cell(column, told.get(column.name), lang) for column in table.columns]


def _cell(column: Column, value: Any, lang: str) -> Cell:
    if value is None:
        return None
    return column.kind.cell(Decimal(value) if column.kind is QUANTITY else value, lang)


assert set(COLUMNS) < TOLD.keys()

"""What the documentation says of the tables, made from their descriptions."""

from models.tables.catalogue import TABLES
from models.tables.description import Column, Table
from models.tables.problems import KINDS


def as_markdown() -> str:
    """The part of docs/import.md that follows from the descriptions and the catalogue."""
    tables = [_table(table) for table in TABLES.values()]
    return "\n".join([*tables, _problems()])


def columns_table(table: Table) -> str:
    """The table's columns in Markdown."""
    lines = [
        "| heading | 中文 | what it means | what may stand there | needed |",
        "|---|---|---|---|---|",
    ]
    lines += [_column(column) for column in table.columns]
    return "\n".join(lines) + "\n"


def _column(column: Column) -> str:
    needed = "yes" if column.required else "-"
    name = f"**{column.heading.en}**" if column.key else column.heading.en
    says = column.kind.says.en
    return f"| {name} | {column.heading.zh} | {column.means.en} | {says} | {needed} |"


def _table(table: Table) -> str:
    title = f"### {table.title.en} {table.title.zh}: `{table.name}`"
    key = " + ".join(column.heading.en for column in table.key)
    return f"{title}\n\n{table.means.en} Known by: {key}.\n\n{columns_table(table)}"


def _problems() -> str:
    lines = ["### What can be wrong", "", "| code | what is said | what to do |", "|---|---|---|"]
    lines += [f"| `{code}` | {kind.sentence} | {kind.remedy} |" for code, kind in KINDS.items()]
    return "\n".join(lines) + "\n"

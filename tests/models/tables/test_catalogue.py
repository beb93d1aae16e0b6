"""The descriptions hold together, and the documentation says what they say."""

from pathlib import Path

import pytest

from models.tables import limits
from models.tables.catalogue import TABLES
from models.tables.description import Table
from models.tables.headings import _folded
from models.tables.kinds import Words
from models.tables.pages import as_markdown
from sync import limits as protocol

DOCUMENT = Path(__file__).parents[3] / "docs" / "import.md"
every_table = pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)


@every_table
def test_no_heading_means_two_columns(table: Table) -> None:
    meant: dict[str, str] = {}
    for column in table.columns:
        for heading in column.headings:
            assert meant.setdefault(_folded(heading), column.name) == column.name


@every_table
def test_every_column_is_told_in_both_languages(table: Table) -> None:
    for words in [
        table.title,
        table.means,
        *(words for column in table.columns for words in (column.heading, column.means)),
        *(column.kind.says for column in table.columns),
    ]:
        assert isinstance(words, Words)
        assert words.en
        assert words.zh


@every_table
def test_every_example_can_be_read(table: Table) -> None:
    for column in table.columns:
        for example in column.example:
            assert example or not column.required
            if example:
                column.kind.read(example)


@every_table
def test_keys_and_references_name_what_is_there(table: Table) -> None:
    names = {column.name for column in table.columns}
    assert table.key
    for reference in table.references:
        assert hasattr(table.row, reference.field)
        assert names.issuperset(reference.columns)
        assert len(reference.levels) == len(reference.columns)
    if table.references or table.kept:
        assert all(hasattr(table.row, column.name) for column in table.own)
    if table.kept:
        assert table.kept.row is table.row
        assert set(table.kept.settled) <= {column.name for column in table.own}


def test_the_limits_are_those_of_the_protocol() -> None:
    assert limits.name_length_max == protocol.name_length_max
    assert limits.text_length_max == protocol.text_length_max


def test_the_page_says_what_the_descriptions_say() -> None:
    assert as_markdown() in DOCUMENT.read_text()

"""What can be wrong with a file, cell by cell: a catalogue, and what collects its entries."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple, NoReturn

from models.tables import limits

FOUND_LENGTH_MAX = 60


class ProblemKind(NamedTuple):
    """A sentence and its remedy; what stands in braces is filled in."""

    sentence: str
    remedy: str


KINDS = {
    "file.empty": ProblemKind(
        "there is no heading", "Begin with the template: it has the headings."
    ),
    "file.not_text": ProblemKind(
        "this is neither UTF-8 nor GB18030", "Save the file as CSV UTF-8, or as XLSX."
    ),
    "file.encoding": ProblemKind(
        "this can be read as UTF-8 and as GB18030 alike",
        "Say which it is (--encoding, or charset= in the Content-Type), or save as CSV UTF-8.",
    ),
    "file.old_format": ProblemKind(
        "this is the format of before 2007", "Save the file as XLSX."
    ),
    "file.damaged": ProblemKind(
        "the file cannot be read: {reason}", "Save it anew as XLSX or CSV, without a password."
    ),
    "file.unfolds": ProblemKind(
        "the file unfolds to more than {most} bytes", "Split the file, or save it as CSV."
    ),
    "file.lines": ProblemKind("there are more than {most} lines", "Split the file."),
    "file.quotes": ProblemKind(
        "the quotation marks do not fit: {reason}",
        'Put a cell that holds a quotation mark into "…", and double the one inside.',
    ),
    "heading.unknown": ProblemKind(
        "no column is called that; the nearest is {nearest}",
        "Use {nearest}, or delete the column. Known are: {known}.",
    ),
    "heading.twice": ProblemKind(
        "the column is there twice", "Keep one of the two; English and Chinese mean the same."
    ),
    "heading.missing": ProblemKind(
        "the column {heading} is missing", "Add it; every line needs it."
    ),
    "heading.none": ProblemKind(
        "there is no heading above this cell", "Name the column, or empty it."
    ),
    "cell.needed": ProblemKind("this must not be empty", "Fill it in, for example: {example}."),
    "cell.too_long": ProblemKind(
        "{length} characters are too many", "Shorten it to at most {longest}."
    ),
    "cell.control": ProblemKind(
        "it holds the character {mark}, which cannot be kept", "Type the cell anew."
    ),
    "cell.formula": ProblemKind(
        "this is a formula", "Copy the column and paste it as values."
    ),
    "cell.error": ProblemKind("the spreadsheet shows an error here", "Correct its formula."),
    "cell.became_number": ProblemKind(
        "the spreadsheet has made a number of this and lost digits",
        "Format the column as text and type the value anew; if it is really written so, put an "
        "apostrophe before it.",
    ),
    "cell.became_date": ProblemKind(
        "the spreadsheet has made a date of this",
        "Format the column as text and type the value anew.",
    ),
    "cell.no_date": ProblemKind(
        "this is no date", "Write year, month and day, for example 2026-11-22."
    ),
    "cell.impossible_date": ProblemKind(
        "there is no such day", "Look at month and day: the order is year, month, day."
    ),
    "cell.no_quantity": ProblemKind(
        "this is no quantity",
        "Write a number above zero, at most 9 digits and 3 decimals, for example 12 or 0.5.",
    ),
    "cell.no_level": ProblemKind(
        "this is no level",
        "Write 0 or a number above it, at most 9 digits and 3 decimals, for example 2 or 0.5.",
    ),
    "cell.no_choice": ProblemKind("this is none of the possible words", "Write one of: {words}."),
    "cell.no_zone": ProblemKind(
        "there is no such time zone", "Write for instance Asia/Shanghai."
    ),
    "cell.no_pairs": ProblemKind(
        "these are no names with values", "Write for instance local_hours=4; out_of_town_days=2."
    ),
    "cell.refused": ProblemKind("{why}", "Correct it, and import the file again."),
    "cell.unknown": ProblemKind(
        "there is no {what} of that name", "Check the spelling, or import it first."
    ),
    "cell.ambiguous": ProblemKind(
        "several have that name: {what}", "Give each a name of its own first."
    ),
    "key.twice": ProblemKind(
        "the file has this already in line {line}", "Delete one of the two lines."
    ),
    "cell.settled": ProblemKind(
        "this can no longer be changed: something is booked on it ({now})",
        "Leave it as it is, or add another with a code of its own.",
    ),
    "place.not_physical": ProblemKind(
        "nothing can lie at a place of this kind", "Name a warehouse, a van or a store."
    ),
    "stock.tracking": ProblemKind(
        "the part is tracked by {tracking}",
        "Give a serial number where each piece has one, a lot where the part has lots, and "
        "neither elsewhere.",
    ),
    "stock.one_piece": ProblemKind(
        "a serial number is one piece", "Write 1, and one line for each piece."
    ),
    "stock.elsewhere": ProblemKind(
        "this piece is known already, and is {where}",
        "Check the number; what is known moves by transfer, receipt or count.",
    ),
    "stock.opened": ProblemKind(
        "its book has begun already, and {held} lie there",
        "Books are opened once; what differs now is counted, received or shipped.",
    ),
}  # fmt: skip


class Wrong(Exception):
    """A cell cannot be what its column wants; the catalogue's code and what its sentence names."""

    def __init__(self, code: str, **named: Any) -> None:
        super().__init__(code)
        self.code = code
        self.named = named


@dataclass(frozen=True, slots=True, order=True)
class CellProblem:
    """One thing that is wrong: in which line (as a spreadsheet counts rows), in which column."""

    line: int
    position: int  # of the column, from 0
    column: str | None
    code: str
    found: str
    message: str
    remedy: str

    @property
    def cell(self) -> str:
        """The cell as spreadsheets name it, for instance D7."""
        return f"{letters(self.position)}{self.line}"

    def told(self) -> dict[str, Any]:
        """The problem as JSON."""
        values = asdict(self)
        del values["position"]
        return {**values, "cell": self.cell}


def letters(position: int) -> str:
    """A column's letters by its position from 0: A, B, … Z, AA …"""
    name = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


class FileRefused(Exception):
    """Something in the file is wrong, so nothing of it was written.

    `problems` are the first ones by line, `count` tells how many there are in all.
    """

    def __init__(self, problems: Sequence[CellProblem], count: int) -> None:
        super().__init__(f"{count} problems")
        self.problems = problems
        self.count = count

    @property
    def more(self) -> int:
        """How many there are beside those that are named."""
        return self.count - len(self.problems)


def refuse(line: int, code: str, **named: Any) -> NoReturn:
    """Raises FileRefused: the file cannot be read beyond this line."""
    problems = Problems()
    problems.add(line, 0, None, Wrong(code, **named))
    raise FileRefused(problems.kept, problems.count)


@dataclass
class Problems:
    """Collects problems: keeps the first `shown` that it is told, and counts all."""

    shown: int = limits.problems_shown
    kept: list[CellProblem] = field(default_factory=list)
    count: int = 0

    def add(
        self, line: int, position: int, column: str | None, wrong: Wrong, found: object = ""
    ) -> None:
        """Take in what is wrong with a cell."""
        self.count += 1
        if len(self.kept) < self.shown:
            kind = KINDS[wrong.code]
            message, remedy = (words.format(**wrong.named) for words in kind)
            problem = CellProblem(
                line, position, column, wrong.code, _short(found), message, remedy
            )
            self.kept.append(problem)

    def and_of(self, later: "Problems") -> "Problems":
        """These and those of a later look at the same lines; the first ones by line are kept."""
        kept = sorted([*self.kept, *later.kept])[: self.shown]
        return Problems(self.shown, kept, self.count + later.count)

    def refuse(self) -> None:
        """Raises FileRefused if there is any problem."""
        if self.count:
            raise FileRefused(sorted(self.kept), self.count)


def _short(found: object) -> str:
    text = "" if found is None else str(found)
    text = text.encode("utf-8", "backslashreplace").decode()  # lone surrogates
    return text if len(text) <= FOUND_LENGTH_MAX else text[: FOUND_LENGTH_MAX - 1] + "…"

"""Writes the parts of these pages that follow from the code: `make docs`.

Such a part stands between two marks; what stands around it is written by hand. The schemas of the
protocol are files of their own.
"""

import json
from collections.abc import Callable
from pathlib import Path

from api import rights
from models import diagram, finding_kinds, refusals, settings
from models.tables import pages
from simulation import faults
from sync import schemas
from sync.facts import telling

HERE = Path(__file__).parent
BEGIN, END = "<!-- made by `make docs` -->\n", "<!-- until here -->\n"

MADE: dict[str, Callable[[], str]] = {
    "configuration.md": settings.as_markdown,
    "data-model.md": diagram.as_markdown,
    "facts.md": telling.as_markdown,
    "findings.md": finding_kinds.as_markdown,
    "import.md": pages.as_markdown,
    "protocol.md": schemas.as_markdown,
    "refusals.md": refusals.as_markdown,
    "rights.md": rights.as_markdown,
    "simulation.md": faults.as_markdown,
}


def schema_files() -> dict[Path, str]:
    """The schemas of facts and documents, by file."""
    return {
        HERE / "protocol" / name: json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
        for name, schema in schemas.all_schemas().items()
    }


def made(text: str, part: str) -> str:
    """The page with its part made anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{part.strip()}\n\n{END}{after}"


def main() -> None:
    """Make the part of every page that has one, and every schema."""
    for name, part in MADE.items():
        page = HERE / name
        page.write_text(made(page.read_text(), part()))
    files = schema_files()
    for file in (HERE / "protocol").glob("*.schema.json"):
        if file not in files:
            file.unlink()
    for file, text in files.items():
        file.write_text(text)


if __name__ == "__main__":
    main()

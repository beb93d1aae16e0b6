"""Writes the parts of these pages that follow from the code: `make docs`.

Such a part stands between two marks; what stands around it is written by hand. A page may have
several. The schemas of the protocol are files of their own.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from api import rights
from models import diagram, finding_kinds, refusals, settings
from models.tables import pages
from simulation import faults
from sync import schemas
from sync.facts import telling
from tests.simulation import bugs

HERE = Path(__file__).parent
BEGIN, END = "<!-- made by `make docs` -->\n", "<!-- until here -->\n"

MADE: dict[str, tuple[Callable[[], str], ...]] = {
    "configuration.md": (settings.as_markdown,),
    "data-model.md": (diagram.as_markdown,),
    "facts.md": (telling.as_markdown,),
    "findings.md": (finding_kinds.as_markdown,),
    "import.md": (pages.as_markdown,),
    "protocol.md": (schemas.as_markdown,),
    "refusals.md": (refusals.as_markdown,),
    "rights.md": (rights.as_markdown,),
    "simulation.md": (faults.as_markdown, bugs.as_markdown),
}


def schema_files() -> dict[Path, str]:
    """The schemas of facts and documents, by file."""
    return {
        HERE / "protocol" / name: json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
        for name, schema in schemas.all_schemas().items()
    }


def parts_of(name: str) -> list[str]:
    """The made parts of the page, in their order."""
    return [part() for part in MADE[name]]


def made(text: str, parts: Iterable[str]) -> str:
    """The page with its parts made anew. Raises ValueError if it has more or fewer places."""
    whole, *places = text.split(BEGIN)
    for part, place in zip(parts, places, strict=True):
        _, _, after = place.partition(END)
        whole += f"{BEGIN}\n{part.strip()}\n\n{END}{after}"
    return whole


def main() -> None:
    """Make the parts of every page that has some, and every schema."""
    for name in MADE:
        page = HERE / name
        page.write_text(made(page.read_text(), parts_of(name)))
    files = schema_files()
    for file in (HERE / "protocol").glob("*.schema.json"):
        if file not in files:
            file.unlink()
    for file, text in files.items():
        file.write_text(text)


if __name__ == "__main__":
    main()

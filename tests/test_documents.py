"""What the pages say is so: their commands run, their answers have the shape that they show, their
links lead somewhere, and what follows from the code is up to date."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from cli.run import is_first
from cli.sampling.tables.customers import CUSTOMERS
from cli.secrets import SAMPLE_PASSWORD_FILE
from docs.generate import MADE, made, parts_of, schema_files
from models.customers import Customer
from models.house import House
from tests.chaos import wait_until
from tests.cli.conftest import Run, kept, starting

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"(?P<above>[^\n]*)\n```(?P<language>\w*)\n(?P<body>.*?)\n?```\n", re.DOTALL)
NOT_RUN = re.compile(r"<!-- not run: .{5,} -->")
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")
ANY = "…"
SECONDS = 300


@dataclass(frozen=True)
class Block:
    """A fenced block; `shown` is the answer that stands below it, if any."""

    language: str
    body: str
    shown: str | None
    runs: bool


def blocks_of(page: Path) -> list[Block]:
    """The blocks of the page, in order."""
    found = list(FENCE.finditer("\n" + page.read_text()))
    blocks = []
    for number, one in enumerate(found):
        below = found[number + 1] if number + 1 < len(found) else None
        answered = below is not None and below["language"] == "json"
        near = below is not None and below.start() - one.end() < 2
        runs = one["language"] in ("sh", "console") and not NOT_RUN.match(one["above"])
        shown = below["body"] if below is not None and answered and near else None
        body = typed(one["body"]) if one["language"] == "console" else one["body"]
        blocks.append(Block(one["language"], body, shown, runs))
    return blocks


def typed(session: str) -> str:
    """What was typed in the session, without what was answered."""
    return "\n".join(line[2:] for line in session.splitlines() if line.startswith("$ "))


def shape(value: Any) -> Any:
    """What kind of value it is, all the way down."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return [shape(one) for one in value[:1]]
    return "number" if isinstance(value, float) else type(value).__name__


def fits(shown: Any, seen: Any) -> bool:
    """Whether what was seen has the shape that is shown; `…` stands for anything, and for more."""
    if shown == ANY:
        return True
    if isinstance(shown, dict) and isinstance(seen, dict):
        named = {name for name in shown if name != ANY}
        enough = named <= set(seen) if ANY in shown else named == set(seen)
        return enough and all(fits(shown[name], seen[name]) for name in named)
    if isinstance(shown, list) and isinstance(seen, list):
        return bool(shown) == bool(seen) and all(fits(shown[0], one) for one in seen)
    numbers = isinstance(shown, int | float) and isinstance(seen, int | float)
    return numbers or type(shown) is type(seen)


WITH_COMMANDS = [page for page in PAGES if any(block.runs for block in blocks_of(page))]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """What `make run` starts, with the small sample company, for all pages."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / ".venv").symlink_to(sys.prefix)
    with starting(folder) as start:
        run = start(ONSITE_HOME=str(folder / ".onsite"), ONSITE_SAMPLE="small")
        run.wait_until_started()
        yield run


@pytest.fixture
def shell(run: Run) -> "Shell":
    return Shell(run)


@dataclass(frozen=True)
class Shell:
    """A shell beside the run, for the blocks of one page."""

    run: Run

    def answers(self, blocks: list[Block]) -> list[str]:
        """What each block said. All of them must succeed."""
        folder = self.run.settings.home.parent
        for number in range(len(blocks)):
            (folder / f"{number}.out").unlink(missing_ok=True)
        lines = ["set -eu -o pipefail"]
        for number, block in enumerate(blocks):
            lines += ["{", self._here(block.body), f"}} > {number}.out"]
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-c", "\n".join(lines)],
            cwd=folder,
            env=kept() | self.run.variables | {"PATH": path},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        outputs = [folder / f"{number}.out" for number in range(len(blocks))]
        said = [one.read_text() if one.exists() else "not reached" for one in outputs]
        assert done.returncode == 0, "\n".join([*said, done.stderr])
        return said

    def _here(self, text: str) -> str:
        return text.replace("127.0.0.1:8000", f"127.0.0.1:{self.run.settings.port}")


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: page.name)
def test_the_commands_of_a_page_run_and_answer_as_it_shows(shell: Shell, page: Path) -> None:
    log_in = [] if page == PAGES[0] else [blocks_with("TOKEN=", PAGES[0])]
    blocks = [*log_in, *(block for block in blocks_of(page) if block.runs)]
    for block, said in zip(blocks, shell.answers(blocks), strict=True):
        if block.shown is not None:
            shown, seen = json.loads(block.shown), json.loads(said)
            assert fits(shown, seen), (shape(shown), shape(seen), said)


def test_the_first_start_has_made_the_sample_company_and_the_second_will_not(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "ONSITE_SAMPLE=0" in run.log.read_text()
    # It answers a moment before it says so.
    wait_until(lambda: str(run.settings.home / SAMPLE_PASSWORD_FILE) in run.log.read_text())
    invented = [one.name for one in CUSTOMERS]  # A page brings others.
    made = select(func.count(Customer.id)).where(Customer.name.in_(invented))
    house = House.open(run.settings)
    assert house.database.read(lambda session: session.scalar(made)) == 12
    house.close()
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert not is_first(run.settings)


def blocks_with(word: str, page: Path) -> Block:
    """The block of the page that has the word."""
    (block,) = [block for block in blocks_of(page) if f"\n{word}" in block.body]
    return block


def test_the_pages_show_requests_and_answers() -> None:
    blocks = [block for page in WITH_COMMANDS for block in blocks_of(page)]
    assert len([block for block in blocks if block.runs]) >= 8
    assert len([block for block in blocks if block.shown]) >= 3


@pytest.mark.parametrize(
    ("shown", "seen"),
    [
        ('{"a": 1}', '{"a": 1, "b": 2}'),
        ('{"a": 1, "…": "…"}', '{"b": 2}'),
        ('{"a": "x"}', '{"a": null}'),
        ('{"items": [{"a": 1}]}', '{"items": []}'),
        ("[1]", '["x"]'),
    ],
)
def test_another_shape_is_seen(shown: str, seen: str) -> None:
    assert not fits(json.loads(shown), json.loads(seen))


@pytest.mark.parametrize("name", MADE)
def test_what_follows_from_the_code_is_up_to_date(name: str) -> None:
    text = (ROOT / "docs" / name).read_text()
    assert made(text, parts_of(name)) == text, "run: make docs"


def test_the_schemas_of_the_protocol_are_up_to_date() -> None:
    there = {file: file.read_text() for file in (ROOT / "docs/protocol").glob("*.schema.json")}
    assert there == schema_files(), "run: make docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    links = LINK.findall(page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_index_names_every_page() -> None:
    named = set(LINK.findall((ROOT / "docs" / "README.md").read_text()))
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert pages - named == set()

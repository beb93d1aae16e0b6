"""What no linter knows: where in this house a thing may be done, and how large it may grow.

Each rule reads one file's syntax tree and yields what it finds. A rule that could never fail would
prove nothing, so each is also shown a snippet that breaks it.
"""

import ast
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[1]
FILE_LINES_MAX = 400
TEST_FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 60
FILE_LINES_MEDIAN = 100
FUNCTION_LINES_MEDIAN = 8

Offence = tuple[int, str]
Rule = Callable[[str, ast.Module], Iterable[Offence]]

# The functions that may catch an exception of any kind, and why.
CATCHES_ALL = {
    ("api/patience.py", "_answer"): "whoever asked is told, in the thread where they wait",
    ("simulation/running.py", "play"): "whatever a history makes the program raise is a failure",
    (
        "sync/exchange.py",
        "judge_at_once",
    ): "a visit that fails must not hold up the others",
    ("sync/folds.py", "_fold_entries"): "a fact whose effect raises is held, the others count",
    ("sync/folds.py", "_fold_alone"): "a fact whose effect raises is held, the others count",
    ("sync/folds.py", "whole_as_folded"): "a fact whose effect raises is held, the others count",
    ("sync/folds.py", "_first_raising"): "it is looked for the fact that raises, whatever it is",
    ("worker/developing.py", "develop"): "a decoder raises anything on bytes that anybody sent",
    ("worker/exif.py", "_understood"): "cameras break EXIF in every way, and no photo for it",
    ("worker/darkroom.py", "_be_the_child"): "a child that fails must not go on as its parent",
    ("sync/working.py", "perform"): "the row keeps the error before it goes on to the queue",
    ("sync/working.py", "_try"): "work that failed is offered again and must not stop the rest",
}


def within(path: str, *places: str) -> bool:
    """Whether the path is one of the places, or lies in one that ends with a slash."""
    return any(
        path == place or (place.endswith("/") and path.startswith(place)) for place in places
    )


@cache
def nodes_of(tree: ast.Module) -> list[ast.AST]:
    """Everything in the tree, which every rule looks through."""
    return list(ast.walk(tree))


def imported_names(tree: ast.Module) -> dict[str, str]:
    """What each imported name stands for, so that an alias hides nothing."""
    names: dict[str, str] = {}
    for node in nodes_of(tree):
        if isinstance(node, ast.Import):
            names |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {
                alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names
            }
    return names


def dotted(node: ast.expr) -> str | None:
    """`a.b.c` as text, if that is what it is."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (base := dotted(node.value)):
        return f"{base}.{node.attr}"
    return None


@cache
def used_names(tree: ast.Module) -> set[tuple[int, str]]:
    """Every name that is used, and where, written out from its import."""
    imported = imported_names(tree)
    used = set()
    for node in nodes_of(tree):
        if isinstance(node, ast.Name | ast.Attribute) and (text := dotted(node)):
            first, dot, rest = text.partition(".")
            used.add((node.lineno, imported.get(first, first) + dot + rest))
    return used


def uses(tree: ast.Module, pattern: str) -> Iterator[Offence]:
    yield from sorted(used for used in used_names(tree) if re.fullmatch(pattern, used[1]))


# --- The rules --------------------------------------------------------------


def one_place_commits(path: str, tree: ast.Module) -> Iterable[Offence]:
    if within(path, "models/database.py"):
        return
    for node in nodes_of(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"commit", "rollback"}:
            yield node.lineno, f".{node.attr}"


def one_place_reads_the_clock(path: str, tree: ast.Module) -> Iterable[Offence]:
    if within(path, "models/clock.py"):
        return
    duration = r"time\.(monotonic|perf_counter)(_ns)?"
    if not within(path, "bench/", "cli/", "tests/"):
        yield from uses(tree, duration)
    yield from uses(tree, r"time\.(time|time_ns|sleep|localtime|gmtime|strftime)")
    yield from uses(tree, r"datetime\.((datetime|date)\.)?(now|utcnow|today)")


def one_place_draws_randomness(path: str, tree: ast.Module) -> Iterable[Offence]:
    if within(path, "models/ids.py", "tests/"):
        return
    yield from uses(tree, r"uuid\.uuid[1-7]|(random|secrets)\..+|os\.(urandom|getrandom)")


def doors_read_the_environment(path: str, tree: ast.Module) -> Iterable[Offence]:
    doors = ("cli/", "tests/", "api/app.py", "api/serving.py", "worker/app.py")
    if within(path, *doors, "worker/__main__.py", "worker/cron.py", "migrations/env.py"):
        return
    yield from uses(tree, r"os\.(environb?|getenvb?|putenv)(\..+)?")


def one_place_tells_databases_apart(path: str, tree: ast.Module) -> Iterable[Offence]:
    if within(path, "models/dialect.py", "migrations/env.py"):
        return
    for node in nodes_of(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute | ast.Name):
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else node.value.id
            if owner == "dialect" and node.attr in {"name", "driver"}:
                yield node.lineno, "dialect." + node.attr
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(isinstance(side, ast.Attribute) and side.attr == "dialect" for side in sides):
                yield node.lineno, "a comparison with .dialect"


def nothing_catches_everything(path: str, tree: ast.Module) -> Iterable[Offence]:
    allowed = {
        node
        for function in functions_of(tree)
        if (path, function.name) in CATCHES_ALL
        for node in ast.walk(function)
    }
    for node in nodes_of(tree):
        if isinstance(node, ast.ExceptHandler) and node not in allowed:
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if any(kind is None or dotted(kind) in EVERYTHING for kind in caught):
                yield node.lineno, "catches everything"


EVERYTHING = {"Exception", "BaseException"}


def functions_are_short(path: str, tree: ast.Module) -> Iterable[Offence]:
    for function in functions_of(tree):
        if length(function) > FUNCTION_LINES_MAX and not within(path, "migrations/versions/"):
            yield function.lineno, f"{function.name} has {length(function)} lines"


def files_are_short(path: str, tree: ast.Module) -> Iterable[Offence]:
    most = TEST_FILE_LINES_MAX if within(path, "tests/") else FILE_LINES_MAX
    lines = last_line(tree)
    if lines > most and not within(path, "migrations/versions/"):
        yield most, f"has {lines} lines"


# --- Measures ---------------------------------------------------------------

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions_of(tree: ast.Module) -> list[Function]:
    return [node for node in nodes_of(tree) if isinstance(node, Function)]


def length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def last_line(tree: ast.Module) -> int:
    return (tree.body[-1].end_lineno or 0) if tree.body else 0


# --- The files --------------------------------------------------------------


@cache
def sources() -> dict[str, ast.Module]:
    """Every Python file of the project, parsed."""
    paths = sorted(path for path in listed() if (ROOT / path).is_file())
    return {path: ast.parse((ROOT / path).read_text(), path) for path in paths}


def listed() -> list[str]:
    """What git knows or would know; in an archive without git, what lies in a visible folder."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", "*.py"]
    if (ROOT / ".git").exists():
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        return done.stdout.splitlines()
    tops = [path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")]
    return [str(path.relative_to(ROOT)) for top in tops for path in top.rglob("*.py")]


def program() -> dict[str, ast.Module]:
    """The files that run in production."""
    return {path: tree for path, tree in sources().items() if not within(path, *NOT_PROGRAM)}


NOT_PROGRAM = ("tests/", "bench/", "migrations/")

RULES: tuple[Rule, ...] = (
    one_place_commits,
    one_place_reads_the_clock,
    one_place_draws_randomness,
    doors_read_the_environment,
    one_place_tells_databases_apart,
    nothing_catches_everything,
    functions_are_short,
    files_are_short,
)


@pytest.mark.parametrize("rule", RULES)
def test_every_file_keeps(rule: Rule) -> None:
    offences = [
        f"{path}:{line} {what}"
        for path, tree in sources().items()
        for line, what in rule(path, tree)
    ]
    assert offences == []


def test_most_files_are_small() -> None:
    lengths = [lines for tree in program().values() if (lines := last_line(tree)) > 1]
    assert median(lengths) <= FILE_LINES_MEDIAN


def test_most_functions_are_small() -> None:
    lengths = [length(function) for tree in program().values() for function in functions_of(tree)]
    assert median(lengths) <= FUNCTION_LINES_MEDIAN


def test_every_allowed_catch_still_exists_and_has_a_reason() -> None:
    for (path, name), reason in CATCHES_ALL.items():
        assert name in {function.name for function in functions_of(sources()[path])}
        assert len(reason.split()) > 3


# --- Each rule can fail -----------------------------------------------------

LONG_FUNCTION = "def f():\n" + "    pass\n" * FUNCTION_LINES_MAX
LONG_FILE = "x = 1\n" * (FILE_LINES_MAX + 1)


@pytest.mark.parametrize(
    ("rule", "snippet"),
    [
        (one_place_commits, "session.commit()"),
        (one_place_commits, "self.session().rollback()"),
        (one_place_reads_the_clock, "import time\ntime.time()"),
        (one_place_reads_the_clock, "from time import sleep as wait\nwait(1)"),
        (one_place_reads_the_clock, "from time import perf_counter\nperf_counter()"),
        (one_place_reads_the_clock, "import datetime as dt\ndt.datetime.now()"),
        (one_place_reads_the_clock, "from datetime import date\ndate.today()"),
        (one_place_reads_the_clock, "from datetime import datetime\nclock = datetime.utcnow"),
        (one_place_draws_randomness, "import uuid\nuuid.uuid4()"),
        (one_place_draws_randomness, "from uuid import uuid7\nuuid7()"),
        (one_place_draws_randomness, "from random import choice\nchoice([1])"),
        (one_place_draws_randomness, "import secrets\nsecrets.token_hex()"),
        (one_place_draws_randomness, "from os import urandom\nurandom(8)"),
        (doors_read_the_environment, "import os\nos.environ['A']"),
        (doors_read_the_environment, "from os import environ\nenviron.get('A')"),
        (doors_read_the_environment, "import os\nos.getenv('A')"),
        (one_place_tells_databases_apart, "if session.bind.dialect.name == 'sqlite': pass"),
        (one_place_tells_databases_apart, "if dialect.name == 'sqlite': pass"),
        (one_place_tells_databases_apart, "if engine.dialect == other: pass"),
        (nothing_catches_everything, "try: pass\nexcept Exception: pass"),
        (nothing_catches_everything, "try: pass\nexcept (ValueError, BaseException): pass"),
        (nothing_catches_everything, "try: pass\nexcept: pass"),
        (functions_are_short, LONG_FUNCTION),
        (functions_are_short, f"async {LONG_FUNCTION}"),
        (files_are_short, LONG_FILE),
    ],
)
def test_the_rule_can_fail(rule: Rule, snippet: str) -> None:
    assert list(rule("models/somewhere.py", ast.parse(snippet))) != []


@pytest.mark.parametrize(
    ("rule", "path", "snippet"),
    [
        (one_place_commits, "models/database.py", "session.commit()"),
        (one_place_reads_the_clock, "cli/x.py", "from time import perf_counter\nperf_counter()"),
        (one_place_draws_randomness, "tests/x.py", "import random\nrandom.random()"),
        (doors_read_the_environment, "api/app.py", "import os\nos.environ['A']"),
        (one_place_tells_databases_apart, "models/dialect.py", "engine.dialect.name == 'x'"),
        (nothing_catches_everything, "models/x.py", "try: pass\nexcept ValueError: pass"),
        (one_place_reads_the_clock, "models/x.py", "self.clock.now()\nclock.sleep(1)"),
        (files_are_short, "tests/x.py", LONG_FILE),
    ],
)
def test_the_rule_allows_what_it_should(rule: Rule, path: str, snippet: str) -> None:
    assert list(rule(path, ast.parse(snippet))) == []


def test_every_rule_has_been_shown_to_fail() -> None:
    marks = test_the_rule_can_fail.pytestmark  # type: ignore[attr-defined]
    assert {case[0] for case in marks[0].args[1]} == set(RULES)

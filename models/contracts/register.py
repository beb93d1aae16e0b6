"""The register: every clause of every agreement, and how it is dealt with.

One file, one line a clause: `12: how by whom - what`. A clause that is computed, enforced,
recorded, printed or reminded has a rule of time in its plan or names the part of the program that
does it: a consent or a gate that is only told does not count as done;
one that is planned names the step that will; one that is text only is marked so.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from models.contracts.making import SECTIONS, clauses_of
from models.contracts.reading import read_file

FILE = Path(__file__).parents[2] / "plans" / "register.yaml"
DONE = ("computed", "enforced", "recorded", "printed", "reminded")
STATUSES = (*DONE, "planned", "text")
TEXT_MAX = 52  # as many as are nothing but text; each further one is argued
LINE = re.compile(
    r"(?P<status>[a-z]+)(?: by (?P<by>[a-z_.]+)| (?P<argued>argued))? - (?P<words>.+)"
)


class Entry(NamedTuple):
    """One clause: how it is dealt with, by what, and what it says in a few words."""

    plan: str
    number: int
    status: str
    by: str
    words: str

    @property
    def clause(self) -> str:
        return f"{self.plan}.{self.number}"


def read(
    text: str, plans: Sequence[Mapping[str, Any]], rules: set[str]
) -> tuple[list[Entry], list[str]]:
    """The register's entries, and everything that is wrong with it, by line."""
    file = read_file(text)
    clauses = set[str]().union(*map(clauses_of, plans))
    computed = set[str]().union(*(clauses_of(_of_time(plan)) for plan in plans))
    entries: list[Entry] = []
    faults: list[str] = []
    for plan, section in file.values["agreements"].items():
        found = {}
        for key, line in section.items():
            if key != "clauses":
                entry = _entry(plan, key, line)
                found[key] = entry
                where = file.line(("agreements", plan, key))
                faults += [f"line {where}: {fault}" for fault in
                           _faults(entry, file.values["steps"], computed, rules)]  # fmt: skip
        entries += [entry for entry in found.values() if entry is not None]
        missing = {str(number) for number in range(1, section["clauses"] + 1)} - found.keys()
        faults += [f"{plan}.{number} is missing" for number in sorted(missing, key=int)]
        faults += [f"{plan}.{key} does not exist" for key in found
                   if not 1 <= int(key) <= section["clauses"]]  # fmt: skip
    listed = {entry.clause for entry in entries}
    faults += [f"{clause} stands in a plan and not in the register"
               for clause in sorted(clauses - listed)]  # fmt: skip
    return entries, [*faults, *_too_much_text(entries)]


def _of_time(plan: Mapping[str, Any]) -> dict[str, Any]:
    """What clocks and calendars act on; the other sections are told, and nothing follows yet."""
    return {name: value for name, value in plan.items() if name not in SECTIONS}


def _entry(plan: str, key: str, line: str) -> Entry | None:
    found = LINE.fullmatch(line)
    if found is None:
        return None
    return Entry(
        plan, int(key), found["status"], found["by"] or found["argued"] or "", found["words"]
    )


def _faults(
    entry: Entry | None, steps: Mapping[str, str], computed: set[str], rules: set[str]
) -> Iterator[str]:
    if entry is None:
        yield "write it like this: planned by duties - two visits a year"
        return
    if entry.status not in STATUSES:
        yield f"{entry.clause}: {entry.status} is none of {', '.join(STATUSES)}"
    if entry.status == "planned" and entry.by not in steps:
        yield f"{entry.clause}: there is no step {entry.by}; there are {', '.join(steps)}"
    if entry.status in DONE and not entry.by and entry.clause not in computed:
        yield f"{entry.clause}: its plan has no rule of time for it, and none is named"
    if entry.status in DONE and entry.by and entry.by not in rules:
        yield f"{entry.clause}: there is no rule {entry.by}"


def _too_much_text(entries: Sequence[Entry]) -> Iterator[str]:
    """Text that is not argued may be as much as is nothing but text, and no more."""
    plain = [entry for entry in entries if entry.status == "text" and not entry.by]
    if len(plain) > TEXT_MAX:
        yield f"{len(plain)} clauses are called text only, {TEXT_MAX} at most are; argue the others"


def count(entries: Sequence[Entry]) -> dict[str, int]:
    """How many clauses are dealt with in which way."""
    counted = Counter(entry.status for entry in entries)
    return {status: counted[status] for status in STATUSES} | {"all": len(entries)}

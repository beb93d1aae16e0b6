"""Reading a plan file: its values, on which line each stands, and everything that is wrong with it.

Scalars are taken as they are written: whole numbers and true or false apart, everything is text.
So 08:00 is a time and no number, and `no` is a word.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from jsonschema import Draft202012Validator

from models.contracts.checking import Fault, faults_in

SCHEMA = Path(__file__).with_name("plan.schema.json")
NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")
TEXT_MAX = 256 * 1024
At = tuple[str | int, ...]


class Problem(NamedTuple):
    """What is wrong, where, and what to do about it."""

    line: int
    field: str
    message: str
    remedy: str


class FileWrong(Exception):
    """A file of which no plan can be made. Says everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        super().__init__(f"line {first.line}: {first.message}")
        self.problems = list(problems)


@dataclass(frozen=True)
class File:
    """A file as values, and the line of each of them."""

    values: Any
    lines: Mapping[At, int]

    def line(self, at: Sequence[str | int]) -> int:
        """Where the value stands, or the innermost thing around it that stands anywhere."""
        place = tuple(at)
        while place not in self.lines:
            place = place[:-1]
        return self.lines[place]


def read_plan_file(text: str) -> dict[str, Any]:
    """The values of a plan file without anything wrong. Raises FileWrong."""
    file = read_file(text)
    found = list(problems_of(file))
    if found:
        raise FileWrong(sorted(found))
    values: dict[str, Any] = file.values
    return values


def read_file(text: str) -> File:
    """YAML as values and lines. Raises FileWrong where it is no YAML."""
    if len(text) > TEXT_MAX:
        raise FileWrong([Problem(1, "", "the file is too long", f"keep it under {TEXT_MAX} bytes")])
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else mark.line + 1
        remedy = "check indentation, colons and quotes there"
        raise FileWrong([Problem(line, "", f"no YAML: {error.problem}", remedy)]) from error
    except yaml.YAMLError as error:
        remedy = "save it as UTF-8 text without control characters"
        raise FileWrong([Problem(1, "", f"no YAML: {error}", remedy)]) from error
    if node is None:
        raise FileWrong([Problem(1, "", "the file is empty", "begin with `onsite plans new`")])
    lines: dict[At, int] = {}
    return File(_value(node, (), lines), lines)


def _value(node: yaml.Node, at: At, lines: dict[At, int]) -> Any:
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, at, lines)
    if isinstance(node, yaml.SequenceNode):
        return [_value(one, (*at, number), lines) for number, one in enumerate(node.value)]
    return _scalar(node)


def _mapping(node: yaml.MappingNode, at: At, lines: dict[At, int]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        name = str(key.value)
        if name in values:
            remedy = "keep one of them"
            raise FileWrong([Problem(line, name, f"{name} stands here twice", remedy)])
        lines[*at, name] = line
        values[name] = _value(value, (*at, name), lines)
    return values


def _scalar(node: Any) -> Any:
    text: str = node.value
    if node.style:  # quoted, or a block
        return text
    if NUMBER.fullmatch(text):
        return int(text)
    return {"true": True, "false": False}.get(text, text)


@cache
def validator() -> Draft202012Validator:
    """What checks a file against the published schema."""
    return Draft202012Validator(json.loads(SCHEMA.read_text()))


def problems_of(file: File) -> Iterator[Problem]:
    """Everything that is wrong: first by the schema, and if nothing is, by sense."""
    errors = sorted(validator().iter_errors(file.values), key=lambda error: list(error.path))
    for error in errors:
        yield _problem(file, list(error.absolute_path), *_explained(error))
    if not errors:
        for fault in faults_in(file.values):
            yield _of_fault(file, fault)


def _of_fault(file: File, fault: Fault) -> Problem:
    return _problem(file, list(fault.at), fault.message, fault.remedy)


def _problem(file: File, at: Sequence[str | int], message: str, remedy: str) -> Problem:
    return Problem(file.line(at), ".".join(map(str, at)), message, remedy)


def _explained(error: Any) -> tuple[str, str]:
    """The error of jsonschema in words, and the remedy."""
    explain = EXPLAINED.get(str(error.validator))
    if explain is not None:
        return explain(error)
    return error.message, error.schema.get("description", "see docs/plans.md")


def _lacking(error: Any) -> tuple[str, str]:
    missing = [name for name in error.validator_value if name not in error.instance]
    return f"{', '.join(missing)} missing", "every rule has its clause and its words in en and zh"


def _unknown(error: Any) -> tuple[str, str]:
    known = error.schema.get("properties", {})
    unknown = [name for name in error.instance if name not in known]
    return f"{', '.join(unknown)} is not known here", f"known are {', '.join(known)}"


def _choice(error: Any) -> tuple[str, str]:
    choices = ", ".join(map(str, error.validator_value))
    return f"{error.instance!r} is none of the choices", f"use one of {choices}"


def _form(error: Any) -> tuple[str, str]:
    described = error.schema.get("description", f"the form is {error.validator_value}")
    return f"{error.instance!r} has another form", f"write it like this: {described}"


def _either(error: Any) -> tuple[str, str]:
    if error.validator == "oneOf":
        return "a target has either `within` or `soon`", "give the figure, or the words without one"
    within = next((one for one in error.context if str(one.validator) in EXPLAINED), None)
    return (error.message, "see docs/plans.md") if within is None else _explained(within)


EXPLAINED = {
    "required": _lacking,
    "additionalProperties": _unknown,
    "enum": _choice,
    "pattern": _form,
    "anyOf": _either,
    "oneOf": _either,
}

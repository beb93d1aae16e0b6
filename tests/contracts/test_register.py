"""Every clause of every agreement is dealt with, and it can be seen how."""

import pytest

from models.contracts import register
from tests.contracts.examples import PLANS, raw_plan

RULES = {"record.sealed", "contracts"}
TEXT = """
steps: {duties: what is owed}
agreements:
  barcode-printer:
    clauses: 3
"""


def faults(lines: str) -> list[str]:
    _, found = register.read(TEXT + lines, [], RULES)
    return found


def test_every_clause_of_the_agreements_is_dealt_with() -> None:
    from cli.plans import _rules

    names = [path.stem for path in PLANS.glob("*.yaml") if path != register.FILE]
    plans = [raw_plan(name) for name in names]
    entries, found = register.read(register.FILE.read_text(), plans, _rules())
    assert found == []
    assert register.count(entries)["all"] == 545
    assert len({entry.plan for entry in entries}) == 41


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ("    1: text - a\n    2: text - b\n", "barcode-printer.3 is missing"),
        ("    1: text - a\n    2: text - b\n    3: text - c\n    4: text - d\n", "does not exist"),
        ("    1: text\n    2: text - b\n    3: text - c\n", "write it like this"),
        ("    1: done - a\n    2: text - b\n    3: text - c\n", "done is none of"),
        ("    1: planned by magic - a\n    2: text - b\n    3: text - c\n", "no step magic"),
        ("    1: computed - a\n    2: text - b\n    3: text - c\n", "its plan has no rule of time"),
        (
            "    1: recorded by hope - a\n    2: text - b\n    3: text - c\n",
            "there is no rule hope",
        ),
    ],
)
def test_what_is_wrong_in_the_register_is_told(lines: str, fault: str) -> None:
    assert any(fault in one for one in faults(lines))


def test_a_rule_that_the_register_forgets_is_told() -> None:
    _, found = register.read(TEXT + "    1: text - a\n", [raw_plan("barcode-printer")], RULES)
    assert "barcode-printer.10 stands in a plan and not in the register" in found


def test_what_is_only_told_is_not_called_done() -> None:
    plans = [raw_plan("mgmt-system-72h")]
    text = TEXT.replace("barcode-printer", "mgmt-system-72h").replace("clauses: 3", "clauses: 26")
    _, found = register.read(text + "    18: enforced - customer's check\n", plans, RULES)
    assert any("mgmt-system-72h.18: its plan has no rule of time" in one for one in found)
    _, found = register.read(text + "    9: computed - within 72 hours\n", plans, RULES)
    assert not any("mgmt-system-72h.9:" in one for one in found)


def test_no_more_is_text_than_is_nothing_but_text() -> None:
    clauses = "".join(f"    {number}: text - a\n" for number in range(1, 54))
    assert "53 clauses are called text only" in str(faults(clauses))

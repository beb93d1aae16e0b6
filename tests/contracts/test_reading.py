"""What is wrong in a plan file is told by line, with the remedy."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from models.contracts.blanks import ParameterWrong, fill
from models.contracts.making import make
from models.contracts.reading import SCHEMA, FileWrong, read_plan_file
from models.contracts.returning import (
    BEARERS,
    BORNE,
    CASES,
    ENDS,
    NEEDS,
    SHOWN_BY,
    terms_of,
)
from models.contracts.vocabulary import ASKED, CONSENTS, EVENTS, KINDS, STATES, WHY

GOOD = """plan: small
version: 1
en: Small
zh: 小
parameters:
  hours: {unit: hours, en: how many hours, zh: 小时}
asks:
  level:
    low: {en: low, zh: 低}
    high: {en: high, zh: 高}
calendars:
  office:
    en: Office
    zh: 工作时间
    week: [{days: mon-fri, hours: [09:00-12:00, 13:00-18:00]}]
    holidays: closed
targets:
  - target: arrival
    clause: small.1
    en: There in time.
    zh: 按时到场。
    when: {level: high}
    within: $hours hours
    counts: office
    until: arrived
terms:
  - {term: free, clause: small.2, en: Free., zh: 免费。, lasts: 12 months, from: paid}
returns:
  - {rule: all, clause: small.3, en: All., zh: 全部。, within: free, bears: {back: customer}}
"""


def problems(text: str) -> list[tuple[int, str]]:
    with pytest.raises(FileWrong) as refused:
        read_plan_file(text)
    for one in refused.value.problems:
        assert one.remedy
    return [(one.line, one.message) for one in refused.value.problems]


def test_a_good_file_is_read_as_it_is_written() -> None:
    raw = read_plan_file(GOOD)
    assert raw["calendars"]["office"]["week"][0]["hours"] == ["09:00-12:00", "13:00-18:00"]
    assert raw["version"] == 1


@pytest.mark.parametrize(
    ("good", "bad", "line", "message"),
    [
        ("within: $hours hours", "within: $hours hour of", 23, "has another form"),
        ("within: $hours hours", "within: $ours hours", 23, "there is no parameter $ours"),
        ("within: $hours hours", "within: $hours days", 23, "is in hours, needed is days"),
        ("within: $hours hours", "within: 0 hours", 23, "nothing is promised within 0"),
        ("within: $hours hours", "soon: {en: at once, zh: 立即}", 6, "is used nowhere"),
        ("until: arrived", "until: arived", 25, "is none of the choices"),
        ("until: arrived", "until: arrived\n    untill: arrived", 18, "untill is not known here"),
        ("    until: arrived\n", "", 18, "until missing"),
        ("counts: office", "counts: shop", 24, "there is no calendar 'shop'"),
        ("level: high", "level: hihg", 22, "'hihg' is no level of this plan"),
        ("small.1", "large.1", 19, "is a clause of another agreement"),
        ("13:00-18:00", "11:00-18:00", 15, "before the shift before it has ended"),
        ("13:00-18:00", "18:00-13:00", 15, "ends before it begins"),
        ("13:00-18:00", "13:00-25:00", 15, "has another form"),
        ("days: mon-fri", 'days: "mon-fri, wed"', 15, "stands here twice, or none does"),
        ("days: mon-fri", "days: fri-tue", 15, "stands here twice, or none does"),
        ("days: mon-fri", "days: fri-mon", 15, "has another form"),
        ("from: paid", "from: free", 27, "stands further down, or is this"),
        ("from: paid", "from: $paid", 27, "there is no parameter $paid"),
        ("within: $hours hours", "within: day 32 of the month", 23, "no month has a day 32"),
        ("{unit: hours,", "{unit: hours, choices: [few, many],", 6, "may be is known"),
        ("{unit: hours,", "{unit: hours, default: few,", 6, "'few' is no hours"),
        ("version: 1", "version: one", 2, "is not of type 'integer'"),
        ("zh: 小\n", "zh: 小\nzh: 大\n", 5, "zh stands here twice"),
        ("zh: 小\n", "zh: [小\n", 5, "no YAML"),
        ("lasts: 12 months", "lasts: 12 working days", 27, "are counted on a calendar"),
        ("en: There in time.", "en: There in time.\n    during: ever", 21, "there is no term"),
        ("within: free", "within: frei", 29, "there is no term 'frei'"),
        ("back: customer", "bakc: customer", 29, "'bakc' is none of the choices"),
        ("bears: {back: customer}", "ends: [refund]", 29, "'refund' is none of the choices"),
    ],
)
def test_what_is_wrong_is_told_by_its_line(good: str, bad: str, line: int, message: str) -> None:
    assert good in GOOD
    found = problems(GOOD.replace(good, bad))
    assert any(message in text for _, text in found), found
    assert line in [at for at, _ in found], found


def test_an_empty_file_is_told_how_to_begin() -> None:
    assert problems("") == [(1, "the file is empty")]
    assert problems("- a list\n") == [(1, "['a list'] is not of type 'object'")]


def test_a_blank_that_is_missing_or_unfit_is_named() -> None:
    raw = read_plan_file(GOOD)
    for values, name in (
        ({}, "hours"),
        ({"hours": "4"}, "hours"),
        ({"hours": 0}, "hours"),
        ({"hours": True}, "hours"),
        ({"hours": 4, "days": 2}, "days"),
    ):
        with pytest.raises(ParameterWrong) as wrong:
            make(raw, values)
        assert wrong.value.name == name
    assert make(raw, {"hours": 4}).targets[0].figure is not None


GATES = """gates:
  - {gate: paid, clause: small.2, en: Paid., zh: 款到。, orders: $which}
  - {gate: list, clause: small.2, en: Listed., zh: 清单。, orders: sold}
"""
WHICH = "parameters:\n  which: {unit: text, choices: [any, sold], en: which, zh: 哪些}\n"


@pytest.mark.parametrize(
    ("good", "bad", "message"),
    [
        ("gate: list", "gate: paid", "paid stands here twice"),
        ("$which", "$what", "there is no parameter $what"),
        ("any, sold", "any, some", "$which may hold something else"),
        ("choices: [any, sold], ", "", "$which may hold something else"),
        ("orders: sold", "orders: lent", "'lent' is none of the choices"),
        ("orders: sold", "answers: {good: {en: yes, zh: 是}}", "enough properties"),
    ],
)
def test_what_is_wrong_with_a_gate_is_told(good: str, bad: str, message: str) -> None:
    text = GOOD.replace("parameters:\n", WHICH) + GATES
    assert read_plan_file(text)["gates"]
    found = problems(text.replace(good, bad))
    assert any(message in told for _, told in found), found


@pytest.mark.parametrize(
    ("unit", "right", "wrong"),
    [
        ("hours", [1, 99_999], [0, -1, 100_000, "4", True]),
        ("day", [1, 31], [0, 32, "5"]),
        ("calendar", ["office", "running"], ["shop", "Office"]),
        ("ending", ["day", "hour", "close", "18:00", "24:00"],
         ["a time such as 18:00", "24:01", "9:00", "noon"]),
        ("event", ["reported", "visit_decided"], ["yawned"]),
        ("weekday", ["mon", "none"], ["monday"]),
        ("makeup", ["open", "closed"], ["yes"]),
        ("first day", ["counted", "not counted"], ["yes"]),
        ("yes or no", ["yes", "no"], ["open"]),
        ("shift", ["09:00-18:00", "00:00-24:00"],
         ["times such as 09:00-18:00", "18:00-09:00", "09:00-09:00", "09:00", "9-18"]),
        ("text", ["anything"], [7]),
    ],
)  # fmt: skip
def test_a_blank_holds_what_its_unit_says_and_nothing_else(
    unit: str, right: list[Any], wrong: list[Any]
) -> None:
    words = {"en": "E", "zh": "中"}
    raw = {"parameters": {"blank": {"unit": unit, **words}}, "calendars": {"office": {}}}
    for value in right:
        assert fill(raw, {"blank": value}) == {"blank": value}
    for value in wrong:
        with pytest.raises(ParameterWrong, match="has to be") as refused:
            fill(raw, {"blank": value})
        assert str(value) not in refused.value.remedy.split("such as")[0]


def test_a_text_that_lists_its_choices_is_one_of_them() -> None:
    blank = {"unit": "text", "choices": ["free", "accepted"], "en": "E", "zh": "中"}
    assert fill({"parameters": {"from": blank}}, {"from": "free"}) == {"from": "free"}
    with pytest.raises(ParameterWrong, match="has to be one of free, accepted"):
        fill({"parameters": {"from": blank}}, {"from": "once"})


def test_the_published_schema_is_one_and_lists_the_words_of_plans() -> None:
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    defined = schema["$defs"]
    assert defined["event"]["enum"] == list(EVENTS)
    assert defined["target"]["properties"]["target"]["enum"] == list(KINDS)
    assert schema["properties"]["asks"]["propertyNames"]["enum"] == list(ASKED)
    for words in (*EVENTS.values(), *KINDS.values(), *ASKED.values(), *WHY.values()):
        assert words.en.isascii()
        assert not words.zh.isascii()
    assert defined["consent"]["properties"]["consent"]["enum"] == list(CONSENTS)
    assert len(STATES) == 6
    fields = defined["return"]["properties"]
    for name, known in (("cases", CASES), ("ends", ENDS), ("needs", NEEDS), ("shown_by", SHOWN_BY)):
        assert fields[name]["items"]["enum"] == list(known)
    assert fields["bears"]["propertyNames"]["enum"] == list(BORNE)
    assert fields["bears"]["additionalProperties"]["enum"] == list(BEARERS)


def test_the_example_of_the_page_is_right() -> None:
    page = (Path(__file__).parents[2] / "docs" / "plans.md").read_text()
    example, orders, returns = (block.split("```")[0] for block in page.split("```yaml\n")[1:])
    assert make(read_plan_file(example), {"arrival_hours": 4}).name == "lift-care"
    assert make(read_plan_file(example + orders), {"arrival_hours": 4}).bearer(urgent=True)
    plan = make(read_plan_file(example + returns), {"arrival_hours": 4})
    terms = terms_of(plan, "dead_on_arrival", None)
    assert (terms.term, terms.ends) == ("fresh", ("exchange",))
    assert {one.what: one.by for one in terms.borne} == {"back": "company", "out": "company"}
    others = terms_of(plan, "quality", None)
    assert (others.term, others.ends, others.needs) == (None, tuple(ENDS), ())
    assert {one.what: one.by for one in others.borne} == {"back": "customer"}

"""`onsite plans` as somebody types it."""

import json
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from cli import plans
from cli.main import onsite
from models.clock import SystemClock


def run(*words: str) -> Result:
    return CliRunner().invoke(onsite, ["plans", *words])


def test_all_plans_are_right() -> None:
    files = [str(path) for path in plans.plan_files()]
    result = run("check", *files)
    assert result.exit_code == 0, result.output
    assert result.output.count("nothing wrong") == len(files) == 29


def test_what_is_wrong_is_told_by_file_and_line(tmp_path: Path) -> None:
    text = (plans.PLANS / "barcode-printer.yaml").read_text()
    file = tmp_path / "barcode-printer.yaml"
    file.write_text(text.replace("30 minutes", "30 minuts"))
    result = run("check", str(file))
    line = text[: text.index("30 minutes")].count("\n") + 1
    assert result.exit_code == 1
    assert f"{file}:{line}: targets.0.within: '30 minuts' has another form" in result.output
    file.rename(tmp_path / "other.yaml")
    (tmp_path / "other.yaml").write_text(text)
    assert "is called barcode-printer.yaml" in run("check", str(tmp_path / "other.yaml")).output


def test_an_explanation_says_when_and_why_in_both_languages() -> None:
    result = run("explain", "barcode-printer", "--opened", "2026-03-06T16:30")
    assert result.exit_code == 0, result.output
    assert "due 到期: 2026-03-06 Fri 17:00" in result.output
    assert "due 到期: 2026-03-10 Tue 24:00" in result.output
    assert "2026-03-07 Sat 00:00 – 2026-03-08 Sun 24:00   48 h 00 min  day of rest 休息日" in (
        result.output
    )


def test_an_explanation_shows_what_waits_what_is_first_and_how_it_stands() -> None:
    words = ["explain", "hospital-software", "--opened", "2026-03-10T09:30", "--tier", "nearby"]
    assert "begins when: a visit was decided on" in run(*words, "--lang", "en").output
    words += ["--event", "visit_decided=2026-03-10T11:00", "--at", "2026-03-10T12:00"]
    output = run(*words, "--lang", "zh").output
    assert "到期: 2026-03-10 周二 23:00" in output
    assert "→ 计时中" in output
    two = ["explain", "project-60-months", "--opened", "2026-03-10T01:30", "--level",
           "system_fault", "--event", "occurred=2026-03-10T01:00"]  # fmt: skip
    assert run(*two, "--lang", "en").output.count("this one holds, as it is due first") == 1


def test_an_explanation_begins_now_unless_it_is_told_when() -> None:
    now = SystemClock().now().astimezone(ZoneInfo("Asia/Shanghai"))
    output = run("explain", "barcode-printer", "--lang", "en").output
    assert f"{now:%Y-%m-%d}" in output or f"{now + timedelta(minutes=1):%Y-%m-%d}" in output


def test_the_plans_name_is_looked_at_before_anything_else() -> None:
    result = run("explain", "barcode-prnter", "--opened", "rubbish", "--zone", "Mars")
    assert result.output == "Error: there is no plan barcode-prnter; there is barcode-printer\n"


def test_an_explanation_marks_what_is_provisional() -> None:
    result = run("explain", "barcode-printer", "--opened", "2026-12-31T10:00", "--lang", "en")
    assert "provisional" in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["explain", "nothing", "--opened", "2026-03-06T16:30"], "there is no plan nothing"),
        (["explain", "pm-software", "--opened", "2026-03-06T16:30"], "free_months: is missing"),
        (["explain", "barcode-printer", "--opened", "today"], "--opened today: write"),
        (["explain", "barcode-printer", "--opened", "2026-03-06", "--tier", "far"], "none: it"),
        (["explain", "barcode-printer", "--opened", "2026-03-06", "--set", "x"], "write name="),
        (["explain", "barcode-printer", "--opened", "2026-03-06", "--set", "x=1"], "no such blank"),
        (["explain", "barcode-printer", "--opened", "2026-03-06", "--event", "x=1"], "choices are"),
        (["explain", "barcode-printer", "--opened", "2026-03-06", "--date", "x=1"], "write name="),
        (["explain", "barcode-printer", "--opened", "2026-03-06", "--zone", "Mars"], "write one"),
        (["new", "Barcode Printer"], "small letters"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(words: list[str], said: str) -> None:
    result = run(*words)
    assert result.exit_code == 1
    assert said in result.output


def test_a_new_plan_is_right_and_never_overwrites(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plans, "PLANS", tmp_path)
    assert run("new", "lift-care").exit_code == 0
    assert run("check", str(tmp_path / "lift-care.yaml")).exit_code == 0
    assert "is there already" in run("new", "lift-care").output


def test_coverage_tells_every_clause() -> None:
    result = run("coverage", "--plan", "barcode-printer")
    assert result.exit_code == 0, result.output
    assert "barcode-printer.18" in result.output
    assert "all 545" in result.output
    rows = json.loads(run("coverage", "--json").stdout)
    assert len(rows) == 545
    assert set(rows[0]) == {"clause", "how", "by", "what"}

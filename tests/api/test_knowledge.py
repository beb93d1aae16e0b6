"""Fault codes, checklists and articles: kept by the desk, carried by every phone."""

import pytest

from sync.device import Json
from tests.api.door import Door, problem, told
from tests.api.test_desk import NOBODY, open_order, plan
from tests.api.test_edits import edit

ARTICLE = {"code": "KB1", "title": "打印头", "body": "# 清洁\n断电后用酒精棉擦拭。"}


def seen(door: Door, type_: str, user: str = "eve") -> dict[str, Json]:
    """What a phone shows of the catalogue."""
    phone = door.phone(user).device
    door.world.drain()
    phone.sync()
    return phone.documents(type_)


def test_a_fault_code_reaches_every_phone_and_stays_when_it_is_used_no_more(door: Door) -> None:
    added = door.post(
        "/fault-codes", "dora", code="F-01", kind="fault", name_zh="打印头断点", name_en="Dead dots"
    )
    told_so = {
        "basis": "", "code": "F-01", "kind": "fault",
        "name": {"zh": "打印头断点", "en": "Dead dots"}, "active": True,
    }  # fmt: skip
    assert seen(door, "fault_code") == {added["id"]: told_so}
    told(edit(door, f"/fault-codes/{added['id']}", "dora", active=False))
    assert seen(door, "fault_code") == {added["id"]: {**told_so, "active": False}}
    assert door.get("/fault-codes?active=true", "ann")["items"] == []


def test_an_article_is_on_the_phones_as_long_as_it_is_published(door: Door) -> None:
    added = door.post("/articles", "dora", **ARTICLE, models=["BP-200"])
    assert seen(door, "article") == {}
    path = f"/articles/{added['id']}"
    told(edit(door, path, "dora", published=True))
    (article,) = seen(door, "article").values()
    assert article == {"basis": "", "language": "zh", "models": ["BP-200"], **ARTICLE}
    told(edit(door, path, "dora", published=False))
    assert seen(door, "article") == {}


def test_an_article_has_one_text_a_language(door: Door) -> None:
    door.post("/articles", "dora", **ARTICLE)
    door.post("/articles", "dora", **{**ARTICLE, "language": "en", "title": "Print head"})
    again = door.ask("POST", "/articles", "dora", json=ARTICLE)
    problem(again, 409, "exists", "language")
    assert len(door.get("/articles?code=KB1", "ann")["items"]) == 2


@pytest.mark.parametrize(
    ("model", "found"),
    [("BP-200", 1), ("条码机", 1), ("BP-2", 0), ("BP%", 0), ('"', 0), ("a\\b", 1), ("b", 0)],
)
def test_articles_are_found_by_the_whole_name_of_a_model(
    door: Door, model: str, found: int
) -> None:
    door.post("/articles", "dora", **ARTICLE, models=["BP-200", "条码机", "a\\b"])
    response = door.ask("GET", "/articles", "ann", query_string={"model": model})
    assert len(told(response)["items"]) == found


def test_the_lines_of_checklists_are_copied_into_the_plan_and_stay_as_they_were(
    door: Door,
) -> None:
    ids = [
        door.post("/checklists", "dora", code=code, name=code, lines=lines)["id"]
        for code, lines in (("A", ["断电确认", "清洁"]), ("B", ["功能测试"]))
    ]
    body = plan(door, open_order(door), checklists=ids, checklist=["合影"])
    visit = door.post("/visits", "dora", **body)
    assert visit["plan"]["checklist"] == ["断电确认", "清洁", "功能测试", "合影"]
    told(edit(door, f"/checklists/{ids[0]}", "dora", lines=["别的"]))
    assert door.get(f"/visits/{visit['id']}")["plan"] == visit["plan"]


def test_a_checklist_that_there_is_not_is_named(door: Door) -> None:
    body = plan(door, open_order(door), checklists=[NOBODY])
    problem(door.ask("POST", "/visits", "dora", json=body), 404, "unknown", "checklists.0")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/fault-codes", {"code": "F", "kind": "blame", "name_zh": "x", "name_en": "x"}, "kind"),
        ("/checklists", {"code": "C", "name": "x", "lines": []}, "lines"),
        ("/checklists", {"code": "C", "name": "x", "lines": ["x", " "]}, "lines.1"),
        ("/articles", {**ARTICLE, "language": "de"}, "language"),
        ("/articles", {**ARTICLE, "body": "x" * 20_001}, "body"),
        ("/articles", {**ARTICLE, "models": "BP-200"}, "models"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_its_field(
    door: Door, path: str, body: Json, field: str
) -> None:
    problem(door.ask("POST", path, "dora", json=body), 422, "wrong_value", field)


@pytest.mark.parametrize("path", ["/fault-codes", "/checklists", "/articles"])
def test_the_field_reads_and_the_desk_writes(door: Door, path: str) -> None:
    assert door.get(path, "ann")["items"] == []
    for who in ("ann", "wang"):
        problem(door.ask("POST", path, who, json={}), 403, "not_allowed")

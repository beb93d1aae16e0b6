"""Labels are printed as PDF, and what is printed is what `/scan` understands."""

from typing import Any

import pytest

from api import label_sheets
from api.label_forms import FORMATS, Label
from models.stock.demand import StockLevel
from models.stock.rows import Part
from sync import limits
from tests.api.door import Door, problem
from tests.pdfs import Page, decoded, matrix, pages
from tests.world import World


@pytest.fixture
def world(world: World) -> World:
    """Two parts lie on one shelf of the warehouse, and one on another."""
    shelves = (("main", "roller", "A-1"), ("main", "head", "A-1"), ("van-a", "roller", "左上"))
    world.add(
        [
            StockLevel(
                id=world.new(f"level {place} {part}"), place_id=world.named[place],
                part_id=world.named[part], shelf=shelf, least=0, most=0,
            )
            for place, part, shelf in shelves
        ],
        set(),
    )  # fmt: skip
    return world


def printed(door: Door, query: str, who: str = "wang") -> list[Page]:
    response = door.ask("GET", f"/labels?{query}", who)
    assert response.status_code == 200, response.text
    assert response.content_type == "application/pdf"
    return pages(response.data)


def lines(door: Door, query: str) -> list[str]:
    return [line for page in printed(door, query) for line in page.lines]


def test_a_label_says_what_it_is_in_letters_and_in_its_code(door: Door) -> None:
    (page,) = printed(door, f"of=parts&ids={door.world['roller']}&format=single")
    assert page.lines == ["R-1", "胶辊", "只"]
    assert decoded(matrix(page.rectangles)) == "onsite:part:R-1"


def test_every_kind_of_label_names_what_scanning_finds(door: Door) -> None:
    for of, text, code in (
        ("parts", "onsite:part:H-1", "H-1"),
        ("places", "onsite:place:van-a", "van-a"),
        ("loaners", "onsite:loaner:BP-100/L-1", "L-1"),
        ("shelves", "onsite:shelf:main/A-1", "main/A-1"),
        ("shelves", "onsite:shelf:van-a/左上", "van-a/左上"),
    ):
        page = next(one for one in printed(door, f"of={of}&format=single") if code in one.lines)
        assert decoded(matrix(page.rectangles)) == text
        for named in (text, code):
            items = door.get(f"/scan/{named}", "wang")["items"]
            assert [one["label"] for one in items] == [text]


def test_a_shelf_has_one_label_whatever_number_of_parts_lies_on_it(door: Door) -> None:
    told = lines(door, "of=shelves")
    assert told == ["main/A-1", "H-1 打印头", "+ …", "van-a/左上", "R-1 胶辊"]
    assert lines(door, f"of=shelves&place={door.world['van-a']}") == ["van-a/左上", "R-1 胶辊"]


def test_a_sheet_has_twenty_four_labels_and_a_label_printer_gets_one_a_page(door: Door) -> None:
    world = door.world
    world.add(
        [
            Part(id=world.new(f"part {n}"), code=f"P-{n:03}", name="墨盒", unit="只",
                 tracking="none")
            for n in range(47)
        ],
        set(),
    )  # fmt: skip
    sheets = printed(door, "of=parts")  # 49 with the two that are there
    assert [sum(line == "只" for line in page.lines) for page in sheets] == [24, 24, 1]
    assert len(printed(door, "of=parts&q=墨盒&format=single")) == 47
    assert len(printed(door, "of=parts&code=P-003&format=single")) == 1


def test_bars_carry_the_bare_code_and_refuse_what_they_cannot(door: Door) -> None:
    (page,) = printed(door, "of=parts&code=R-1&symbol=code128&format=single")
    assert page.lines == ["R-1", "胶辊", "只"]
    assert len(page.rectangles) == 19
    door.post("/parts", "wang", code="胶-1", name="x")
    door.post("/parts", "wang", code="L" * 60, name="x")
    for code in ("胶-1", "L" * 60):
        response = door.ask("GET", f"/labels?of=parts&code={code}&symbol=code128", "wang")
        problem(response, 422, "wrong_value", "symbol")


def test_what_is_too_much_or_nothing_or_no_filter_of_the_kind_is_refused(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(query: str, who: str = "wang") -> Any:
        return door.ask("GET", f"/labels?{query}", who)

    problem(ask("of=parts&q=nothing"), 404, "unknown", "ids")
    problem(ask("of=parts&kind=van"), 422, "wrong_value", "kind")
    assert ask("of=screws").status_code == 422
    assert ask("of=parts", "ann").status_code == 403
    monkeypatch.setattr(limits, "labels_max", 1)
    assert "at most 1 labels" in problem(ask("of=parts"), 422, "wrong_value", "ids")["detail"]


def test_text_that_is_too_long_is_cut_within_its_label() -> None:
    long = Label("onsite:part:X", "X" * 80, "很长的名称" * 30, "note " * 40)
    for format_ in FORMATS:
        (page,) = pages(label_sheets.draw([long], format_, "qr"))
        code, first, second, note = page.lines
        assert [code[-3:], second[-1], note[-3:]] == ["...", "…", "..."]
        assert first + second[:-1] == ("很长的名称" * 30)[: len(first + second) - 1]


def test_equal_labels_are_equal_bytes() -> None:
    one = Label("onsite:part:X", "X", "胶辊", "只")
    assert label_sheets.draw([one], "a4", "qr") == label_sheets.draw([one], "a4", "qr")

"""A serial number is one number, however it was typed."""

import pytest

from models.serials import normal


@pytest.mark.parametrize(
    "typed", ["AB-12", " ab-12\t", "ＡＢ－１２", "a\u200bB-1\ufeff2", "\u3000Ab-12"]
)
def test_blanks_width_case_and_what_is_invisible_tell_no_numbers_apart(typed: str) -> None:
    assert normal(typed) == "AB-12"
    assert normal(normal(typed)) == normal(typed)


def test_what_stands_inside_a_number_belongs_to_it() -> None:
    assert len({normal(one) for one in ("AB-12", "AB 12", "AB12", "AB-012", "AB-I2")}) == 5


def test_what_nobody_can_see_is_no_number() -> None:
    assert normal(" \u200b\ufeff ") == ""

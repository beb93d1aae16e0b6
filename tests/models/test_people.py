"""Passwords are kept as advised, and only their hashes."""

import pytest
from argon2 import extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY

from models.people import HASHER, password_fits, password_hash  # before the tests' own is there

PASSWORD = "a long password"


def test_a_password_is_kept_as_the_rfc_advises() -> None:
    assert extract_parameters(HASHER.hash(PASSWORD)) == RFC_9106_LOW_MEMORY


def test_a_password_is_known_again_and_another_is_not() -> None:
    kept = password_hash(PASSWORD)
    assert PASSWORD not in kept
    assert password_fits(PASSWORD, kept)
    assert not password_fits(PASSWORD + "!", kept)


def test_a_short_password_is_refused() -> None:
    with pytest.raises(ValueError, match="10"):
        password_hash("x" * 9)

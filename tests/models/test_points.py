"""Which keys are taken: none under which anybody can sign."""

from itertools import product

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from models.records.points import P, is_usable
from models.records.sealing import signature_fits

OF_ORDER_8 = (
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
)
SIGNS = (0, 1 << 255)
YS = [0, 1, P - 1, P, P + 1, *(int.from_bytes(bytes.fromhex(one), "little") for one in OF_ORDER_8)]
WEAK = sorted({(y | sign).to_bytes(32, "little").hex() for y, sign in product(YS, SIGNS)})
NONE = ["ff" * 32, "02" + "00" * 31, "f0" + "ff" * 30 + "7f"]


@pytest.mark.parametrize("key", [*WEAK, *NONE])
def test_a_point_of_small_order_and_what_is_no_point_is_no_key(key: str) -> None:
    assert not is_usable(bytes.fromhex(key))


def test_there_are_fourteen_encodings_of_small_order() -> None:
    assert len(WEAK) == 14


@given(st.binary(min_size=32, max_size=32))
def test_every_key_that_is_made_as_it_should_be_is_taken(secret: bytes) -> None:
    key = Ed25519PrivateKey.from_private_bytes(secret).public_key()
    assert is_usable(key.public_bytes_raw())


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_has_32_bytes(length: int) -> None:
    assert not is_usable(b"\x05" * length)


@pytest.mark.parametrize("key", WEAK)
def test_no_signature_fits_under_a_weak_key_that_was_stored_earlier(key: str) -> None:
    neutral = "01" + "00" * 31
    for point, text in product({neutral, key, *WEAK}, (b"one", b"two", b"three", b"four")):
        assert not signature_fits(key, point + "00" * 32, text)

"""Salted parts, the content code and signatures, by values that another program can check."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from models.records.sealing import content_code, part_hash, short_code, signature_fits

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = KEY.public_key().public_bytes_raw().hex()


def test_a_parts_hash_is_over_the_bytes_of_its_salt_and_its_text() -> None:
    salt, text = "00" * 15 + "ff", "电源"
    expected = hashlib.sha256(bytes.fromhex(salt) + text.encode()).hexdigest()
    assert part_hash(salt, text) == expected


@pytest.mark.parametrize(
    "salt", ["", "00" * 15, "00" * 17, "zz" * 16, " " * 32, "0 " * 16, "é" * 32]
)
def test_a_salt_that_is_not_16_bytes_of_hexadecimal_is_refused(salt: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        part_hash(salt, "text")


def test_the_content_code_is_over_sorted_lines_of_all_parts_but_signatures() -> None:
    hashes = {"work": "b" * 64, "charges": "a" * 64, "signature.customer": "c" * 64}
    lines = f"charges {'a' * 64}\nwork {'b' * 64}\n"
    assert content_code(hashes) == hashlib.sha256(lines.encode()).hexdigest()
    assert short_code("0123456789abcdef") == "01234-56789"


@given(
    st.dictionaries(
        st.text("abc", min_size=1), st.text("0123456789abcdef", min_size=64, max_size=64)
    )
)
def test_a_signature_changes_no_content_code_and_everything_else_does(
    hashes: dict[str, str],
) -> None:
    code = content_code(hashes)
    assert content_code({**hashes, "signature.customer": "0" * 64}) == code
    assert content_code({**hashes, "more": "0" * 64}) != code
    assert content_code(dict(reversed(hashes.items()))) == code


def test_a_signature_fits_exactly_its_bytes_and_key() -> None:
    text = "床".encode()
    signature = KEY.sign(text).hex()
    assert signature_fits(PUBLIC, signature, text)
    assert not signature_fits(PUBLIC, signature, text + b" ")
    assert not signature_fits("11" * 32, signature, text)


@pytest.mark.parametrize("signature", ["", "00", "zz", "00" * 64, "\x00", "字", "\ud800"])
def test_no_text_given_as_a_signature_does_harm(signature: str) -> None:
    assert not signature_fits(PUBLIC, signature, b"text")

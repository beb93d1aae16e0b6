"""A sealed stream is read by the server alone, whole and in order, or not at all."""

from collections.abc import Iterable
from io import BytesIO

import pytest

from models.ids import Ids
from models.keys import Unreadable
from models.sealed import HEAD_BYTES, KEY_BYTES, MAGIC, PIECE_BYTES, TAG_BYTES, opened, seal
from models.sealed import public_key as public

KEY, OTHER = bytes(32), bytes([1]) * 32
BEFORE = len(MAGIC) + KEY_BYTES
HEAD_AND_TAG = HEAD_BYTES + TAG_BYTES


def sealed(*plain: bytes) -> bytes:
    return b"".join(seal(public(KEY), Ids(), plain))


def read(stream: bytes, key: bytes = KEY) -> bytes:
    return opened(key, BytesIO(stream)).read()


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES])
def test_what_was_sealed_is_read_again(size: int) -> None:
    plain = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    stream = sealed(plain[: size // 3], plain[size // 3 :])
    assert read(stream) == plain
    assert len(stream) == BEFORE + size + HEAD_AND_TAG * max(1, -(-size // PIECE_BYTES))


def test_nobody_else_reads_it_and_nobody_changes_it() -> None:
    stream = sealed(b"secret" * 10)
    assert b"secret" not in stream
    with pytest.raises(Unreadable):
        read(stream, OTHER)
    for place in (0, len(MAGIC), BEFORE, BEFORE + HEAD_BYTES, len(stream) - 1):
        spoilt = bytearray(stream)
        spoilt[place] ^= 1
        with pytest.raises(Unreadable):
            read(bytes(spoilt))


def pieces(stream: bytes) -> list[bytes]:
    step = PIECE_BYTES + HEAD_AND_TAG
    return [stream[start : start + step] for start in range(BEFORE, len(stream), step)]


def test_what_is_cut_swapped_repeated_or_longer_is_found_out() -> None:
    stream = sealed(bytes(2 * PIECE_BYTES + 5))
    first, second, last = pieces(stream)
    broken: Iterable[list[bytes]] = ([first, second], [first, last], [second, first, last], [])
    for wrong in broken:
        with pytest.raises(Unreadable):
            read(stream[:BEFORE] + b"".join(wrong))
    with pytest.raises(Unreadable):
        read(stream[: BEFORE - 1])
    assert read(stream + b"more") == bytes(2 * PIECE_BYTES + 5)  # nobody reads beyond the last


def test_a_piece_is_never_longer_than_it_may_be() -> None:
    huge = (PIECE_BYTES + TAG_BYTES + 1).to_bytes(HEAD_BYTES, "big")
    source = BytesIO(sealed(b"x")[:BEFORE] + huge + bytes(PIECE_BYTES * 2))
    with pytest.raises(Unreadable):
        opened(KEY, source).read()
    assert source.tell() == BEFORE + HEAD_BYTES


def test_a_key_of_small_order_agrees_on_nothing() -> None:
    with pytest.raises(Unreadable):
        opened(KEY, BytesIO(MAGIC + bytes(KEY_BYTES) + bytes(100)))


@pytest.mark.parametrize("ephemeral", ["00" * 32, "01" + "00" * 31, "ec" + "ff" * 30 + "7f"])
def test_a_files_key_with_which_everybody_agrees_on_zero_is_refused(ephemeral: str) -> None:
    stream = sealed(b"x")
    with pytest.raises(Unreadable, match="its key is none"):
        read(stream[: len(MAGIC)] + bytes.fromhex(ephemeral) + stream[BEFORE:])
    with pytest.raises(ValueError, match=r".*"):
        b"".join(seal(ephemeral, Ids(), [b"x"]))

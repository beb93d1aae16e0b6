"""What is encrypted is read with its key and by its owner, and by nothing and nobody else."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import pytest

from models.ids import Ids
from models.keys import Unreadable, decrypt, encrypt, kept_key

KEY, OTHER = bytes(32), bytes([1]) * 32
OWNER, STRANGER = UUID(int=1), UUID(int=2)


def test_what_was_encrypted_is_read_again() -> None:
    kept = encrypt(KEY, Ids(), OWNER, "密 secret")
    assert decrypt(KEY, OWNER, kept) == "密 secret"
    assert "secret" not in bytes.fromhex(kept).decode("latin-1")


def test_the_same_secret_never_looks_the_same() -> None:
    assert encrypt(KEY, Ids(), OWNER, "x") != encrypt(KEY, Ids(), OWNER, "x")


def test_another_key_another_owner_or_another_bit_reads_nothing() -> None:
    kept = encrypt(KEY, Ids(), OWNER, "secret")
    changed = kept[:-1] + ("0" if kept[-1] != "0" else "1")
    for key, owner, text in ((OTHER, OWNER, kept), (KEY, STRANGER, kept), (KEY, OWNER, changed)):
        with pytest.raises(Unreadable):
            decrypt(key, owner, text)


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    file = tmp_path / "key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: kept_key(file, Ids()), range(32)))
    assert keys == {kept_key(file, Ids())}
    assert len(keys.pop()) == 32
    assert list(tmp_path.iterdir()) == [file]

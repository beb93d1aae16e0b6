import dataclasses
from pathlib import Path

import pytest

from models.settings import SETTINGS, SettingError, Settings, as_markdown

DOCUMENT = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_without_any_variable_everything_lies_in_one_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.read({})
    assert settings.home == tmp_path / ".onsite"
    assert settings.database_url == f"sqlite:///{tmp_path}/.onsite/onsite.sqlite3"
    assert settings.blob_url == f"file://{tmp_path}/.onsite/blobs"
    assert settings.redis_url is None
    assert (settings.bind, settings.port) == ("127.0.0.1", 8000)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_way_to_say_postgresql_means_the_same_driver(scheme: str) -> None:
    settings = Settings.read({"DATABASE_URL": f"{scheme}://me:secret@db/onsite"})
    assert settings.database_url == "postgresql+psycopg://me:secret@db/onsite"


def test_a_relative_file_is_found_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.read({"DATABASE_URL": "sqlite:///here.sqlite3"})
    assert settings.database_url == f"sqlite:///{tmp_path}/here.sqlite3"


def test_an_empty_variable_counts_as_absent() -> None:
    assert Settings.read({"PORT": " ", "REDIS_URL": ""}) == Settings.read({})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://secret@db/onsite"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "secret"),
        ("DATABASE_URL", "postgresql+psycopg2://secret@db/onsite"),
        ("REDIS_URL", "http://secret"),
        ("REDIS_SERVER", "/secret/redis-server"),
        ("BLOB_URL", "ftp://secret"),
        ("BLOB_URL", "file://secret"),
        ("PORT", "secret"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("ONSITE_BIND", "not secret"),
        ("ONSITE_LOG_LEVEL", "secret"),
    ],
)
def test_a_wrong_value_is_answered_in_one_line_without_repeating_it(name: str, value: str) -> None:
    with pytest.raises(SettingError) as error:
        Settings.read({name: value})
    line = str(error.value)
    assert line.startswith(f"{name} must ")
    assert "\n" not in line
    assert "secret" not in line


@pytest.mark.parametrize(
    ("bind", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("[::]", "http://[::1]:8000"),
        ("192.0.2.7", "http://192.0.2.7:8000"),
    ],
)
def test_an_address_that_means_every_one_is_reached_here(bind: str, url: str) -> None:
    assert Settings.read({"ONSITE_BIND": bind}).local_url == url


def test_the_table_and_the_fields_are_the_same() -> None:
    names = [setting.field for setting in SETTINGS]
    assert names == [field.name for field in dataclasses.fields(Settings)]


def test_the_document_shows_exactly_the_table() -> None:
    shown = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("|")]
    assert shown == as_markdown().splitlines()

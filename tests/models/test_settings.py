import dataclasses
from pathlib import Path

import pytest

from models.setting import Setting, SettingError
from models.settings import SETTINGS, Settings, as_markdown, misspelt

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
        ("ONSITE_LOG_FORMAT", "secret"),
        ("TLS", "secret"),
        ("ONSITE_PROXIES", "secret"),
        ("ONSITE_PROXIES", "-1"),
        ("ONSITE_CORS_ORIGINS", "*"),
        ("ONSITE_CORS_ORIGINS", "https://desk.example.com/secret"),
        ("ONSITE_CORS_ORIGINS", "https://me:secret@desk.example.com"),
        ("ONSITE_CORS_ORIGINS", "https://a.example.com,https://secret.example.com"),
        ("ONSITE_STALL_SECONDS", "0"),
        ("ONSITE_METRICS_TOKEN", "secret"),
        ("ONSITE_METRICS_TOKEN", "secret with spaces in it"),
        ("ONSITE_BACKLOG_SECONDS", "1_000"),
        ("ONSITE_FREE_MB", "secret"),
        ("ONSITE_SECOND_FACTOR", "secret"),
        ("ONSITE_KEY", "secret"),
        ("ONSITE_KEY", "AB" * 32),
    ],
)
def test_a_wrong_value_is_answered_in_one_line_without_repeating_it(name: str, value: str) -> None:
    with pytest.raises(SettingError) as error:
        Settings.read({name: value})
    line = str(error.value)
    assert line.startswith(f"{name} must ")
    assert "\n" not in line
    assert "secret" not in line


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(SettingError) as error:
        Settings.read({"PORT": "x", "TLS": "yes", "ONSITE_HOME": "/tmp"})
    assert [line.split()[0] for line in str(error.value).splitlines()] == ["PORT", "TLS"]


def test_a_misspelt_variable_is_noticed_and_the_right_one_named() -> None:
    right = {"ONSITE_HOME": "/tmp", "OTHER": "x"}
    assert misspelt({**right, "ONSITE_LOGLEVEL": "x", "ONSITE_PORT": "1", "ONSITE_ZZZ": "x"}) == {
        "ONSITE_LOGLEVEL": "ONSITE_LOGLEVEL is no setting; ONSITE_LOG_LEVEL is one",
        "ONSITE_PORT": "ONSITE_PORT is no setting; PORT is one",
        "ONSITE_ZZZ": "ONSITE_ZZZ is no setting",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://me:hunter2@db/onsite"),
        ("DATABASE_URL", "postgresql://db/onsite?user=me&password=hunter2"),
        ("REDIS_URL", "redis://:hunter2@queue"),
        ("ONSITE_METRICS_TOKEN", "hunter2hunter2hunter2"),
    ],
)
def test_what_is_shown_of_a_setting_holds_no_secret(name: str, value: str) -> None:
    (setting,) = [one for one in SETTINGS if one.name == name]
    shown = setting.shown(setting.read({name: value}, None))
    assert "hunter2" not in shown
    assert "***" in shown


def test_a_setting_called_like_a_secret_is_masked_whatever_it_holds() -> None:
    made = Setting("MAIL_PASSWORD", "x", None, "", "", str)
    assert made.shown("plain") == "***"
    assert made.shown(None) == "-"


def test_with_tls_every_address_is_listened_on_unless_one_is_named() -> None:
    assert Settings.read({"TLS": "1"}).bind == "0.0.0.0"
    assert Settings.read({"TLS": "1"}).local_url == "https://127.0.0.1:8000"
    assert Settings.read({"TLS": "1", "ONSITE_BIND": "192.0.2.7"}).bind == "192.0.2.7"
    assert Settings.read({"TLS": "0"}).bind == "127.0.0.1"


def test_origins_are_those_between_spaces() -> None:
    said = "https://a.example.com http://localhost:5173  https://[::1]:1"
    expected = ("https://a.example.com", "http://localhost:5173", "https://[::1]:1")
    assert Settings.read({"ONSITE_CORS_ORIGINS": said}).cors_origins == expected


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

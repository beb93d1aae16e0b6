"""What the processes say can be read by machines and by people, and holds no secret."""

import json
import logging
import sys
from collections.abc import Callable

import pytest

from models import logs
from models.settings import Settings

Say = Callable[..., str]


@pytest.fixture(params=["json", "text"])
def form(request: pytest.FixtureRequest) -> str:
    form: str = request.param
    return form


def said(form: str, message: str, *args: object, **extra: object) -> str:
    """The line that a record becomes."""
    record = logging.getLogger("onsite.test").makeRecord(
        "onsite.test", logging.INFO, "file", 1, message, args, extra.pop("exc_info", None),  # type: ignore[arg-type]
        extra=extra,
    )  # fmt: skip
    logs.About().filter(record)
    formatter = logs.JsonLines() if form == "json" else logs.TextLines()
    return formatter.format(record)


def test_json_tells_time_level_logger_process_and_whatever_was_given() -> None:
    line = json.loads(said("json", "%s parts", 3, kind="judge", 中="文"))
    assert list(line)[:5] == ["time", "level", "logger", "process", "message"]
    assert (line["level"], line["logger"], line["message"]) == ("INFO", "onsite.test", "3 parts")
    assert line["time"].endswith("Z")
    assert len(line["time"]) == len("2026-11-22T08:00:00.000Z")
    assert (line["kind"], line["中"]) == ("judge", "文")


def test_text_is_level_and_message() -> None:
    assert said("text", "%s parts", 3, kind="judge") == "INFO    3 parts"


def test_an_exception_is_one_line_of_json_with_its_trace_inside() -> None:
    try:
        raise RuntimeError("the disk is full")
    except RuntimeError:
        line = said("json", "bad", exc_info=sys.exc_info())
    assert "\n" not in line
    assert "RuntimeError: the disk is full" in json.loads(line)["trace"]


def test_every_line_says_what_it_is_about_until_that_ends() -> None:
    logs.about(id="0199", subject="visit:1")
    line = json.loads(said("json", "x", id="own"))
    assert (line["id"], line["subject"]) == ("own", "visit:1")
    logs.about()
    assert "subject" not in json.loads(said("json", "x"))


@pytest.mark.parametrize(
    "text",
    [
        "postgresql+psycopg://me:hunter2@db/onsite cannot be reached",
        "postgresql://me:hun/ter2@db/onsite",
        "redis://:hunter2@queue:6379/0",
        "GET /x?token=hunter2&a=b",
        "dbname=x password=hunter2 host=y",
        "Authorization: Bearer hunter2",
        'headers {"Authorization": "bearer hunter2"}',
    ],
)
def test_what_looks_like_a_secret_is_masked_in_whatever_is_said(form: str, text: str) -> None:
    line = said(form, text)
    assert "ter2" not in line
    assert "***" in line
    assert "secret" in said(form, "no secret://here, nor a@b.c")


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "ERROR"])
def test_the_configuration_is_one_that_logging_takes(form: str, level: str) -> None:
    settings = Settings.read({"ONSITE_LOG_FORMAT": form, "ONSITE_LOG_LEVEL": level})
    configuration = logs.configuration(settings)
    assert configuration["root"]["level"] == level
    assert configuration["loggers"]["gunicorn.access"]["level"] >= logging.WARNING


def test_a_request_that_is_none_is_told_of_without_what_it_said() -> None:
    record = logging.makeLogRecord({"msg": "Invalid request from ip=192.0.2.1: GET /?t=hunter2"})
    assert logs.Server().filter(record)
    assert record.getMessage() == "Invalid request from ip=192.0.2.1"


def test_a_client_that_fell_silent_is_no_error_of_ours() -> None:
    silent, broken = BlockingIOError(), OSError("disk")
    for error, told in ((silent, False), (broken, True)):
        exc_info = (type(error), error, None)
        record = logging.makeLogRecord({"msg": "Socket error", "exc_info": exc_info})
        assert logs.Server().filter(record) is told

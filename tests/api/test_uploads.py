"""Photo bytes arrive by tus: what came before a break is kept, and nothing is taken twice."""

import base64
import fcntl
import hashlib
from itertools import pairwise
from pathlib import Path
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest

from api import arriving
from models.outbox import Outbox
from models.photos import PhotoBytes, Upload
from sync import limits
from tests.api.door import BYTES, TUS, Door, Phone, problem, told

DATA = bytes(range(256)) * 400
NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def phone(door: Door) -> Phone:
    """A phone that has promised DATA."""
    phone = door.phone()
    phone.promise(DATA, door.world.open_visit())
    return phone


@pytest.fixture
def place(door: Door, phone: Phone) -> str:
    """The address of its upload."""
    address: str = door.begin_upload(phone, DATA).headers["Location"]
    return address


def head(door: Door, phone: Phone, place: str) -> Any:
    return door.ask("HEAD", place, phone, headers=TUS)


def offset(door: Door, phone: Phone, place: str) -> int:
    response = head(door, phone, place)
    assert response.status_code == 200
    assert int(response.headers["Upload-Length"]) == len(DATA)
    return int(response.headers["Upload-Offset"])


def head_only(door: Door, phone: Phone, place: str) -> int:
    """How far the upload says it is, without anybody finishing it."""
    id_ = UUID(place.rpartition("/")[2])
    row = next(one for one in door.world.rows(Upload) if one.id == id_)
    return arriving.Arriving.of(door.world.house, row).offset()


def lacking(door: Door, phone: Phone, *hashes: str) -> list[str]:
    asked = {"hashes": list(hashes)}
    answer: list[str] = told(door.ask("POST", "/uploads/lacking", phone, json=asked))["lacking"]
    return answer


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# Creation


def test_the_server_says_what_it_can_do_to_anybody(door: Door) -> None:
    response = door.ask("OPTIONS", "/uploads", None)
    assert response.status_code == 204
    assert response.headers["Tus-Version"] == response.headers["Tus-Resumable"] == "1.0.0"
    assert response.headers["Tus-Extension"] == "creation"
    assert int(response.headers["Tus-Max-Size"]) == limits.photo_bytes_max


def test_creation_gives_the_same_upload_every_time(door: Door, phone: Phone, place: str) -> None:
    assert door.send(phone, place, 0, DATA[:1000]).status_code == 204
    again = door.begin_upload(phone, DATA)
    assert again.status_code == 201
    assert (again.headers["Location"], again.headers["Upload-Offset"]) == (place, "1000")
    door.send(phone, place, 1000, DATA[1000:])
    finished = door.begin_upload(phone, DATA)
    assert finished.headers["Location"] == place
    assert finished.headers["Upload-Offset"] == str(len(DATA))
    assert len(door.world.rows(Upload)) == 1


def test_bytes_that_nobody_promised_are_not_taken(door: Door, phone: Phone) -> None:
    problem(door.begin_upload(phone, b"other"), 404, "unknown", "sha256")
    problem(door.begin_upload(door.phone("bob"), DATA), 404, "unknown", "sha256")


def create(door: Door, phone: Phone, **headers: str | None) -> Any:
    encoded = base64.b64encode(sha256(DATA).encode()).decode()
    good: dict[str, str | None] = {
        **TUS,
        "Upload-Length": str(len(DATA)),
        "Upload-Metadata": f"sha256 {encoded}",
    }
    sent = {**good, **{name.replace("_", "-"): value for name, value in headers.items()}}
    kept = {name: value for name, value in sent.items() if value is not None}
    return door.ask("POST", "/uploads", phone, headers=kept)


def test_creation_says_which_header_is_wrong(door: Door, phone: Phone) -> None:
    over = str(limits.photo_bytes_max + 1)
    problem(
        create(door, phone, Upload_Length=str(len(DATA) - 1)), 422, "wrong_value", "Upload-Length"
    )
    problem(create(door, phone, Upload_Length=over), 413, "too_large")
    for length in (None, "", "-1", "1.5", "١", "x", "9" * 400):
        detail = problem(create(door, phone, Upload_Length=length), 400, "bad_request")["detail"]
        assert "Upload-Length" in detail
    for metadata in (None, "", "sha256", "sha256 !!!", "sha256 YWI=", "name YWI=", ",,,", "é é"):
        response = create(door, phone, Upload_Metadata=metadata)
        assert "Upload-Metadata" in problem(response, 400, "bad_request")["detail"]
    encoded = base64.b64encode(sha256(DATA).encode()).decode()
    more = f"filename YS5qcGc=,sha256 {encoded},empty"
    assert create(door, phone, Upload_Metadata=more).status_code == 201


@pytest.mark.parametrize("version", [None, "0.2.2", "2.0.0"])
def test_another_version_of_tus_is_told_ours(
    door: Door, phone: Phone, place: str, version: str | None
) -> None:
    headers = {} if version is None else {"Tus-Resumable": version}
    for method, path in (("POST", "/uploads"), ("HEAD", place), ("PATCH", place)):
        response = door.ask(method, path, phone, headers=headers)
        assert response.status_code == 412
        assert response.headers["Tus-Version"] == "1.0.0"


# Bytes


def test_pieces_of_any_size_add_up(door: Door, phone: Phone, place: str) -> None:
    pieces = [0, 1, 17, 16384, 16385, 65536, 70000, len(DATA)]
    for start, end in pairwise(pieces):
        response = door.send(phone, place, start, DATA[start:end])
        assert response.status_code == 204
        assert response.headers["Upload-Offset"] == str(end)
        assert offset(door, phone, place) == end
    with door.world.house.blobs.open(sha256(DATA)) as blob:
        assert blob.read() == DATA
    assert [one.state for one in door.world.rows(PhotoBytes)] == ["arrived"]
    assert [one.kind for one in door.world.rows(Outbox, Outbox.kind == "photo")]
    assert list(door.world.house.uploads.iterdir()) == []


def test_progress_is_not_for_caches(door: Door, phone: Phone, place: str) -> None:
    assert head(door, phone, place).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("at", ["0", "99", "101", "-1", "x", ""])
def test_bytes_at_another_offset_are_refused(door: Door, phone: Phone, place: str, at: str) -> None:
    door.send(phone, place, 0, DATA[:100])
    headers = {**TUS, "Upload-Offset": at}
    response = door.ask("PATCH", place, phone, headers=headers, data=b"x", content_type=BYTES)
    assert "100" in problem(response, 409, "conflict")["detail"]
    assert offset(door, phone, place) == 100


def test_bytes_of_another_media_type_are_refused(door: Door, phone: Phone, place: str) -> None:
    headers = {**TUS, "Upload-Offset": "0"}
    response = door.ask("PATCH", place, phone, headers=headers, data=b"x", content_type="image/png")
    assert BYTES in problem(response, 415, "unsupported_media_type")["detail"]


def test_a_finished_upload_stays_finished_whatever_is_sent(
    door: Door, phone: Phone, place: str
) -> None:
    door.send(phone, place, 0, DATA)
    assert door.send(phone, place, len(DATA), b"").status_code == 204
    problem(door.send(phone, place, 0, DATA), 409, "conflict")
    assert offset(door, phone, place) == len(DATA)
    assert len(door.world.rows(PhotoBytes)) == 1
    assert list(door.world.house.uploads.iterdir()) == []


def test_more_than_was_promised_is_not_taken(door: Door, phone: Phone, place: str) -> None:
    door.send(phone, place, 0, DATA[:100])
    assert door.send(phone, place, 100, DATA[100:] + b"more").status_code in (204, 413)
    assert offset(door, phone, place) in (100, len(DATA))


def test_other_bytes_than_promised_start_anew(door: Door, phone: Phone, place: str) -> None:
    wrong = bytes(len(DATA))
    door.send(phone, place, 0, wrong[:500])
    problem(door.send(phone, place, 500, wrong[500:]), 460, "checksum_mismatch")
    assert offset(door, phone, place) == 0
    assert sha256(DATA) not in door.world.house.blobs
    assert door.send(phone, place, 0, DATA).status_code == 204
    assert offset(door, phone, place) == len(DATA)


def test_an_upload_of_another_phone_does_not_exist(door: Door, phone: Phone, place: str) -> None:
    for other in (door.phone("ann"), door.phone("bob")):
        assert head(door, other, place).status_code == 404
        problem(door.send(other, place, 0, DATA), 404, "unknown")
    unknown = place.rpartition("/")[0] + f"/{NOBODY}"
    problem(door.send(phone, unknown, 0, DATA), 404, "unknown")


# What is lacking


def test_what_was_brought_by_any_phone_of_the_user_is_not_lacking(
    door: Door, phone: Phone, place: str
) -> None:
    known, unknown = sha256(DATA), sha256(b"never promised")
    assert lacking(door, phone, known, unknown) == [known, unknown]
    door.send(phone, place, 0, DATA[:-1])
    assert lacking(door, phone, known) == [known]
    door.send(phone, place, len(DATA) - 1, DATA[-1:])
    assert lacking(door, phone, known, unknown) == [unknown]
    assert lacking(door, door.phone("ann"), known) == []
    assert lacking(door, door.phone("bob"), known) == [known]


def test_bytes_that_were_lost_can_be_brought_again(door: Door, phone: Phone, place: str) -> None:
    door.send(phone, place, 0, DATA)
    door.world.house.blobs.path(sha256(DATA)).unlink()
    assert lacking(door, phone, sha256(DATA)) == [sha256(DATA)]
    assert offset(door, phone, place) == 0
    assert door.send(phone, place, 0, DATA).status_code == 204
    assert lacking(door, phone, sha256(DATA)) == []


@pytest.mark.parametrize("hashes", [["x"], ["A" * 64], ["0" * 64 + "\n"], ["0" * 64] * 501, "x"])
def test_what_is_no_list_of_hashes_is_a_wrong_value(door: Door, phone: Phone, hashes: Any) -> None:
    response = door.ask("POST", "/uploads/lacking", phone, json={"hashes": hashes})
    assert problem(response, 422, "wrong_value", response.json["field"])["field"][:6] == "hashes"


# Together


def test_progress_is_told_while_somebody_writes_and_a_second_writer_is_locked_out(
    door: Door, phone: Phone, place: str
) -> None:
    door.send(phone, place, 0, DATA[:100])
    file = door.world.house.uploads / place.rpartition("/")[2]
    with file.open("ab") as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)
        assert offset(door, phone, place) == 100
        problem(door.send(phone, place, 100, DATA[100:]), 423, "locked")
        writer.write(DATA[100:])
        writer.flush()
        assert offset(door, phone, place) == len(DATA)  # whole, and still the writer's to finish
        assert door.world.rows(PhotoBytes) == []
    assert offset(door, phone, place) == len(DATA)
    assert [one.state for one in door.world.rows(PhotoBytes)] == ["arrived"]


def test_whoever_asks_and_sends_at_once_finds_it_finished_once(
    door: Door, phone: Phone, place: str
) -> None:
    door.send(phone, place, 0, DATA[:-1])
    barrier, seen = Barrier(6), []

    def finish(number: int) -> None:
        client = door.app.test_client()
        headers = {**TUS, "Authorization": f"Bearer {phone.token}"}
        barrier.wait()
        if number % 2:
            at = {"Upload-Offset": str(len(DATA) - 1)}
            answer = client.patch(
                place, headers={**headers, **at}, data=DATA[-1:], content_type=BYTES
            )
            seen.append(answer.status_code)
        else:
            seen.append(client.head(place, headers=headers).status_code)

    threads = [Thread(target=finish, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(seen) <= {200, 204, 409, 423}
    assert seen.count(204) >= 1
    assert offset(door, phone, place) == len(DATA)
    assert len(door.world.rows(PhotoBytes)) == 1
    assert list(door.world.house.uploads.iterdir()) == []


# Dying


class Died(BaseException):
    """The process is gone; nothing in it catches this."""


@pytest.mark.parametrize("asked", ["HEAD", "POST", "PATCH"])
def test_whatever_dies_while_finishing_the_next_who_asks_finishes_it(
    door: Door, phone: Phone, place: str, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*args: Any, **named: Any) -> None:
        raise Died

    dying: list[tuple[Any, str]] = [
        (door.world.house.blobs, "adopt"),  # before the bytes become a blob
        (arriving, "finish_upload"),  # before the commit that says so
        (Path, "unlink"),  # before the file goes
    ]
    for number, (target, name) in enumerate(dying):
        start, data = (len(DATA), b"") if number else (0, DATA)
        with monkeypatch.context() as patched:
            patched.setattr(target, name, die)
            with pytest.raises(Died):
                door.send(phone, place, start, data)
        assert head_only(door, phone, place) == len(DATA)
    if asked == "POST":
        created = door.begin_upload(phone, DATA)
        assert created.headers["Upload-Offset"] == str(len(DATA))
    if asked == "PATCH":
        assert door.send(phone, place, len(DATA), b"").status_code == 204
    assert offset(door, phone, place) == len(DATA)
    assert len(door.world.rows(PhotoBytes)) == 1
    assert list(door.world.house.uploads.iterdir()) == []
    assert lacking(door, phone, sha256(DATA)) == []


def test_bytes_that_another_phone_brought_are_not_credited_to_this_one(
    door: Door, phone: Phone, place: str
) -> None:
    other = door.phone("bob")
    other.promise(DATA, door.world["visit"])
    door.upload(other, DATA)
    assert offset(door, phone, place) == 0
    assert lacking(door, phone, sha256(DATA)) == [sha256(DATA)]
    door.send(phone, place, 0, DATA)
    assert lacking(door, phone, sha256(DATA)) == []
    assert len(door.world.rows(PhotoBytes)) == 1

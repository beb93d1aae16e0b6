"""Photo bytes arrive by tus: what came before a break is kept, and nothing is taken twice."""

import base64
import errno
import fcntl
import hashlib
import os
from datetime import timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise
from pathlib import Path
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest

from models import uploads
from models.findings import Finding
from models.outbox import Outbox
from models.photos import PhotoBytes
from models.uploads import QUOTA_BYTES, UPLOAD_LIFE, Upload
from sync import arriving, invariants, limits
from sync.facts import photo
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
    return arriving_of(door, place).offset()


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
    extensions = response.headers["Tus-Extension"].split(",")
    assert extensions == ["creation", "creation-with-upload", "checksum", "expiration"]
    assert response.headers["Tus-Checksum-Algorithm"] == "sha256,sha1"
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
    door.send(phone, place, 0, bytes(500))
    answer = door.send(phone, place, 500, bytes(len(DATA) - 500))
    assert "from the beginning" in problem(answer, 460, "checksum_mismatch")["remedy"]
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


def test_a_post_that_says_it_is_a_patch_is_one(door: Door, phone: Phone, place: str) -> None:
    headers = {**TUS, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    response = door.ask("POST", place, phone, headers=headers, data=DATA, content_type=BYTES)
    assert (response.status_code, response.headers["Upload-Offset"]) == (204, str(len(DATA)))
    response = door.ask("POST", place, phone, headers=TUS, data=DATA, content_type=BYTES)
    problem(response, 405, "method_not_allowed")


def test_progress_repeats_what_the_upload_was_created_with(
    door: Door, phone: Phone, place: str
) -> None:
    encoded = base64.b64encode(sha256(DATA).encode()).decode()
    assert head(door, phone, place).headers["Upload-Metadata"] == f"sha256 {encoded}"


# Creation with upload


def create_with(door: Door, phone: Phone, body: bytes) -> Any:
    encoded = base64.b64encode(sha256(DATA).encode()).decode()
    headers = {**TUS, "Upload-Length": str(len(DATA)), "Upload-Metadata": f"sha256 {encoded}"}
    return door.ask("POST", "/uploads", phone, headers=headers, data=body, content_type=BYTES)


@pytest.mark.parametrize("size", [0, 1000, len(DATA)])
def test_creation_takes_the_first_bytes_with_it(door: Door, phone: Phone, size: int) -> None:
    created = create_with(door, phone, DATA[:size])
    assert (created.status_code, created.headers["Upload-Offset"]) == (201, str(size))
    place = created.headers["Location"]
    assert offset(door, phone, place) == size
    assert door.send(phone, place, size, DATA[size:]).status_code == 204
    assert lacking(door, phone, sha256(DATA)) == []


@pytest.mark.parametrize("size", [500, 30_000, len(DATA)])
def test_created_again_with_bytes_it_goes_on_where_it_stood(
    door: Door, phone: Phone, place: str, size: int
) -> None:
    door.send(phone, place, 0, DATA[:20_000])
    created = create_with(door, phone, DATA[:size])
    assert created.headers["Location"] == place
    assert created.headers["Upload-Offset"] == str(max(size, 20_000))
    door.send(phone, place, max(size, 20_000), DATA[max(size, 20_000) :])
    assert lacking(door, phone, sha256(DATA)) == []


# Checksums


def send_checked(door: Door, phone: Phone, place: str, data: bytes, said: str) -> Any:
    headers = {**TUS, "Upload-Offset": "100", "Upload-Checksum": said}
    return door.ask("PATCH", place, phone, headers=headers, data=data, content_type=BYTES)


def said_of(data: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"


@pytest.mark.parametrize("algorithm", ["sha256", "sha1"])
def test_a_piece_that_is_not_what_its_checksum_says_is_as_if_never_sent(
    door: Door, phone: Phone, place: str, algorithm: str
) -> None:
    door.send(phone, place, 0, DATA[:100])
    said = said_of(DATA[100:50_000], algorithm)
    spoilt = DATA[100:49_999] + b"?"
    refused = send_checked(door, phone, place, spoilt, said)
    assert "HEAD" in problem(refused, 460, "checksum_mismatch")["remedy"]
    assert offset(door, phone, place) == 100
    assert send_checked(door, phone, place, DATA[100:50_000], said).status_code == 204
    assert offset(door, phone, place) == 50_000


@pytest.mark.parametrize("right", [True, False])
def test_whoever_asks_while_the_last_piece_is_checked_takes_nothing_of_what_was_here(
    door: Door, phone: Phone, place: str, right: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes whose checksum is still to come never make an upload whole."""
    door.send(phone, place, 0, DATA[:100])
    here = []

    def asked(method: str) -> None:
        do = getattr(arriving.Writer, method)

        def ask_and_do(writer: arriving.Writer, what: Any) -> None:
            here.append(offset(door, phone, place))
            do(writer, what)

        monkeypatch.setattr(arriving.Writer, method, ask_and_do)

    asked("write")
    asked("take_back")
    rest = DATA[100:] if right else DATA[100:-1] + b"?"
    answer = send_checked(door, phone, place, rest, said_of(DATA[100:]))
    assert here == sorted(here)
    assert here[0] == 100
    assert here[-1] > len(DATA) // 2
    if right:
        assert answer.status_code == 204
    else:
        problem(answer, 460, "checksum_mismatch")
        assert offset(door, phone, place) == 100
        assert send_checked(door, phone, place, DATA[100:], said_of(DATA[100:])).status_code == 204
    assert lacking(door, phone, sha256(DATA)) == []


def test_what_began_anew_is_not_thrown_away_by_who_finds_it_wrong_too_late(
    door: Door, phone: Phone, place: str
) -> None:
    with arriving_of(door, place).writing() as writer:
        writer.write(bytes(len(DATA)))
    assert offset(door, phone, place) == 0
    assert door.send(phone, place, 0, DATA[:1000]).status_code == 204
    assert not arriving_of(door, place).finish()
    assert offset(door, phone, place) == 1000


@pytest.mark.parametrize("said", ["md5 AAAA", "sha256", "sha256 !", "sha256 AAAA", "", "SHA256 x"])
def test_a_checksum_that_cannot_be_checked_is_refused(
    door: Door, phone: Phone, place: str, said: str
) -> None:
    door.send(phone, place, 0, DATA[:100])
    response = send_checked(door, phone, place, DATA[100:200], said)
    assert "Upload-Checksum" in problem(response, 400, "bad_request")["detail"]
    assert offset(door, phone, place) == 100


# Expiration


def test_an_upload_says_until_when_it_waits_and_beginning_it_again_renews_it(
    door: Door, phone: Phone, place: str
) -> None:
    clock = door.world.clock
    first = parsedate_to_datetime(head(door, phone, place).headers["Upload-Expires"])
    assert first == clock.now() + UPLOAD_LIFE
    assert "Upload-Expires" in door.send(phone, place, 0, DATA[:100]).headers
    clock.advance(3600)
    created = door.begin_upload(phone, DATA)
    again = parsedate_to_datetime(created.headers["Upload-Expires"])
    assert again == first + timedelta(hours=1)
    answer = door.send(phone, place, 100, DATA[100:])
    assert "Upload-Expires" not in answer.headers


def test_what_was_not_finished_in_time_is_forgotten_and_can_be_begun_again(
    door: Door, phone: Phone, place: str
) -> None:
    house, clock = door.world.house, door.world.clock
    door.send(phone, place, 0, DATA[:100])
    clock.advance(UPLOAD_LIFE.total_seconds() - 1)
    assert arriving.expire_uploads(house) == 0
    with arriving_of(door, place).writing() as slow:
        clock.advance(1)
        assert arriving.expire_uploads(house) == 1
        with pytest.raises(arriving.Overtaken):
            slow.write(DATA[100:])
    assert head(door, phone, place).status_code == 404
    assert list(house.uploads.iterdir()) == []
    again = door.upload(phone, DATA)
    assert again != place
    assert offset(door, phone, again) == len(DATA)


def test_what_was_whole_when_its_time_came_is_finished_and_not_forgotten(
    door: Door, phone: Phone, place: str
) -> None:
    with arriving_of(door, place).writing() as writer:
        writer.write(DATA)
    door.world.clock.advance(UPLOAD_LIFE.total_seconds())
    arriving.expire_uploads(door.world.house)
    assert lacking(door, phone, sha256(DATA)) == []
    assert offset(door, phone, place) == len(DATA)


def test_a_file_that_belongs_to_no_upload_is_swept_away_when_it_is_old(
    door: Door, phone: Phone, place: str
) -> None:
    house, now = door.world.house, door.world.clock.now()
    for name, age in (("left", arriving.LEFT_LIFE + timedelta(hours=1)), ("fresh", timedelta())):
        file = house.uploads / name
        file.write_bytes(b"x")
        os.utime(file, times=((now - age).timestamp(),) * 2)
    assert arriving.expire_uploads(house) == 1
    assert [file.name for file in house.uploads.iterdir()] == ["fresh"]


# Limits


def test_a_device_begins_no_more_than_its_quota_a_day(
    door: Door, phone: Phone, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "QUOTA_BYTES", len(DATA) + 10)
    more = b"more than ten bytes"
    phone.promise(more, door.world["visit"])
    problem(door.begin_upload(phone, more), 429, "quota", "Upload-Length")
    assert door.begin_upload(phone, DATA).status_code == 201  # what was begun goes on
    door.world.clock.advance(24 * 3600)
    assert door.begin_upload(phone, more).status_code == 201
    assert 50 * limits.photo_bytes_max < QUOTA_BYTES


def test_of_a_visit_with_too_many_photos_only_those_it_shows_are_taken(
    door: Door, phone: Phone, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "PHOTOS_MAX", 2)
    monkeypatch.setattr(photo, "PHOTOS_MAX", 2)
    monkeypatch.setattr(invariants, "PHOTOS_MAX", 2)
    visit = door.world["visit"]
    taken = [DATA, b"second", b"third"]
    for data in taken[1:]:
        door.world.clock.advance(1)
        phone.promise(data, visit)
    phone.device.sync()
    shown = phone.device.documents("visit")[visit]["photos"]
    assert {one["sha256"] for one in shown} == {sha256(DATA), sha256(b"second")}
    assert door.begin_upload(phone, b"second").status_code == 201
    problem(door.begin_upload(phone, b"third"), 422, "too_many_photos", "sha256")
    assert door.world.rows(Finding, Finding.code == "visit.too_many_photos") != []
    assert door.world.house.database.read(invariants.violations) == {}


def test_a_full_disk_is_told_and_what_was_here_stays(
    door: Door, phone: Phone, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.send(phone, place, 0, DATA[:100])

    def full(writer: arriving.Writer, piece: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(arriving.Writer, "write", full)
        problem(door.send(phone, place, 100, DATA[100:]), 507, "no_room")
    assert door.send(phone, place, 100, DATA[100:]).status_code == 204


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
    door.world.house.blobs.remove(sha256(DATA))
    assert lacking(door, phone, sha256(DATA)) == [sha256(DATA)]
    assert offset(door, phone, place) == 0
    assert door.send(phone, place, 0, DATA).status_code == 204
    assert lacking(door, phone, sha256(DATA)) == []


@pytest.mark.parametrize("hashes", [["x"], ["A" * 64], ["0" * 64 + "\n"], ["0" * 64] * 501, "x"])
def test_what_is_no_list_of_hashes_is_a_wrong_value(door: Door, phone: Phone, hashes: Any) -> None:
    response = door.ask("POST", "/uploads/lacking", phone, json={"hashes": hashes})
    assert problem(response, 422, "wrong_value", response.json["field"])["field"][:6] == "hashes"


# Together


def arriving_of(door: Door, place: str) -> arriving.Arriving:
    """The bytes of the upload, as a process of the server sees them."""
    id_ = UUID(place.rpartition("/")[2])
    return arriving.Arriving.of(
        door.world.house, next(iter(door.world.rows(Upload, Upload.id == id_)))
    )


def test_the_newest_connection_goes_on_and_the_one_before_learns_of_it(
    door: Door, phone: Phone, place: str
) -> None:
    door.send(phone, place, 0, DATA[:100])
    with arriving_of(door, place).writing() as stalled:
        stalled.write(DATA[100:200])
        assert offset(door, phone, place) == 200
        assert door.send(phone, place, 200, DATA[200:300]).status_code == 204
        with pytest.raises(arriving.Overtaken):
            stalled.write(DATA[200:300])
        with pytest.raises(arriving.Overtaken):
            stalled.take_back(0)
        assert offset(door, phone, place) == 300
    assert door.send(phone, place, 300, DATA[300:]).status_code == 204
    assert offset(door, phone, place) == len(DATA)


def test_while_somebody_takes_the_whole_in_nobody_waits(
    door: Door, phone: Phone, place: str
) -> None:
    with arriving_of(door, place).writing() as writer:
        writer.write(DATA)
    with arriving_of(door, place).turn.open("ab") as taking_in:
        fcntl.flock(taking_in, fcntl.LOCK_EX)
        assert offset(door, phone, place) == len(DATA)
        problem(door.send(phone, place, len(DATA), b""), 423, "locked")
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
    # Those who send may all be sent away: by one another, and by whoever asked and takes it in.
    assert set(seen) <= {200, 204, 409, 423}
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

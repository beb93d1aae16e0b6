"""A folder and an S3-compatible service keep blobs alike."""

import hashlib
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.blobs import Blobs, open_blobs
from models.blobs.address import read_url
from models.blobs.store import Unreachable

DATA = random.Random(1).randbytes(700_000)
SHA256 = hashlib.sha256(DATA).hexdigest()
OTHER = hashlib.sha256(b"other").hexdigest()
PREVIEW = f"{SHA256}.320.webp"


@pytest.fixture(params=["folder", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Blobs]:
    if request.param == "folder":
        yield open_blobs(f"file://{tmp_path}/blobs", tmp_path)
        return
    opened = open_blobs(request.getfixturevalue("s3_url"), tmp_path)
    yield opened
    opened.client.close()  # type: ignore[attr-defined]


@pytest.fixture
def file(blobs: Blobs) -> Path:
    """What has arrived, whole."""
    path = blobs.arriving / "upload"
    path.write_bytes(DATA)
    return path


def test_nothing_is_there_at_first(blobs: Blobs) -> None:
    assert SHA256 not in blobs
    assert list(blobs.names()) == []
    with pytest.raises(FileNotFoundError):
        blobs.open(SHA256).close()
    with pytest.raises(FileNotFoundError), blobs.local(SHA256):
        pass


def test_a_file_is_taken_in_under_its_hash_as_often_as_one_likes(blobs: Blobs, file: Path) -> None:
    for _ in range(2):
        assert blobs.adopt(file, SHA256)
        assert SHA256 in blobs
        assert list(blobs.names()) == [SHA256]
        with blobs.open(SHA256) as blob:
            assert blob.read() == DATA
    assert file.read_bytes() == DATA  # it stays the caller's


def test_a_file_of_another_hash_is_not_taken_in(blobs: Blobs, file: Path) -> None:
    assert not blobs.adopt(file, OTHER)
    assert OTHER not in blobs
    assert list(blobs.names()) == []


def test_what_is_derived_lies_beside_its_blob_and_goes_with_it(blobs: Blobs, file: Path) -> None:
    blobs.adopt(file, SHA256)
    blobs.put(PREVIEW, b"first")
    blobs.put(PREVIEW, b"small")
    blobs.put(f"{OTHER}.320.webp", b"another's")
    with blobs.open(PREVIEW) as blob:
        assert blob.read() == b"small"
    assert sorted(blobs.names()) == sorted([SHA256, PREVIEW, f"{OTHER}.320.webp"])
    for _ in range(2):
        blobs.remove(SHA256)
        assert list(blobs.names()) == [f"{OTHER}.320.webp"]
        assert SHA256 not in blobs


def test_a_blob_can_be_read_from_anywhere(blobs: Blobs, file: Path) -> None:
    blobs.adopt(file, SHA256)
    with blobs.open(SHA256) as blob:
        assert blob.seek(0, os.SEEK_END) == len(DATA)
        assert blob.read(1) == b""
        for at, size in ((0, 10), (5, 600_000), (len(DATA) - 3, 10), (300_000, 1)):
            blob.seek(at)
            assert blob.read(size) == DATA[at : at + size]
            assert blob.tell() == min(len(DATA), at + size)


def test_a_blob_is_a_file_of_this_machine_while_it_is_needed(blobs: Blobs, file: Path) -> None:
    blobs.adopt(file, SHA256)
    with blobs.local(SHA256) as path:
        assert path.read_bytes() == DATA
    assert [one.name for one in blobs.arriving.iterdir()] == ["upload"]


def test_putting_leaves_nothing_half_done_behind(blobs: Blobs) -> None:
    blobs.put(PREVIEW, b"small")
    assert list(blobs.arriving.iterdir()) == []


def test_many_names_are_told(blobs: Blobs) -> None:
    names = {hashlib.sha256(b"%d" % number).hexdigest() for number in range(30)}
    for name in names:
        blobs.put(name, b"x")
    assert set(blobs.names()) == names


def test_a_service_that_does_not_answer_is_told_from_a_blob_that_is_not_there(
    tmp_path: Path,
) -> None:
    nowhere = open_blobs("s3+http://key:secret@127.0.0.1:1/bucket", tmp_path)
    for ask in (lambda: SHA256 in nowhere, lambda: nowhere.put(PREVIEW, b"x")):
        with pytest.raises(Unreachable):
            ask()


def test_a_bucket_that_is_not_there_refuses_to_keep_anything(
    s3_server: str, tmp_path: Path
) -> None:
    blobs = open_blobs(f"s3+http://key:secret@{s3_server}/nothing", tmp_path)
    with pytest.raises((Unreachable, FileNotFoundError)):
        blobs.put(PREVIEW, b"x")
    blobs.client.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("url", "bucket", "prefix", "endpoint", "region"),
    [
        ("s3://photos", "photos", "", None, None),
        ("s3://photos/a/b?region=eu-west-1", "photos", "a/b/", None, "eu-west-1"),
        ("s3+https://k:s@minio.example/photos", "photos", "", "https://minio.example", "us-east-1"),
        ("s3+http://k:s@h:9000/p/x/", "p", "x/", "http://h:9000", "us-east-1"),
    ],
)
def test_a_url_names_a_bucket(
    url: str, bucket: str, prefix: str, endpoint: str | None, region: str | None
) -> None:
    seen, folder, options = read_url(url)
    assert (seen, folder) == (bucket, prefix)
    assert (options.get("endpoint_url"), options.get("region_name")) == (endpoint, region)


def test_a_secret_may_hold_any_sign() -> None:
    _, _, options = read_url("s3+https://KEY:a%2Fb%2Bc%40@host/bucket")
    assert options["aws_secret_access_key"] == "a/b+c@"


@pytest.mark.parametrize("url", ["s3://", "s3+https://host", "s3+http:///bucket", "http://h/b"])
def test_what_names_no_bucket_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"s3|http"):
        read_url(url)

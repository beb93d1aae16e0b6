"""`onsite photos check`: a folder of one's own photos, tried as the worker would."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from cli.main import onsite
from tests.pictures import corner, picture, with_notes
from worker.checking import is_clean, stands_upright

ODD = {
    "broken.jpg": corner(6).replace(b"Exif\x00\x00MM", b"Exif\x00\x00??"),
    "noted.jpg": with_notes(),
    "page.jpg": b"<!doctype html>",
    "phone.heic": picture("HEIF"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Photos held in every way, odd ones, and what is none."""
    held = {f"held-{turn}.jpg": corner(turn) for turn in range(1, 9)}
    for name, data in {**held, **ODD}.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "folder.jpg").mkdir()
    return tmp_path


def check(folder: Path, *options: str) -> Result:
    return CliRunner().invoke(onsite, ["photos", "check", str(folder), *options])


def test_each_file_is_told_of_and_none_is_kept(folder: Path) -> None:
    before = sorted(file.name for file in folder.iterdir())
    result = check(folder, "--json")
    assert result.exit_code == 0, result.output
    told = {one["file"]: one for one in json.loads(result.output)}
    assert sorted([*told, "folder.jpg"]) == before == sorted(file.name for file in folder.iterdir())
    assert {told[f"held-{turn}.jpg"]["pixels"] for turn in range(1, 9)} == {"96 x 64"}
    readable = [one for name, one in told.items() if name != "page.jpg"]
    assert {(one["state"], one["upright"], one["clean"]) for one in readable} == {
        ("present", True, True)
    }
    assert told["page.jpg"]["state"] == "unreadable: format"
    assert told["noted.jpg"]["noted"] == "taken, place, camera"
    assert told["phone.heic"]["type"] == "image/heic"
    assert all(0 < one["peak_megabytes"] < 1024 for one in told.values())


def test_people_get_a_table_and_a_sum(folder: Path) -> None:
    said = check(folder).output
    assert "held-1.jpg" in said
    assert "11 present, 1 unreadable; at most" in said


def test_an_empty_folder_is_nothing_to_tell_of(tmp_path: Path) -> None:
    assert check(tmp_path).output == "There is none.\n"


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_preview_that_is_held_otherwise_does_not_stand_upright(tmp_path: Path, turn: int) -> None:
    photo, preview = tmp_path / "photo.jpg", tmp_path / "preview.webp"
    photo.write_bytes(corner(turn))
    with Image.open(photo) as image:
        image.save(preview)
    assert stands_upright(photo, preview) == (turn == 1)


def test_a_preview_that_tells_something_is_not_clean(tmp_path: Path) -> None:
    preview = tmp_path / "preview.webp"
    image = Image.new("RGB", (8, 8))
    image.save(preview)
    assert is_clean(preview)
    image.save(preview, exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00")
    assert not is_clean(preview)

"""What a camera noted in a photo: when, where, with what, and which way up it was held.

Cameras and editors write EXIF that is broken in every way, so what cannot be understood is left
out, and never makes a photo unreadable.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

T = TypeVar("T")

TEXT_MAX = 100


def turn_of(image: Image.Image) -> int:
    """EXIF's orientation, 1 to 8; 1 where there is none."""
    turn = _understood(lambda: int(image.getexif().get(Base.Orientation, 1)))
    return turn if turn is not None and turn in range(1, 9) else 1


def noted_by_camera(image: Image.Image) -> dict[str, Any]:
    """`taken` (local time, with its offset where known), `place` and `camera`, where noted."""
    noted = {
        "taken": _understood(lambda: _taken(image.getexif().get_ifd(IFD.Exif))),
        "place": _understood(lambda: _place(image.getexif().get_ifd(IFD.GPSInfo))),
        "camera": _understood(lambda: _camera(image.getexif())),
    }
    return {name: value for name, value in noted.items() if value}


def _understood(read: Callable[[], T]) -> T | None:
    try:
        return read()
    except Exception:
        return None


def _taken(exif: Mapping[int, Any]) -> str:
    date, _, time = _text(exif[Base.DateTimeOriginal]).partition(" ")
    offset = _text(exif.get(Base.OffsetTimeOriginal, ""))
    return datetime.fromisoformat(f"{date.replace(':', '-')}T{time}{offset}").isoformat()


def _place(gps: Mapping[int, Any]) -> dict[str, float]:
    """Degrees north and east, to about ten centimetres."""
    latitude = _degrees(gps[GPS.GPSLatitude], _text(gps[GPS.GPSLatitudeRef]), "S")
    longitude = _degrees(gps[GPS.GPSLongitude], _text(gps[GPS.GPSLongitudeRef]), "W")
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise ValueError("not on this earth")
    return {"latitude": latitude, "longitude": longitude}


def _degrees(parts: Any, side: str, negative: str) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = round(degrees + minutes / 60 + seconds / 3600, 6)
    return -value if side.upper().startswith(negative) else value


def _camera(exif: Mapping[int, Any]) -> str:
    make, model = _text(exif.get(Base.Make, "")), _text(exif.get(Base.Model, ""))
    return model if model.lower().startswith(make.lower()) else f"{make} {model}".strip()


def _text(value: Any) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return "".join(mark for mark in text if mark.isprintable()).strip()[:TEXT_MAX]

"""The tour's photos: somebody's own files or small pictures made on the spot, and their upload."""

import base64
import hashlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from cli.touring.http import Server

TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".heic": "image/heic",
}
PIECE_BYTES = 256 * 1024
MADE = 3


@dataclass(frozen=True)
class Picture:
    """A photo's bytes and what they are."""

    name: str
    type: str
    data: bytes

    @property
    def sha256(self) -> str:
        """The hash that promises the bytes."""
        return hashlib.sha256(self.data).hexdigest()


def pictures(folder: Path | None) -> list[Picture]:
    """Every image file of the folder, or three made pictures where none is given."""
    if folder is None:
        return [_made(number) for number in range(1, MADE + 1)]
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in TYPES)
    return [Picture(file.name, TYPES[file.suffix.lower()], file.read_bytes()) for file in files]


def _made(number: int) -> Picture:
    image = Image.new("RGB", (800, 600), (40 * number, 90, 120))
    ImageDraw.Draw(image).text((40, 40), f"Onsite {number}", fill="white")
    file = BytesIO()
    image.save(file, "JPEG")
    return Picture(f"made-{number}.jpg", "image/jpeg", file.getvalue())


def upload(server: Server, token: str, picture: Picture) -> None:
    """Bring the bytes by tus 1.0: creation, then pieces from wherever the server stands."""
    version = {"Tus-Resumable": "1.0.0"}
    encoded = base64.b64encode(picture.sha256.encode()).decode()
    created = server.request(
        "POST",
        "/api/v1/uploads",
        token,
        headers={
            **version,
            "Upload-Length": str(len(picture.data)),
            "Upload-Metadata": f"sha256 {encoded}",
        },
    )
    place, offset = created.headers["Location"], int(created.headers["Upload-Offset"])
    while offset < len(picture.data):
        piece = picture.data[offset : offset + PIECE_BYTES]
        headers = {
            **version,
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
        }
        answer = server.request("PATCH", place, token, headers=headers, data=piece)
        offset = int(answer.headers["Upload-Offset"])

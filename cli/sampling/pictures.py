"""Photos made on the spot: a label plate, the trouble before and the same place after.

Simple drawings, but nobody takes one for another.
"""

import hashlib
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from simulation.dice import Dice

SIZE = (640, 480)
QUALITY = 82
BODIES = {
    "printer": "#5b6470",
    "display": "#22262c",
    "server": "#39424e",
    "classroom": "#e8ebee",
    "camera": "#cfd6dc",
    "kiosk": "#2f6d8c",
    "desk": "#3d3a36",
}


@dataclass(frozen=True)
class Picture:
    """A photo's bytes and what it shows."""

    purpose: str
    caption: str
    data: bytes

    @property
    def sha256(self) -> str:
        """The hash that promises the bytes."""
        return hashlib.sha256(self.data).hexdigest()


def plate(model: str, serial: str) -> Picture:
    """The label plate of a device: model, serial number and a bar code of them."""
    image = Image.new("RGB", SIZE, "#8a9199")
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((60, 90, 580, 390), 18, "#f4f4f0", "#33373c", 4)
    draw.text((96, 120), "ONSITE SAMPLE CO.", "#33373c", ImageFont.load_default(22))
    draw.text((96, 170), f"MODEL  {model}", "#111418", ImageFont.load_default(36))
    draw.text((96, 222), f"S/N  {serial}", "#111418", ImageFont.load_default(36))
    bars = Dice(f"{model} {serial}")
    x = 96
    while x < 540:
        width = bars.between(2, 7)
        draw.rectangle((x, 290, x + width, 360), "#111418")
        x += width + bars.between(2, 6)
    return _encoded("other", f"铭牌 label plate {model} {serial}", image)


def before(family: str, day: str) -> Picture:
    """The device with its fault: a red lamp, and what it shows is broken."""
    image, draw = _device(family, "#d8402f", day, "BEFORE")
    noise = Dice(f"{family} {day}")
    for _ in range(60):
        x, y = noise.between(190, 440), noise.between(150, 300)
        draw.rectangle((x, y, x + noise.between(4, 22), y + 5), noise.pick(("#d8402f", "#111418")))
    return _encoded("before", "处理前 before", image)


def after(family: str, day: str) -> Picture:
    """The device repaired: a green lamp, and what it shows is clean."""
    image, draw = _device(family, "#2fa35a", day, "AFTER")
    for row in range(6):
        draw.rectangle((200, 160 + row * 24, 440 - row * 18, 170 + row * 24), "#2d5f8a")
    return _encoded("after", "处理后 after", image)


def _device(family: str, lamp: str, day: str, when: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", SIZE, "#b9b2a4")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 380, 640, 480), "#7d7263")
    draw.rounded_rectangle((140, 90, 500, 380), 24, BODIES[family], "#15181c", 5)
    draw.rectangle((180, 140, 460, 316), "#eef2f5")
    draw.ellipse((440, 334, 468, 362), lamp)
    draw.text((24, 20), f"{when}  {day}", "#15181c", ImageFont.load_default(28))
    return image, draw


def _encoded(purpose: str, caption: str, image: Image.Image) -> Picture:
    file = BytesIO()
    image.save(file, "JPEG", quality=QUALITY)
    return Picture(purpose, caption, file.getvalue())

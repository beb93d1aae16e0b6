"""Drawing the signatures of a sealed record, each as a PNG and an SVG beside its part's hash."""

import json
from datetime import datetime
from io import BytesIO
from itertools import pairwise

from PIL import Image, ImageDraw
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import outbox
from models.derived import Subject
from models.facts import FactPart
from models.house import House
from models.records.drawing import Dot, Drawing, as_svg, draw
from models.records.rows import RecordVersion
from models.records.sealing import SIGNATURE_PREFIX
from models.records.signatures import signature_name

SCALE = 2  # pixels for each unit of the drawing
FINER = 4  # and each of them drawn from so many, either way
OPACITIES = bytes(range(256))
BLACKS = bytes(3 * len(OPACITIES))


def draw_signatures(house: House, subject: Subject) -> None:
    """Draw every signature of the record's version; those that were erased are taken away."""

    def read(session: Session) -> tuple[list[FactPart], list[int]]:
        query = (
            select(FactPart)
            .join(RecordVersion, RecordVersion.fact_key == FactPart.fact_key)
            .where(RecordVersion.id == subject.id, FactPart.name.startswith(SIGNATURE_PREFIX))
        )
        return list(session.scalars(query)), outbox.waiting(session, "signature", subject)

    parts, waiting = house.database.read(read)
    for part in parts:
        if part.text is None:
            house.blobs.remove(part.hash)
            continue
        drawing = draw(json.loads(part.text)["strokes"])
        house.blobs.put(signature_name(part.hash, "svg"), as_svg(drawing).encode())
        house.blobs.put(signature_name(part.hash, "png"), as_png(drawing))

    def body(session: Session, now: datetime) -> None:
        outbox.done(session, waiting)

    house.database.transact(body)


def as_png(drawing: Drawing) -> bytes:
    """The drawing as PNG, black on nothing, its edges smooth.

    A pixel says how much ink there is, as an entry of a palette of blacks: half as much to pack as
    a colour and an alpha, and smaller in the end.
    """
    size = (round(drawing.width * SCALE), round(drawing.height * SCALE))
    ink = Image.new("L", (size[0] * FINER, size[1] * FINER), 0)
    pen = ImageDraw.Draw(ink)
    for line in drawing.lines:
        _draw_line(pen, line)
    picture = ink.reduce(FINER)
    picture.putpalette(BLACKS)
    file = BytesIO()
    picture.save(file, "PNG", transparency=OPACITIES)
    return file.getvalue()


def _draw_line(pen: ImageDraw.ImageDraw, line: tuple[Dot, ...]) -> None:
    """Round dots joined by bands of their width."""
    finest = SCALE * FINER
    for begin, end in pairwise(line):
        band = max(1, round((begin.width + end.width) / 2 * finest))
        ends = (begin.x * finest, begin.y * finest, end.x * finest, end.y * finest)
        pen.line(ends, fill=255, width=band)
    for dot in line:
        pen.circle((dot.x * finest, dot.y * finest), dot.width * finest / 2, fill=255)

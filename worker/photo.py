"""Looking at a photo's bytes: are they what the promise said, what is in them, and its previews."""

import json
import logging
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from models import outbox
from models.derived import Subject
from models.house import House
from models.photos import PREVIEWS, PhotoBytes, preview_name
from sync import judge, limits
from sync.photos import Verdict, settle

log = logging.getLogger(__name__)

ROOT = Path(__file__).parents[1]


class Gone(Exception):
    """The darkroom died, was killed or took too long; the photo is tried again later."""


@dataclass
class Darkroom:
    """The process in which photos are developed: started when needed, and again when it died."""

    command: Sequence[str] = ("-m", "worker.darkroom")
    process: subprocess.Popen[bytes] | None = None

    def develop(self, file: Path, folder: Path, sha256: str) -> dict[str, Any]:
        """What the darkroom says of the file. Raises Gone."""
        order = {
            "file": str(file),
            "sha256": sha256,
            "previews": {side: str(folder / preview_name(sha256, side)) for side in PREVIEWS},
            "memory": limits.photo_memory_max,
            "cpu_seconds": limits.photo_cpu_seconds_max,
        }
        answer = self._ask(json.dumps(order).encode() + b"\n")
        if not answer:
            self.close()
            raise Gone(f"the darkroom did not develop {sha256}")
        said: dict[str, Any] = json.loads(answer)
        return said

    def _ask(self, order: bytes) -> bytes:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):
            process.stdin.write(order)
            process.stdin.flush()
            ready, _, _ = select.select([process.stdout], [], [], limits.photo_wall_seconds_max)
            return process.stdout.readline() if ready else b""
        return b""

    def _running(self) -> subprocess.Popen[bytes]:
        if self.process is None or self.process.poll() is not None:
            self.close()
            # Nothing of our surroundings is told to what strangers' bytes are decoded in. All of a
            # child's memory is new to it, so it comes in large pages where the machine has them.
            surroundings = {
                "PATH": os.defpath,
                "MALLOC_ARENA_MAX": "2",
                "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
            }
            self.process = subprocess.Popen(
                [sys.executable, *self.command],
                cwd=ROOT,
                env=surroundings,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
            )
        return self.process

    def close(self) -> None:
        """End the process and whatever it is doing."""
        process, self.process = self.process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()


DARKROOM = Darkroom()


def look_at(house: House, subject: Subject) -> None:
    """See to the photo whose bytes arrived or were erased, or of which it is only known that it was
    promised. Raises Gone."""

    def read(session: Session) -> tuple[PhotoBytes | None, list[int]]:
        waiting = outbox.waiting(session, "photo", subject)
        return session.get(PhotoBytes, subject.id), waiting

    bytes_, waiting = house.database.read(read)
    verdict = None if bytes_ is None else _see_to(house, bytes_)

    def body(session: Session, now: datetime) -> bool:
        judge.lock(session, [subject])
        written = settle(session, now, subject, verdict)
        if written:
            # What was put since we looked has something new to say.
            outbox.done(session, waiting)
        return written

    if not house.database.transact(body):
        look_at(house, subject)  # Erased meanwhile: what we have just made of it has to go too.


def _see_to(house: House, bytes_: PhotoBytes) -> Verdict | None:
    sha256 = bytes_.sha256
    if bytes_.state == "erased":
        house.blobs.remove(sha256)
        return None
    try:
        with house.blobs.local(sha256) as file:
            verdict = develop(house, file, sha256)
    except FileNotFoundError:
        verdict = Verdict("lost")
    if verdict.state == "lost":
        log.error("the store has lost the bytes of %s; they are asked for again", sha256)
        house.blobs.remove(sha256)
    return verdict


def develop(house: House, file: Path, sha256: str) -> Verdict:
    """What the file is, its previews being put beside it. Raises Gone."""
    with tempfile.TemporaryDirectory() as folder:
        said = DARKROOM.develop(file, Path(folder), sha256)
        reason = said.get("reason")
        if reason == "killed":
            raise Gone(f"the darkroom was killed over {sha256}")
        if reason is None:
            for side in PREVIEWS:
                name = preview_name(sha256, side)
                house.blobs.put(name, (Path(folder) / name).read_bytes())
            return Verdict("present", said["type"], None, said["seen"])
    log.info("no picture can be made of %s: %s", sha256, reason)
    return Verdict("lost") if reason == "hash" else Verdict("unreadable", None, reason)

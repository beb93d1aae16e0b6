"""What a process need not search for garbage: its code, and what is many but has no circles."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def reading() -> Iterator[None]:
    """For as long as the block lasts nobody looks for garbage, and in what it has read nobody looks
    later either: code is none, and to look at it takes a quarter of a process that only starts."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        if not gc.get_freeze_count():
            gc.freeze()


@contextmanager
def unsearched() -> Iterator[None]:
    """For as long as the block lasts nobody looks for garbage. What it makes by the million ends by
    itself, and looking through it takes a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()

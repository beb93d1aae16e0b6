"""How a process reads its code."""

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

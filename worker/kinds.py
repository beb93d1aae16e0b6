"""Which function does which kind of work of the outbox: what needs no door, and what this one adds.

A function is given the house and the subject. It takes the subject's waiting rows away in the
transaction of its effect, so running it twice does nothing more.
"""

from collections.abc import Mapping

from sync import working
from sync.working import Work
from worker.photo import look_at
from worker.signature import draw_signatures

KINDS: Mapping[str, Work] = {
    **working.KINDS,
    "photo": look_at,
    "signature": draw_signatures,
}

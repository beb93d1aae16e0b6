"""Which function does which kind of work of the outbox.

A function is given the house and the subject. It takes the subject's waiting rows away in the
transaction of its effect, so running it twice does nothing more.
"""

from collections.abc import Callable

from models.derived import Subject
from models.house import House
from sync.judge import judge
from worker.photo import look_at
from worker.reconcile import reconcile

Work = Callable[[House, Subject], None]

KINDS: dict[str, Work] = {
    "judge": lambda house, subject: judge(house.database, subject),
    "reconcile": reconcile,
    "photo": look_at,
}

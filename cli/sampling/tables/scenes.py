"""What happens besides the ordinary: so many workdays ago, to which technician.

Each finding of the sample comes from one of these.
"""

from typing import NamedTuple


class Scene(NamedTuple):
    """One morning's visit that goes another way. `family` is what it is about and `plan` which
    contract holds there, if that matters; `loaner` counts from 0 in the order of the pool, `days`
    is how long it is lent."""

    course: str
    workdays_ago: int
    technician: int
    family: str | None = None
    loaner: int | None = None
    days: int = 15
    plan: str | None = None


SCENES = (
    Scene("lend_and_return", 13, 4, "desk", 5),
    Scene("lend", 13, 3, "printer", 0, days=10),  # overdue
    Scene("late_work", 12, 2),  # settled the day after
    Scene("lend_and_return", 11, 6, "printer", 1),
    Scene("lend", 11, 7, "server", 9, days=7),  # overdue
    Scene("lend_and_return", 10, 9, "classroom", 12),
    Scene("both_seal", 8, 10),
    Scene("declined", 7, 0),
    Scene("counted_too_much", 7, 11),
    Scene("lend", 6, 5, "desk", 6),
    Scene("refused", 5, 8),
    Scene("uses_too_much", 5, 1),
    Scene("lend", 4, 0, "printer", 2),
    Scene("nobody_there", 4, 2),
    Scene("absent_signer", 4, 3),
    Scene("works_after_cancellation", 3, 1),
    Scene("declined", 3, 3),
    Scene("lend", 3, 2, "printer", 2),  # the number of a unit that is still lent: contested
    Scene("late_work", 2, 3),
    Scene("takes_anothers_piece", 2, 0),
    Scene("lend_and_return", 2, 1, "desk", 7),
    Scene("lends_a_hand", 1, 2),
    Scene("lend", 1, 6, "classroom", 13),
    Scene("answered_late", 1, 1, plan="barcode-printer"),  # promised within half an hour
    Scene("storm", 1, 0, plan="phased-rollout-software"),  # its clock stands still
)

# How often a visit without a scene takes which course.
COURSES = (
    ("repair", 74),
    ("inspect", 12),
    ("absent_signer", 4),
    ("incomplete", 4),
    ("nobody_there", 2),
    ("no_access", 1),
    ("called_off", 3),
)

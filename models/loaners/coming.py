"""What the desk may decide of a loaner next, as it is held now."""

from datetime import date

from models.loaners.desk import STATES
from models.loaners.replay import stands_in_the_way
from models.loaners.rows import SOLD, Custody, Reservation


def coming(held: Custody | None) -> list[str]:
    """What may be decided next of a loaner that is held like this. What will never be back, as far
    as anybody knows, is reserved for no day."""
    if held is None:
        return ["placed", "reserved"]
    steps = [step for step, states in STATES.items() if held.state in states]
    if held.state != SOLD:
        steps.append("placed")
    if not stands_in_the_way(held, Reservation(starts=date.max, until=date.max)):
        steps.append("reserved")
    return steps

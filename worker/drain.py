"""Doing what waits, with everything that this door can do."""

from models.house import House
from sync import working
from worker.kinds import KINDS


def drain(house: House) -> int:
    """Do everything that waits and is free, and what follows from it; answers how much it was."""
    return working.drain(house, KINDS)

"""What RQ calls: the functions that a queued job names, over one house a process."""

import os
from functools import cache

from models.house import House
from models.settings import Settings
from worker.drain import drain, perform
from worker.publish import publish_all
from worker.windows import move_windows


@cache
def house() -> House:
    """This process's house, opened when first needed: RQ forks a process for each job."""
    return House.open(Settings.read(os.environ))


def work(job: str) -> None:
    """Do what was announced, and whatever follows from it."""
    if job == "publish":
        publish_all(house())
    else:
        perform(house(), int(job.rpartition(" ")[2]))
    drain(house())


def relay() -> None:
    """Do what waits and was not announced, or whose lease ran out."""
    drain(house())


def windows() -> None:
    """Move the visit window to the present."""
    move_windows(house())
    drain(house())

"""Machines try to break every operation, as everybody: nothing fails, and every answer is one that
the document describes, for whoever may ask."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pytest
from schemathesis.core.failures import FailureGroup

from models.clock import SystemClock
from tests.api.door import Door
from tests.api.machines import ROLES, Machine, roles_of
from tests.conftest import Figures
from tests.servers import DatabaseServer
from tests.world import World

EXAMPLES = 4
EXAMPLES_OF_PROOF = 50
EXAMPLES_OF_THE_REFUSED = 10


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def machine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Machine]:
    """One company for all of it, and whatever the machine does to it."""
    server: DatabaseServer = request.getfixturevalue(request.param)
    url = server.fresh()
    world = World.open(url, tmp_path_factory.mktemp("home"))
    yield Machine(Door(world))
    world.close()
    server.drop(url)


def run(machine: Machine, roles: Callable[[Any], Iterable[tuple[Sequence[str], int]]]) -> None:
    """Ask for every operation as the roles that the function names, each so many times."""
    broken = []
    for operation in machine.operations():
        for asking, examples in roles(operation):
            try:
                machine.ask(operation, asking, examples)
            except (AssertionError, FailureGroup) as error:
                broken.append(f"{operation.label} as one of {', '.join(asking)}: {told(error)}")
    if broken:
        pytest.fail("\n\n".join(broken), pytrace=False)


def told(error: BaseException) -> str:
    """What is wrong, with the requests that show it."""
    inner = getattr(error, "exceptions", ())
    notes = getattr(error, "__notes__", ())
    return "\n".join([f"{type(error).__name__}: {error}", *notes, *map(told, inner)])


def test_no_machine_breaks_an_operation(machine: Machine) -> None:
    run(machine, lambda operation: [(ROLES, EXAMPLES)])


@pytest.mark.proof
def test_no_machine_breaks_an_operation_at_length(machine: Machine, figures: Figures) -> None:
    def roles(operation: Any) -> Iterator[tuple[Sequence[str], int]]:
        may, may_not = roles_of(operation)
        yield may, EXAMPLES_OF_PROOF
        if may_not:
            yield may_not, EXAMPLES_OF_THE_REFUSED

    clock = SystemClock()
    began = clock.now()
    run(machine, roles)
    seconds = (clock.now() - began).total_seconds()
    figures(
        operations=len(list(machine.operations())),
        requests=machine.statuses.total(),
        accepted=sum(number for status, number in machine.statuses.items() if status < 300),
        operations_accepted=len(machine.accepted),
        server_errors=sum(number for status, number in machine.statuses.items() if status >= 500),
        seconds=round(seconds, 1),
    )

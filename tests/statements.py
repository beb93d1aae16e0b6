"""The statements of the tests are those that the simulation makes too."""

from simulation.statements import (
    STATEMENTS,
    Statement,
    put,
    record_content,
    row,
    sealed,
    signer,
    state,
)

__all__ = [
    "STATEMENTS",
    "Statement",
    "put",
    "record_content",
    "row",
    "sealed",
    "signer",
    "state",
]

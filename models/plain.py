"""Values of columns as JSON and back: what a cursor, an audit trail and a decision keep of rows."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from models.clock import instant_from, instant_text
from models.types import exact_quantity


def plain(value: Any) -> Any:
    """The value, or everything in it, as JSON has it: ids, times, dates and quantities as text."""
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    return value


READERS: Mapping[type, Callable[[str], Any]] = {
    UUID: UUID,
    datetime: instant_from,
    date: date.fromisoformat,
    Decimal: lambda text: exact_quantity(Decimal(text)),
}


def typed(column: Any, value: Any) -> Any:
    """What a column holds, from its JSON value. Raises ValueError or TypeError if it is none."""
    kind = column.type.python_type
    if value is None:
        return None
    if kind in READERS:
        if not isinstance(value, str):
            raise TypeError(f"text is needed for {column.key}")
        return READERS[kind](value)
    if kind is dict and isinstance(value, list):
        return value  # a column of JSON holds either
    if not isinstance(value, kind):
        raise TypeError(f"{kind.__name__} is needed for {column.key}")
    return value

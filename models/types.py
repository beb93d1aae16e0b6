"""Column types that refuse what would later be wrong: naive times, inexact quantities. And ids."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Uuid
from sqlalchemy.types import TypeDecorator

# SQLite numbers rows by itself only where the key is a plain INTEGER.
ROW_NUMBER = BigInteger().with_variant(Integer(), "sqlite")

QUANTITY_STEP = Decimal("0.001")
QUANTITY_MAX = Decimal("999999999.999")  # of what somebody says
SUM_MAX = Decimal("999999999999999.999")  # of what that comes to, a million times the most


KNOWN_IDS = 2**16


class Id(Uuid[UUID]):
    """An id. SQLite keeps it as text, and most texts are read again and again: the id that was made
    of one before is given again, and compares at once with itself."""

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], UUID | None] | None:
        """How an id is read; None where the driver does it."""
        if dialect.supports_native_uuid:
            return None
        return _read_id


@lru_cache(maxsize=KNOWN_IDS)
def _read_id(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Naive datetimes are refused with ValueError; what is read back is in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True
    python_type = datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without zone cannot be stored: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        instant: datetime = value
        # SQLite keeps no zone; what was bound was UTC.
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def exact_quantity(value: Decimal | int) -> Decimal:
    """The value as decimal(18,3). Raises ValueError for more decimals, or more than people can come
    to by saying it."""
    try:
        exact = Decimal(value).quantize(QUANTITY_STEP)
    except InvalidOperation as error:
        raise ValueError(f"this is no quantity: {value}") from error
    if exact != value or abs(exact) > SUM_MAX:
        raise ValueError(f"a sum of quantities has at most 15 digits and 3 decimals: {value}")
    return exact


def said_quantity(value: Decimal | int) -> Decimal:
    """What somebody says as decimal(12,3). Raises ValueError for more decimals or beyond
    999,999,999.999."""
    exact = exact_quantity(value)
    if abs(exact) > QUANTITY_MAX:
        raise ValueError(f"a quantity has at most 9 digits and 3 decimals: {value}")
    return exact


class Quantity(TypeDecorator[Decimal]):
    """decimal(18,3), kept as thousandths so that both databases add it up exactly."""

    impl = BigInteger
    cache_ok = True
    python_type = Decimal

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        return None if value is None else int(exact_quantity(value) * 1000)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(int(value)).scaleb(-3)

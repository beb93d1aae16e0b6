"""The declarative base: every constraint gets a name, so that a violated one can be named."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase

from models.types import Id, Quantity, UtcDateTime

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All rows. Text has no length here: limits have names and stand in the schemas."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {
        datetime: UtcDateTime(),
        Decimal: Quantity(),
        UUID: Id(),
        bytes: LargeBinary(),
        str: Text(),
        int: BigInteger(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
    }

    def values(self) -> dict[str, Any]:
        """The row's columns as a plain dict, for comparing and for answering after the commit."""
        return {column.key: getattr(self, column.key) for column in self.__mapper__.column_attrs}


WITH_COLUMNS = ForeignKeyConstraint | Index | PrimaryKeyConstraint | UniqueConstraint


def columns_of(name: str) -> list[str]:
    """The columns of the key, constraint or index of that name; none where there is none."""
    for table in Base.metadata.tables.values():
        for one in (*table.constraints, *table.indexes):
            if isinstance(one, WITH_COLUMNS) and one.name == name:
                return [column.name for column in one.columns]
    return []

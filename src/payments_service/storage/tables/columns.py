"""What columns have in common: names of constraints, instants, amounts, and what makes a row its own work item."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Integer,
    MetaData,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def instant(name: str, **options: Any) -> Column[Any]:
    return Column(name, DateTime(timezone=True), **options)


def happened(name: str) -> Column[Any]:
    return instant(name, nullable=False, server_default=text("clock_timestamp()"))


def work_item() -> tuple[Column[Any], ...]:
    return (
        instant("due_at"),
        instant("lease_until"),
        Column("fence", BigInteger, nullable=False, server_default=text("0")),
    )


def ore(name: str) -> Column[Any]:
    return Column(name, Integer, nullable=False, server_default=text("0"))

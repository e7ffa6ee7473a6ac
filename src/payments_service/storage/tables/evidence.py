"""What Vipps posted, what happened, and what a person must look at."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from payments_service.storage.tables.columns import happened, instant, metadata

deliveries = Table(
    "deliveries",
    metadata,
    Column("delivery_id", BigInteger, Identity(always=True), primary_key=True),
    Column("channel", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    happened("received_at"),
    instant("settled_at"),
    CheckConstraint("channel IN ('ecom','webhooks')", name="channel"),
)
Index("uq_deliveries_fingerprint", deliveries.c.channel, deliveries.c.fingerprint, unique=True)
Index("ix_deliveries_unsettled", deliveries.c.order_id, postgresql_where=text("settled_at IS NULL"))
Index("ix_deliveries_with_body", deliveries.c.received_at, postgresql_where=text("octet_length(body) > 0"))

history = Table(
    "history",
    metadata,
    Column("history_id", BigInteger, Identity(always=True), primary_key=True),
    happened("at"),
    Column("order_id", Uuid(as_uuid=False)),
    Column("registration_id", Text),
    Column("what", Text, nullable=False),
    Column("evidence", JSONB, nullable=False, server_default=text("'{}'")),
)
Index("ix_history_order_id", history.c.order_id, history.c.history_id)
Index("ix_history_registration_id", history.c.registration_id, history.c.history_id)

attention = Table(
    "attention",
    metadata,
    Column("attention_id", BigInteger, Identity(always=True), primary_key=True),
    Column("code", Text, nullable=False),
    Column("event_id", Text),
    Column("registration_id", Text),
    Column("order_id", Text),
    happened("opened_at"),
    instant("closed_at"),
    CheckConstraint(
        "code IN ('paid_without_seat','seat_without_answer','seat_without_payment','paid_twice',"
        "'reserved_not_captured','amount_mismatch','unknown_payment','release_refused')",
        name="code",
    ),
)
Index(
    "uq_attention_open",
    attention.c.code,
    text("coalesce(registration_id, '')"),
    text("coalesce(order_id, '')"),
    unique=True,
    postgresql_where=text("closed_at IS NULL"),
)
Index(
    "ix_attention_open",
    attention.c.opened_at.desc(),
    attention.c.attention_id.desc(),
    postgresql_where=text("closed_at IS NULL"),
)

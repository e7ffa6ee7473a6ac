"""What callers were answered, and what the event backend is told."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from payments_service.storage.tables.columns import happened, instant, metadata, work_item

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("method", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    happened("created_at"),
    instant("lease_until"),
    Column("fence", BigInteger, nullable=False, server_default=text("1")),
    Column("status", Integer),
    Column("headers", JSONB),
    Column("body", LargeBinary),
    CheckConstraint("(status IS NULL) = (body IS NULL)", name="answer"),
)
Index("ix_idempotency_keys_created_at", idempotency_keys.c.created_at)

# What we tell the event backend. Of each lane only the first that waits has a `due_at`: see `storage/notices`.
notices = Table(
    "notices",
    metadata,
    Column("notice_id", Text, primary_key=True),
    Column("position", BigInteger, Identity(always=True), nullable=False),
    Column("lane", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("event_id", Text),
    Column("user_id", Text),
    Column("registration_id", Text),
    Column("order_id", Text),
    Column("status", Text, nullable=False),
    Column("amount_ore", Integer, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("last_answer", Text),
    instant("first_tried_at"),
    instant("delivered_at"),
    *work_item(),
    happened("created_at"),
    CheckConstraint(
        "type IN ('order.paid','order.cancelled','order.refunded','registration.expired','registration.held',"
        "'attention.opened')",
        name="type",
    ),
    CheckConstraint("state IN ('waiting','delivered','given_up')", name="state"),
    CheckConstraint("amount_ore >= 0", name="amount"),
    CheckConstraint("state = 'waiting' OR due_at IS NULL", name="due"),
    CheckConstraint("(state = 'delivered') = (delivered_at IS NOT NULL)", name="delivered"),
)
Index("ix_notices_due", notices.c.due_at, postgresql_where=text("due_at IS NOT NULL"))
Index("ix_notices_lane", notices.c.lane, notices.c.position, postgresql_where=text("state = 'waiting'"))
Index("ix_notices_created_at", notices.c.created_at.desc(), notices.c.notice_id.desc())
Index("ix_notices_event_id", notices.c.event_id, notices.c.created_at.desc(), notices.c.notice_id.desc())
Index("ix_notices_registration_id", notices.c.registration_id)
Index("ix_notices_user_id", notices.c.user_id)
Index(
    "ix_notices_state",
    notices.c.state,
    notices.c.created_at.desc(),
    notices.c.notice_id.desc(),
    postgresql_where=text("state <> 'delivered'"),
)

"""Paid events, the registrations for them, and events that are gone."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    Table,
    Text,
    text,
)

from payments_service.storage.tables.columns import happened, instant, metadata, work_item

paid_events = Table(
    "paid_events",
    metadata,
    Column("event_id", Text, primary_key=True),
    Column("price_ore", Integer, nullable=False),
    Column("paytime_seconds", Integer, nullable=False),
    Column("title", Text),
    Column("organizer", Text),
    instant("starts_at"),
    Column("url", Text),
    instant("pulled_at"),
    happened("created_at"),
    happened("updated_at"),
    CheckConstraint("price_ore BETWEEN 100 AND 999999", name="price"),
    CheckConstraint("paytime_seconds BETWEEN 1 AND 86399", name="paytime"),
    CheckConstraint("char_length(title) <= 200", name="title"),
)

Index("ix_paid_events_created_at", paid_events.c.created_at.desc(), paid_events.c.event_id.desc())

registrations = Table(
    "registrations",
    metadata,
    Column("registration_id", Text, primary_key=True),
    Column("event_id", Text, nullable=False),
    Column("user_id", Text),
    Column("status", Text, nullable=False),
    instant("payment_expiredate", nullable=False),
    Column("from_waiting_list", Boolean, nullable=False, server_default=text("false")),
    instant("backend_expiredate"),
    instant("announced_at"),
    instant("sealed_at"),
    instant("held_since"),
    instant("shadow_decided_at"),
    instant("release_sent_at"),
    instant("over_at"),
    Column("released_by", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    *work_item(),
    happened("created_at"),
    happened("updated_at"),
    CheckConstraint(
        "status IN ('awaiting_payment','paid','held','expiring','expired','refunded','exempt','ended')",
        name="status",
    ),
    CheckConstraint("(status IN ('expired','ended')) = (over_at IS NOT NULL)", name="over"),
    CheckConstraint("(status = 'held') = (held_since IS NOT NULL)", name="held"),
    CheckConstraint("released_by IN ('unregister','waiting_list')", name="released_by"),
    CheckConstraint("status <> 'expired' OR released_by IS NOT NULL", name="released"),
)
Index(
    "uq_registrations_current",
    registrations.c.event_id,
    registrations.c.user_id,
    unique=True,
    postgresql_where=text("status NOT IN ('expired','ended')"),
)
Index("ix_registrations_event_id", registrations.c.event_id, registrations.c.created_at.desc())
Index(
    "ix_registrations_created_at", registrations.c.created_at.desc(), registrations.c.registration_id.desc()
)
Index(
    "ix_registrations_status",
    registrations.c.status,
    registrations.c.created_at.desc(),
    registrations.c.registration_id.desc(),
)
Index("ix_registrations_user_id", registrations.c.user_id)
Index("ix_registrations_due", registrations.c.due_at, postgresql_where=text("due_at IS NOT NULL"))

# an event that is gone, until all its registrations and orders have been told; whoever finds one here goes on with it
removals = Table(
    "removals",
    metadata,
    Column("event_id", Text, primary_key=True),
    happened("gone_at"),
)

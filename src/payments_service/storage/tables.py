"""The tables. What must never be false is a constraint here, not a hope in the code above.

Ids of events, members and registrations are the event backend's and outlive our rows, so nothing refers to them by
foreign key; orders are ours and are referred to. `due_at`, `lease_until` and `fence` make a row its own work item:
see `claims`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    cast,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _instant(name: str, **options: Any) -> Column[Any]:
    return Column(name, DateTime(timezone=True), **options)


def _happened(name: str) -> Column[Any]:
    return _instant(name, nullable=False, server_default=text("clock_timestamp()"))


def _work_item() -> tuple[Column[Any], ...]:
    return (
        _instant("due_at"),
        _instant("lease_until"),
        Column("fence", BigInteger, nullable=False, server_default=text("0")),
    )


def _ore(name: str) -> Column[Any]:
    return Column(name, Integer, nullable=False, server_default=text("0"))


paid_events = Table(
    "paid_events",
    metadata,
    Column("event_id", Text, primary_key=True),
    Column("price_ore", Integer, nullable=False),
    Column("paytime_seconds", Integer, nullable=False),
    Column("title", Text),
    Column("organizer", Text),
    _instant("starts_at"),
    Column("url", Text),
    _instant("pulled_at"),
    _happened("created_at"),
    _happened("updated_at"),
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
    _instant("payment_expiredate", nullable=False),
    Column("from_waiting_list", Boolean, nullable=False, server_default=text("false")),
    _instant("backend_expiredate"),
    _instant("announced_at"),
    _instant("sealed_at"),
    _instant("held_since"),
    _instant("shadow_decided_at"),
    _instant("release_sent_at"),
    _instant("over_at"),
    Column("released_by", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    *_work_item(),
    _happened("created_at"),
    _happened("updated_at"),
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

orders = Table(
    "orders",
    metadata,
    Column("order_id", Uuid(as_uuid=False), primary_key=True),
    Column("registration_id", Text),
    Column("event_id", Text),
    Column("user_id", Text),
    Column("vipps_api", Text, nullable=False),
    Column("amount_ore", Integer, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'INITIATE'")),
    Column("status_reason", Text),
    _ore("authorized_ore"),
    _ore("captured_ore"),
    _ore("refunded_ore"),
    _ore("held_ore"),
    Column("payment_link", Text),
    _instant("started_at"),
    _instant("checkout_ends_at"),
    _instant("paid_at"),
    _instant("unanswered_since"),
    _instant("missing_since"),
    _instant("read_at"),
    Column("read_sha256", Text),
    # the same sentence as `Order.is_paid`; a test holds the two together
    Column(
        "is_paid",
        Boolean,
        Computed(
            "captured_ore > refunded_ore OR (status = 'RESERVED' AND held_ore >= amount_ore)", persisted=True
        ),
        nullable=False,
    ),
    Column("is_closed", Boolean, nullable=False, server_default=text("false")),
    Column("is_frozen", Boolean, nullable=False, server_default=text("false")),
    Column("is_declined", Boolean, nullable=False, server_default=text("false")),
    Column("pays_seat", Boolean, nullable=False, server_default=text("false")),
    Column("is_returning", Boolean, nullable=False, server_default=text("false")),
    Column("is_pushed", Boolean, nullable=False, server_default=text("false")),
    Column("is_imported", Boolean, nullable=False, server_default=text("false")),
    # what Vipps was asked, where asking again in the same words gives the same payment; gone when it is answered
    Column("start_request", JSONB(none_as_null=True)),
    *_work_item(),
    _happened("created_at"),
    _happened("updated_at"),
    CheckConstraint("vipps_api IN ('ecom','epayment')", name="vipps_api"),
    CheckConstraint("amount_ore BETWEEN 100 AND 999999", name="amount"),
    CheckConstraint(
        "status IN ('INITIATE','RESERVED','SALE','CAPTURE','CANCEL','VOID','REFUND')", name="status"
    ),
    CheckConstraint(
        "status_reason IN ('cancelled_by_member','timed_out','declined','superseded','cancelled_by_organiser',"
        "'never_created','late')",
        name="status_reason",
    ),
    CheckConstraint(
        "0 <= refunded_ore AND refunded_ore <= captured_ore AND 0 <= held_ore"
        " AND captured_ore + held_ore <= authorized_ore AND authorized_ore <= amount_ore",
        name="amounts",
    ),
    CheckConstraint("(started_at IS NULL) = (checkout_ends_at IS NULL)", name="started"),
    CheckConstraint("NOT pays_seat OR paid_at IS NOT NULL", name="pays_seat"),
    CheckConstraint("NOT (pays_seat AND is_returning)", name="returning"),
    CheckConstraint("payment_link IS NULL OR status = 'INITIATE'", name="payment_link"),
    CheckConstraint("start_request IS NULL OR status = 'INITIATE'", name="start_request"),
)
Index("uq_orders_open", orders.c.registration_id, unique=True, postgresql_where=text("status = 'INITIATE'"))
Index("uq_orders_pays_seat", orders.c.registration_id, unique=True, postgresql_where=text("pays_seat"))
Index("ix_orders_registration_id", orders.c.registration_id, orders.c.created_at.desc())
Index("ix_orders_event_id", orders.c.event_id, orders.c.created_at.desc(), orders.c.order_id.desc())
Index("ix_orders_user_id", orders.c.user_id, orders.c.created_at.desc(), orders.c.order_id.desc())
Index("ix_orders_created_at", orders.c.created_at.desc(), orders.c.order_id.desc())
Index("ix_orders_status", orders.c.status, orders.c.created_at.desc(), orders.c.order_id.desc())
# a search is by prefix, which an index in the order of a language cannot serve
Index(
    "ix_orders_search_order_id",
    cast(orders.c.order_id, Text).label("words"),
    postgresql_ops={"words": "text_pattern_ops"},
)
Index("ix_orders_search_user_id", orders.c.user_id, postgresql_ops={"user_id": "text_pattern_ops"})
Index("ix_orders_search_event_id", orders.c.event_id, postgresql_ops={"event_id": "text_pattern_ops"})
Index("ix_orders_due", orders.c.due_at, postgresql_where=text("due_at IS NOT NULL"))

operations = Table(
    "operations",
    metadata,
    Column("operation_key", Text, primary_key=True),
    Column("order_id", Uuid(as_uuid=False), ForeignKey("orders.order_id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("amount_ore", Integer, nullable=False),
    Column("before_ore", Integer, nullable=False, server_default=text("0")),
    Column("state", Text, nullable=False, server_default=text("'pending'")),
    Column("reason", Text),
    Column("actor", Text, nullable=False),
    Column("client_key", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("is_in_doubt", Boolean, nullable=False, server_default=text("false")),
    Column("last_answer", Text),
    *_work_item(),
    _happened("created_at"),
    _happened("updated_at"),
    CheckConstraint("kind IN ('capture','cancel','refund')", name="kind"),
    CheckConstraint("state IN ('pending','done','refused','dropped')", name="state"),
    CheckConstraint("amount_ore > 0", name="amount"),
    CheckConstraint("char_length(operation_key) <= 40", name="key"),
    CheckConstraint("(state = 'pending') = (due_at IS NOT NULL)", name="pending"),
)
Index("ix_operations_order_id", operations.c.order_id)
Index(
    "uq_operations_client_key",
    operations.c.order_id,
    operations.c.kind,
    operations.c.actor,
    operations.c.client_key,
    unique=True,
    postgresql_where=text("client_key IS NOT NULL"),
)
Index("ix_operations_due", operations.c.due_at, postgresql_where=text("due_at IS NOT NULL"))

deliveries = Table(
    "deliveries",
    metadata,
    Column("delivery_id", BigInteger, Identity(always=True), primary_key=True),
    Column("channel", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    _happened("received_at"),
    _instant("settled_at"),
    CheckConstraint("channel IN ('ecom','webhooks')", name="channel"),
)
Index("uq_deliveries_fingerprint", deliveries.c.channel, deliveries.c.fingerprint, unique=True)
Index("ix_deliveries_unsettled", deliveries.c.order_id, postgresql_where=text("settled_at IS NULL"))
Index("ix_deliveries_with_body", deliveries.c.received_at, postgresql_where=text("octet_length(body) > 0"))

history = Table(
    "history",
    metadata,
    Column("history_id", BigInteger, Identity(always=True), primary_key=True),
    _happened("at"),
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
    _happened("opened_at"),
    _instant("closed_at"),
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

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("method", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    _happened("created_at"),
    _instant("lease_until"),
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
    _instant("first_tried_at"),
    _instant("delivered_at"),
    *_work_item(),
    _happened("created_at"),
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

# an event that is gone, until all its registrations and orders have been told; whoever finds one here goes on with it
removals = Table(
    "removals",
    metadata,
    Column("event_id", Text, primary_key=True),
    _happened("gone_at"),
)

# Orders of the system before this one. One that Vipps knows has become a row in `orders` as well, under the same id.
imported_orders = Table(
    "imported_orders",
    metadata,
    Column("order_id", Uuid(as_uuid=False), primary_key=True),
    Column("word", Text, nullable=False),
    Column("status", Text),
    Column("event_id", Text),
    Column("user_id", Text),
    Column("payment_link", Text),
    _instant("created_at"),
    _instant("updated_at"),
    Column("raw", JSONB, nullable=False),
    _happened("imported_at"),
    Column("answer", Text),
    _instant("enriched_at"),
    Column("amount_ore", Integer),
    Column("vipps_said", JSONB(none_as_null=True)),
    _instant("missing_since"),
    _instant("forgotten_at"),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    *_work_item(),
    CheckConstraint(
        "status IN ('INITIATE','RESERVED','SALE','CAPTURE','CANCEL','VOID','REFUND')", name="status"
    ),
    CheckConstraint("answer IN ('known','unknown','disregarded')", name="answer"),
    CheckConstraint("(answer IS NULL) = (enriched_at IS NULL)", name="enriched"),
    # what was paid is what Vipps names, never a guess
    CheckConstraint("(amount_ore IS NOT NULL) = coalesce(answer = 'known', false)", name="amount"),
)
Index("ix_imported_orders_event_id", imported_orders.c.event_id, imported_orders.c.user_id)
Index("ix_imported_orders_user_id", imported_orders.c.user_id)
Index("ix_imported_orders_answer", imported_orders.c.answer, postgresql_where=text("answer IS NOT NULL"))
Index("ix_imported_orders_due", imported_orders.c.due_at, postgresql_where=text("due_at IS NOT NULL"))

"""Orders, the moves of money that they wait for, and the orders of the system before this one."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    cast,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from payments_service.storage.tables.columns import happened, instant, metadata, ore, work_item

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
    ore("authorized_ore"),
    ore("captured_ore"),
    ore("refunded_ore"),
    ore("held_ore"),
    Column("payment_link", Text),
    instant("started_at"),
    instant("checkout_ends_at"),
    instant("paid_at"),
    instant("unanswered_since"),
    instant("missing_since"),
    instant("read_at"),
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
    *work_item(),
    happened("created_at"),
    happened("updated_at"),
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
    *work_item(),
    happened("created_at"),
    happened("updated_at"),
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
    instant("created_at"),
    instant("updated_at"),
    Column("raw", JSONB, nullable=False),
    happened("imported_at"),
    Column("answer", Text),
    instant("enriched_at"),
    Column("amount_ore", Integer),
    Column("vipps_said", JSONB(none_as_null=True)),
    instant("missing_since"),
    instant("forgotten_at"),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    *work_item(),
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

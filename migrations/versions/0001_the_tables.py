"""the tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attention",
        sa.Column("attention_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("registration_id", sa.Text(), nullable=True),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column(
            "opened_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "code IN ('paid_without_seat','seat_without_answer','seat_without_payment','paid_twice','reserved_not_captured','amount_mismatch','unknown_payment','release_refused')",
            name=op.f("ck_attention_code"),
        ),
        sa.PrimaryKeyConstraint("attention_id", name=op.f("pk_attention")),
    )
    op.create_index(
        "uq_attention_open",
        "attention",
        [
            "code",
            sa.literal_column("coalesce(registration_id, '')"),
            sa.literal_column("coalesce(order_id, '')"),
        ],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "deliveries",
        sa.Column("delivery_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("channel IN ('ecom','webhooks')", name=op.f("ck_deliveries_channel")),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_deliveries")),
    )
    op.create_index(
        "ix_deliveries_unsettled",
        "deliveries",
        ["order_id"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_index("uq_deliveries_fingerprint", "deliveries", ["channel", "fingerprint"], unique=True)
    op.create_table(
        "history",
        sa.Column("history_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("registration_id", sa.Text(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column(
            "evidence",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("history_id", name=op.f("pk_history")),
    )
    op.create_index("ix_history_order_id", "history", ["order_id", "history_id"], unique=False)
    op.create_index("ix_history_registration_id", "history", ["registration_id", "history_id"], unique=False)
    op.create_table(
        "idempotency_keys",
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("(status IS NULL) = (body IS NULL)", name=op.f("ck_idempotency_keys_answer")),
        sa.PrimaryKeyConstraint("caller", "method", "path", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"], unique=False)
    op.create_table(
        "orders",
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("registration_id", sa.Text(), nullable=True),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("vipps_api", sa.Text(), nullable=False),
        sa.Column("amount_ore", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'INITIATE'"), nullable=False),
        sa.Column("status_reason", sa.Text(), nullable=True),
        sa.Column("authorized_ore", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("captured_ore", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("refunded_ore", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("held_ore", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("payment_link", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checkout_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unanswered_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_sha256", sa.Text(), nullable=True),
        sa.Column(
            "is_paid",
            sa.Boolean(),
            sa.Computed(
                "captured_ore > refunded_ore OR (status = 'RESERVED' AND held_ore >= amount_ore)",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("is_closed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_frozen", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_declined", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("pays_seat", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_returning", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "payment_link IS NULL OR status = 'INITIATE'", name=op.f("ck_orders_payment_link")
        ),
        sa.CheckConstraint(
            "status IN ('INITIATE','RESERVED','SALE','CAPTURE','CANCEL','VOID','REFUND')",
            name=op.f("ck_orders_status"),
        ),
        sa.CheckConstraint(
            "status_reason IN ('cancelled_by_member','timed_out','declined','superseded','cancelled_by_organiser','never_created','late')",
            name=op.f("ck_orders_status_reason"),
        ),
        sa.CheckConstraint("vipps_api IN ('ecom','epayment')", name=op.f("ck_orders_vipps_api")),
        sa.CheckConstraint(
            "(started_at IS NULL) = (checkout_ends_at IS NULL)", name=op.f("ck_orders_started")
        ),
        sa.CheckConstraint(
            "0 <= refunded_ore AND refunded_ore <= captured_ore AND 0 <= held_ore AND captured_ore + held_ore <= authorized_ore AND authorized_ore <= amount_ore",
            name=op.f("ck_orders_amounts"),
        ),
        sa.CheckConstraint("NOT (pays_seat AND is_returning)", name=op.f("ck_orders_returning")),
        sa.CheckConstraint("NOT pays_seat OR paid_at IS NOT NULL", name=op.f("ck_orders_pays_seat")),
        sa.CheckConstraint("amount_ore BETWEEN 100 AND 999999", name=op.f("ck_orders_amount")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_orders")),
    )
    op.create_index(
        "ix_orders_created_at",
        "orders",
        [sa.literal_column("created_at DESC"), sa.literal_column("order_id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_orders_due", "orders", ["due_at"], unique=False, postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.create_index(
        "ix_orders_event_id",
        "orders",
        ["event_id", sa.literal_column("created_at DESC"), sa.literal_column("order_id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_orders_registration_id",
        "orders",
        ["registration_id", sa.literal_column("created_at DESC")],
        unique=False,
    )
    op.create_index(
        "ix_orders_user_id",
        "orders",
        ["user_id", sa.literal_column("created_at DESC"), sa.literal_column("order_id DESC")],
        unique=False,
    )
    op.create_index(
        "uq_orders_open",
        "orders",
        ["registration_id"],
        unique=True,
        postgresql_where=sa.text("status = 'INITIATE'"),
    )
    op.create_index(
        "uq_orders_pays_seat",
        "orders",
        ["registration_id"],
        unique=True,
        postgresql_where=sa.text("pays_seat"),
    )
    op.create_table(
        "paid_events",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("price_ore", sa.Integer(), nullable=False),
        sa.Column("paytime_seconds", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("organizer", sa.Text(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("pulled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("char_length(title) <= 200", name=op.f("ck_paid_events_title")),
        sa.CheckConstraint("paytime_seconds BETWEEN 1 AND 86399", name=op.f("ck_paid_events_paytime")),
        sa.CheckConstraint("price_ore BETWEEN 100 AND 999999", name=op.f("ck_paid_events_price")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_paid_events")),
    )
    op.create_table(
        "registrations",
        sa.Column("registration_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("payment_expiredate", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_waiting_list", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("backend_expiredate", sa.DateTime(timezone=True), nullable=True),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shadow_decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("release_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(status = 'held') = (held_since IS NOT NULL)", name=op.f("ck_registrations_held")
        ),
        sa.CheckConstraint(
            "(status IN ('expired','ended')) = (over_at IS NOT NULL)", name=op.f("ck_registrations_over")
        ),
        sa.CheckConstraint(
            "released_by IN ('unregister','waiting_list')", name=op.f("ck_registrations_released_by")
        ),
        sa.CheckConstraint(
            "status <> 'expired' OR released_by IS NOT NULL", name=op.f("ck_registrations_released")
        ),
        sa.CheckConstraint(
            "status IN ('awaiting_payment','paid','held','expiring','expired','refunded','exempt','ended')",
            name=op.f("ck_registrations_status"),
        ),
        sa.PrimaryKeyConstraint("registration_id", name=op.f("pk_registrations")),
    )
    op.create_index(
        "ix_registrations_due",
        "registrations",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_registrations_event_id",
        "registrations",
        ["event_id", sa.literal_column("created_at DESC")],
        unique=False,
    )
    op.create_index("ix_registrations_user_id", "registrations", ["user_id"], unique=False)
    op.create_index(
        "uq_registrations_current",
        "registrations",
        ["event_id", "user_id"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('expired','ended')"),
    )
    op.create_table(
        "operations",
        sa.Column("operation_key", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("amount_ore", sa.Integer(), nullable=False),
        sa.Column("before_ore", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("client_key", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_in_doubt", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("last_answer", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("(state = 'pending') = (due_at IS NOT NULL)", name=op.f("ck_operations_pending")),
        sa.CheckConstraint("kind IN ('capture','cancel','refund')", name=op.f("ck_operations_kind")),
        sa.CheckConstraint(
            "state IN ('pending','done','refused','dropped')", name=op.f("ck_operations_state")
        ),
        sa.CheckConstraint("amount_ore > 0", name=op.f("ck_operations_amount")),
        sa.CheckConstraint("char_length(operation_key) <= 40", name=op.f("ck_operations_key")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"], name=op.f("fk_operations_order_id")),
        sa.PrimaryKeyConstraint("operation_key", name=op.f("pk_operations")),
    )
    op.create_index(
        "ix_operations_due",
        "operations",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("ix_operations_order_id", "operations", ["order_id"], unique=False)
    op.create_index(
        "uq_operations_client_key",
        "operations",
        ["order_id", "kind", "actor", "client_key"],
        unique=True,
        postgresql_where=sa.text("client_key IS NOT NULL"),
    )

    # A history that can be changed is no evidence. Nobody updates, deletes or truncates it, whatever their rights.
    op.execute("""
        CREATE FUNCTION refuse_to_change_history() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'history is only ever added to' USING ERRCODE = 'restrict_violation';
        END $$
    """)
    op.execute("""
        CREATE TRIGGER history_is_append_only BEFORE UPDATE OR DELETE ON history
        FOR EACH ROW EXECUTE FUNCTION refuse_to_change_history()
    """)
    op.execute("""
        CREATE TRIGGER history_is_never_emptied BEFORE TRUNCATE ON history
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history()
    """)


def downgrade() -> None:
    op.drop_index(
        "uq_operations_client_key",
        table_name="operations",
        postgresql_where=sa.text("client_key IS NOT NULL"),
    )
    op.drop_index("ix_operations_order_id", table_name="operations")
    op.drop_index(
        "ix_operations_due", table_name="operations", postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.drop_table("operations")
    op.drop_index(
        "uq_registrations_current",
        table_name="registrations",
        postgresql_where=sa.text("status NOT IN ('expired','ended')"),
    )
    op.drop_index("ix_registrations_user_id", table_name="registrations")
    op.drop_index("ix_registrations_event_id", table_name="registrations")
    op.drop_index(
        "ix_registrations_due", table_name="registrations", postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.drop_table("registrations")
    op.drop_table("paid_events")
    op.drop_index("uq_orders_pays_seat", table_name="orders", postgresql_where=sa.text("pays_seat"))
    op.drop_index("uq_orders_open", table_name="orders", postgresql_where=sa.text("status = 'INITIATE'"))
    op.drop_index("ix_orders_user_id", table_name="orders")
    op.drop_index("ix_orders_registration_id", table_name="orders")
    op.drop_index("ix_orders_event_id", table_name="orders")
    op.drop_index("ix_orders_due", table_name="orders", postgresql_where=sa.text("due_at IS NOT NULL"))
    op.drop_index("ix_orders_created_at", table_name="orders")
    op.drop_table("orders")
    op.drop_index("ix_idempotency_keys_created_at", table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_index("ix_history_registration_id", table_name="history")
    op.drop_index("ix_history_order_id", table_name="history")
    op.drop_table("history")
    op.drop_index("uq_deliveries_fingerprint", table_name="deliveries")
    op.drop_index(
        "ix_deliveries_unsettled", table_name="deliveries", postgresql_where=sa.text("settled_at IS NULL")
    )
    op.drop_table("deliveries")
    op.drop_index("uq_attention_open", table_name="attention", postgresql_where=sa.text("closed_at IS NULL"))
    op.drop_table("attention")
    op.execute("DROP FUNCTION refuse_to_change_history()")

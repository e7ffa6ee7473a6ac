"""orders from the system before this one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "orders", sa.Column("is_imported", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.create_table(
        "imported_orders",
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("payment_link", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("raw", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "imported_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("enriched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("amount_ore", sa.Integer(), nullable=True),
        sa.Column("vipps_said", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "status IN ('INITIATE','RESERVED','SALE','CAPTURE','CANCEL','VOID','REFUND')",
            name=op.f("ck_imported_orders_status"),
        ),
        sa.CheckConstraint(
            "answer IN ('known','unknown','disregarded')", name=op.f("ck_imported_orders_answer")
        ),
        sa.CheckConstraint(
            "(answer IS NULL) = (enriched_at IS NULL)", name=op.f("ck_imported_orders_enriched")
        ),
        # what was paid is what Vipps names, never a guess
        sa.CheckConstraint(
            "(amount_ore IS NOT NULL) = coalesce(answer = 'known', false)",
            name=op.f("ck_imported_orders_amount"),
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_imported_orders")),
    )
    op.create_index("ix_imported_orders_event_id", "imported_orders", ["event_id", "user_id"], unique=False)
    op.create_index("ix_imported_orders_user_id", "imported_orders", ["user_id"], unique=False)
    op.create_index(
        "ix_imported_orders_answer",
        "imported_orders",
        ["answer"],
        unique=False,
        postgresql_where=sa.text("answer IS NOT NULL"),
    )
    op.create_index(
        "ix_imported_orders_due",
        "imported_orders",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_imported_orders_due", table_name="imported_orders", postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.drop_index(
        "ix_imported_orders_answer",
        table_name="imported_orders",
        postgresql_where=sa.text("answer IS NOT NULL"),
    )
    op.drop_index("ix_imported_orders_user_id", table_name="imported_orders")
    op.drop_index("ix_imported_orders_event_id", table_name="imported_orders")
    op.drop_table("imported_orders")
    op.drop_column("orders", "is_imported")

"""what we tell the event backend."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_NEWEST_FIRST: list[sa.ColumnElement[str]] = [
    sa.literal_column("created_at DESC"),
    sa.literal_column("notice_id DESC"),
]


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("notice_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("registration_id", sa.Text(), nullable=True),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("amount_ore", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_answer", sa.Text(), nullable=True),
        sa.Column("first_tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "type IN ('order.paid','order.cancelled','order.refunded','registration.expired','registration.held','attention.opened')",
            name=op.f("ck_notices_type"),
        ),
        sa.CheckConstraint("state IN ('waiting','delivered','given_up')", name=op.f("ck_notices_state")),
        sa.CheckConstraint("amount_ore >= 0", name=op.f("ck_notices_amount")),
        sa.CheckConstraint("state = 'waiting' OR due_at IS NULL", name=op.f("ck_notices_due")),
        sa.CheckConstraint(
            "(state = 'delivered') = (delivered_at IS NOT NULL)", name=op.f("ck_notices_delivered")
        ),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_notices")),
    )
    op.create_index("ix_notices_due", "notices", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_index(
        "ix_notices_lane", "notices", ["lane", "position"], postgresql_where=sa.text("state = 'waiting'")
    )
    op.create_index("ix_notices_created_at", "notices", _NEWEST_FIRST)
    op.create_index("ix_notices_event_id", "notices", ["event_id", *_NEWEST_FIRST])
    op.create_index("ix_notices_registration_id", "notices", ["registration_id"])
    op.create_index("ix_notices_user_id", "notices", ["user_id"])
    op.create_index(
        "ix_notices_state",
        "notices",
        ["state", *_NEWEST_FIRST],
        postgresql_where=sa.text("state <> 'delivered'"),
    )


def downgrade() -> None:
    op.drop_table("notices")

"""every list and every search has an index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_NEWEST_FIRST: sa.ColumnClause[object] = sa.literal_column("created_at DESC")


def upgrade() -> None:
    # each keeps writers out while it is made, which is well under a second for a hundred thousand rows
    op.create_index(
        "ix_paid_events_created_at", "paid_events", [_NEWEST_FIRST, sa.literal_column("event_id DESC")]
    )
    newest = [_NEWEST_FIRST, sa.literal_column("registration_id DESC")]
    op.create_index("ix_registrations_created_at", "registrations", newest)
    op.create_index("ix_registrations_status", "registrations", ["status", *newest])
    op.create_index(
        "ix_orders_status", "orders", ["status", _NEWEST_FIRST, sa.literal_column("order_id DESC")]
    )
    for name, column in _SEARCHED.items():
        op.create_index(name, "orders", [sa.literal_column(f"{column} text_pattern_ops")])
    op.create_index(
        "ix_attention_open",
        "attention",
        [sa.literal_column("opened_at DESC"), sa.literal_column("attention_id DESC")],
        postgresql_where=sa.text("closed_at IS NULL"),
    )


_SEARCHED = {
    "ix_orders_search_order_id": "CAST(order_id AS TEXT)",
    "ix_orders_search_user_id": "user_id",
    "ix_orders_search_event_id": "event_id",
}


def downgrade() -> None:
    op.drop_index("ix_attention_open", table_name="attention")
    for name in (*_SEARCHED, "ix_orders_status"):
        op.drop_index(name, table_name="orders")
    op.drop_index("ix_registrations_status", table_name="registrations")
    op.drop_index("ix_registrations_created_at", table_name="registrations")
    op.drop_index("ix_paid_events_created_at", table_name="paid_events")

"""starts that may be repeated, and payments pushed to a phone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "orders", sa.Column("is_pushed", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column(
        "orders", sa.Column("start_request", postgresql.JSONB(astext_type=sa.Text()), nullable=True)
    )
    # NOT VALID first: with a lock that stops nobody, for no row can break it yet
    op.execute(
        "ALTER TABLE orders ADD CONSTRAINT ck_orders_start_request"
        " CHECK (start_request IS NULL OR status = 'INITIATE') NOT VALID"
    )
    op.execute("ALTER TABLE orders VALIDATE CONSTRAINT ck_orders_start_request")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_orders_start_request"), "orders", type_="check")
    op.drop_column("orders", "start_request")
    op.drop_column("orders", "is_pushed")

"""members and events that go: what is left to do about an event, and who and why struck out of the history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "removals",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column(
            "gone_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_removals")),
    )
    op.create_index(
        "ix_deliveries_with_body",
        "deliveries",
        ["received_at"],
        postgresql_where=sa.text("octet_length(body) > 0"),
    )
    # what callers name their requests is from now on kept as a hash: it may say anything
    op.execute(
        "UPDATE operations SET client_key = encode(sha256(convert_to(client_key, 'UTF8')), 'hex')"
        " WHERE client_key IS NOT NULL"
    )
    op.execute("UPDATE idempotency_keys SET key = encode(sha256(convert_to(key, 'UTF8')), 'hex')")
    op.execute("""
        CREATE OR REPLACE FUNCTION refuse_to_change_history() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            struck text[] := ARRAY['actor', 'by', 'reason'];
        BEGIN
            -- who did it and why may be struck out, to one word; all the rest stays as it was written
            IF TG_OP = 'UPDATE' THEN
                IF NEW.evidence <> OLD.evidence
                    AND ROW(NEW.history_id, NEW.at, NEW.order_id, NEW.registration_id, NEW.what)
                        IS NOT DISTINCT FROM ROW(OLD.history_id, OLD.at, OLD.order_id, OLD.registration_id, OLD.what)
                    AND NEW.evidence - struck = OLD.evidence - struck
                    AND NOT EXISTS (
                        SELECT 1 FROM unnest(struck) AS word
                        WHERE NEW.evidence -> word IS DISTINCT FROM OLD.evidence -> word
                            AND (OLD.evidence -> word IS NULL OR NEW.evidence -> word IS DISTINCT FROM '"erased"'))
                THEN
                    RETURN NEW;
                END IF;
            END IF;
            RAISE EXCEPTION 'history is only ever added to' USING ERRCODE = 'restrict_violation';
        END $$
    """)


def downgrade() -> None:
    op.execute("""
        CREATE OR REPLACE FUNCTION refuse_to_change_history() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'history is only ever added to' USING ERRCODE = 'restrict_violation';
        END $$
    """)
    op.drop_index(
        "ix_deliveries_with_body",
        table_name="deliveries",
        postgresql_where=sa.text("octet_length(body) > 0"),
    )
    op.drop_table("removals")

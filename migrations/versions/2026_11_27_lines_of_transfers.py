"""Lines of transfers: what was shipped or announced, received, written off, and is awaited."""

import sqlalchemy as sa
from alembic import op

revision = "4c1e7a9d2b60"
down_revision = "0fb0d7a8910f"
branch_labels = None
depends_on = None

# They follow from what was decided and stated already.
REPLAYED_AGAIN = """INSERT INTO outbox (kind, subject_type, subject_id, created, attempts)
    SELECT 'reconcile', 'transfer', transfer_id, MAX(since), 0
    FROM (SELECT transfer_id, since FROM transfer
          UNION ALL
          SELECT transfer_id, happened FROM stock_statement WHERE transfer_id IS NOT NULL) AS sent
    GROUP BY transfer_id"""


def upgrade() -> None:
    op.create_table(
        "transfer_line",
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("lot", sa.Text(), nullable=True),
        sa.Column("serial", sa.Text(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("written_off", sa.BigInteger(), nullable=False),
        sa.Column("awaited", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_type", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_line")),
        sa.CheckConstraint("awaited >= 0", name=op.f("ck_transfer_line_awaited")),
    )
    with op.batch_alter_table("transfer_line", schema=None) as batch_op:
        batch_op.create_index("ix_transfer_line_owner", ["owner_type", "owner_id"], unique=False)
        batch_op.create_index("ix_transfer_line_transfer_id", ["transfer_id"], unique=False)
    op.execute(REPLAYED_AGAIN)


def downgrade() -> None:
    op.drop_table("transfer_line")

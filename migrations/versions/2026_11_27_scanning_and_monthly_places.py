"""Codes are found by serial and shelf; places ask each month for what they lack."""

import sqlalchemy as sa
from alembic import op

revision = "37218c3b2fc0"
down_revision = "0f59059d01d5"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("balance", schema=None) as batch_op:
        batch_op.create_index("ix_balance_serial", ["serial"], unique=False)

    with op.batch_alter_table("place", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("monthly", sa.Boolean(), server_default=sa.false(), nullable=False)
        )

    with op.batch_alter_table("stock_level", schema=None) as batch_op:
        batch_op.create_index("ix_stock_level_shelf", ["shelf"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("stock_level", schema=None) as batch_op:
        batch_op.drop_index("ix_stock_level_shelf")

    with op.batch_alter_table("place", schema=None) as batch_op:
        batch_op.drop_column("monthly")

    with op.batch_alter_table("balance", schema=None) as batch_op:
        batch_op.drop_index("ix_balance_serial")

"""what a judgement costs."""

import sqlalchemy as sa
from alembic import op

revision = "b2d47f0a6c91"
down_revision = "8c1f0b6d9e24"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was judged before counts as small until it is judged again."""
    with op.batch_alter_table("subject") as table:
        table.add_column(sa.Column("facts", sa.BigInteger(), nullable=False, server_default="0"))
    with op.batch_alter_table("subject") as table:
        table.alter_column("facts", server_default=None)


def downgrade() -> None:
    """Nobody counts facts any more."""
    with op.batch_alter_table("subject") as table:
        table.drop_column("facts")

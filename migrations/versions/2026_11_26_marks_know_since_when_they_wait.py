"""marks know since when they wait."""

import sqlalchemy as sa
from alembic import op

revision = "faffb467bd51"
down_revision = "ff6c45be5787"
branch_labels = None
depends_on = None


TABLES = ("source_mark", "document_mark")


def upgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column("made", sa.DateTime(timezone=True), nullable=True))
        op.execute(f"UPDATE {table} SET made = CURRENT_TIMESTAMP")  # What waits, waits on.
        with op.batch_alter_table(table) as batch_op:
            batch_op.alter_column("made", nullable=False)


def downgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column("made")

"""What an inspection of a loaner found, beside what was signed for; accessories of units."""

import sqlalchemy as sa
from alembic import op

revision = "0fb0d7a8910f"
down_revision = "760862fcf887"
branch_labels = None
depends_on = None

# What was signed for had been overwritten: the chains are replayed from what was stated.
LOANERS_AGAIN = """INSERT INTO outbox (kind, subject_type, subject_id, created, attempts)
    SELECT 'reconcile', 'unit', loaner_id, MAX(since), 0 FROM custody GROUP BY loaner_id"""
# The steps of customers' units did not tell what came and went with them.
UNITS_AGAIN = """INSERT INTO outbox (kind, subject_type, subject_id, created, attempts)
    SELECT 'reconcile', 'asset', asset_id, MAX(since), 0 FROM unit_stay GROUP BY asset_id"""


def upgrade() -> None:
    with op.batch_alter_table("custody", schema=None) as batch_op:
        batch_op.add_column(sa.Column("inspected_as", sa.Text(), nullable=True))
    op.execute(LOANERS_AGAIN)
    op.execute(UNITS_AGAIN)


def downgrade() -> None:
    with op.batch_alter_table("custody", schema=None) as batch_op:
        batch_op.drop_column("inspected_as")

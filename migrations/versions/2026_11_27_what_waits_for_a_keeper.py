"""What waits for a keeper, and units taken from another site than theirs: both are found now."""

from alembic import op

revision = "7d52c19e40ab"
down_revision = "4c1e7a9d2b60"
branch_labels = None
depends_on = None

JUDGED_AGAIN = """INSERT INTO outbox (kind, subject_type, subject_id, created, attempts)
    SELECT 'judge', subject_type, subject_id, MAX(received), 0
    FROM standing JOIN fact ON fact.key = standing.id
    WHERE subject_type IN ('place', 'requisition')
    AND reason IN ('not_assigned', 'unknown_subject') GROUP BY subject_type, subject_id"""

REPLAYED_AGAIN = """INSERT INTO outbox (kind, subject_type, subject_id, created, attempts)
    SELECT 'reconcile', 'asset', asset_id, MAX(since), 0
    FROM unit_stay WHERE until IS NULL GROUP BY asset_id"""


def upgrade() -> None:
    op.execute(JUDGED_AGAIN)
    op.execute(REPLAYED_AGAIN)


def downgrade() -> None:
    """What was found stays: nobody ends it, and it says what is so."""

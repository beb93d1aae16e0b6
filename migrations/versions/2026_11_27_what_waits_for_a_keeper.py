"""What was stated for places that its author does not keep: it is judged again, and found."""

from alembic import op

revision = "7d52c19e40ab"
down_revision = "0fb0d7a8910f"
branch_labels = None
depends_on = None

JUDGED_AGAIN = """INSERT INTO outbox (kind, subject_type, subject_id, created, attempts)
    SELECT 'judge', subject_type, subject_id, MAX(received), 0
    FROM standing JOIN fact ON fact.key = standing.id
    WHERE subject_type IN ('place', 'requisition')
    AND reason IN ('not_assigned', 'unknown_subject') GROUP BY subject_type, subject_id"""


def upgrade() -> None:
    op.execute(JUDGED_AGAIN)


def downgrade() -> None:
    """What was found stays: nobody ends it, and it says what is so."""

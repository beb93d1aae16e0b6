"""lost numbers are ranges."""

import sqlalchemy as sa
from alembic import op

revision = "37672c61804d"
down_revision = "7d52c19e40ab"
branch_labels = None
depends_on = None

RANGES = """
INSERT INTO lost_range (origin_id, first, last)
SELECT origin_id, min(seq), max(seq) FROM (
    SELECT origin_id, seq,
        seq - row_number() OVER (PARTITION BY origin_id ORDER BY seq) AS gaps
    FROM lost_seq
) AS numbered
GROUP BY origin_id, gaps
"""
NUMBERS = """
INSERT INTO lost_seq (origin_id, seq)
WITH RECURSIVE numbers (origin_id, seq, last) AS (
    SELECT origin_id, first, last FROM lost_range
    UNION ALL
    SELECT origin_id, seq + 1, last FROM numbers WHERE seq < last
)
SELECT DISTINCT origin_id, seq FROM numbers
"""


def upgrade() -> None:
    op.create_table(
        "lost_range",
        sa.Column("origin_id", sa.Uuid(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["origin_id"], ["origin.id"], name=op.f("fk_lost_range_origin_id")),
        sa.PrimaryKeyConstraint("origin_id", "first", "last", name=op.f("pk_lost_range")),
    )
    op.execute(RANGES)
    op.drop_table("lost_seq")


def downgrade() -> None:
    op.create_table(
        "lost_seq",
        sa.Column("origin_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["origin_id"], ["origin.id"], name=op.f("fk_lost_seq_origin_id")),
        sa.PrimaryKeyConstraint("origin_id", "seq", name=op.f("pk_lost_seq")),
    )
    op.execute(NUMBERS)
    op.drop_table("lost_range")

"""Parts in machines."""

import sqlalchemy as sa
from alembic import op

revision = "0f59059d01d5"
down_revision = "df1498c3336a"
branch_labels = None
depends_on = None

MONTHS = "warranty_months BETWEEN 0 AND 1200"
# What was fitted follows from the records that are there already.
JUDGED_AGAIN = """INSERT INTO outbox (kind, subject_type, subject_id, created, attempts)
    SELECT 'judge', 'visit', visit_id, MAX(sealed), 0 FROM record_version GROUP BY visit_id"""


def upgrade() -> None:
    op.create_table(
        "installed",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("work_order_id", sa.Uuid(), nullable=True),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("lot", sa.Text(), nullable=True),
        sa.Column("serial", sa.Text(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("removed_part", sa.Uuid(), nullable=True),
        sa.Column("removed_serial", sa.Text(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_type", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installed")),
    )
    with op.batch_alter_table("installed", schema=None) as batch_op:
        batch_op.create_index("ix_installed_owner", ["owner_type", "owner_id"], unique=False)
        batch_op.create_index("ix_installed_visit_id", ["visit_id"], unique=False)

    with op.batch_alter_table("part", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("warranty_months", sa.BigInteger(), server_default="12", nullable=False)
        )
        batch_op.create_check_constraint("warranty_months", MONTHS)
    op.execute(JUDGED_AGAIN)


def downgrade() -> None:
    with op.batch_alter_table("part", schema=None) as batch_op:
        batch_op.drop_constraint("warranty_months", type_="check")
        batch_op.drop_column("warranty_months")

    with op.batch_alter_table("installed", schema=None) as batch_op:
        batch_op.drop_index("ix_installed_visit_id")
        batch_op.drop_index("ix_installed_owner")

    op.drop_table("installed")

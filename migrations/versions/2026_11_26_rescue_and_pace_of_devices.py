"""rescue and pace of devices."""

import sqlalchemy as sa
from alembic import op

revision = "582d3365c394"
down_revision = "cf41dcc7b2b9"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "paper",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("scan", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["origin.id"], name=op.f("fk_paper_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_paper_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper")),
        sa.UniqueConstraint("visit_id", "scan", name=op.f("uq_paper_visit_id_scan")),
    )
    op.create_table(
        "bringing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("exported", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts", sa.BigInteger(), nullable=False),
        sa.Column("photos", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_bringing_device_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_bringing_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bringing")),
    )
    with op.batch_alter_table("bringing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bringing_device_id"), ["device_id"], unique=False)

    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.add_column(sa.Column("renewed", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("busy_until", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("fact", schema=None) as batch_op:
        batch_op.add_column(sa.Column("bringing_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_fact_bringing_id"), "bringing", ["bringing_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("fact", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_fact_bringing_id"), type_="foreignkey")
        batch_op.drop_column("bringing_id")

    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.drop_column("busy_until")
        batch_op.drop_column("renewed")

    with op.batch_alter_table("bringing", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bringing_device_id"))

    op.drop_table("bringing")
    op.drop_table("paper")

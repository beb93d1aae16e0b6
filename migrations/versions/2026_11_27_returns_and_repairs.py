"""Returns and repairs."""

import sqlalchemy as sa
from alembic import op

revision = "760862fcf887"
down_revision = "d2e0db5863d2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "repair",
        sa.Column("removal_id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("return_id", sa.Uuid(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("serials", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_type", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["part_id"], ["part.id"], name=op.f("fk_repair_part_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_repair_place_id")),
        sa.ForeignKeyConstraint(["removal_id"], ["decision.id"], name=op.f("fk_repair_removal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repair")),
    )
    with op.batch_alter_table("repair", schema=None) as batch_op:
        batch_op.create_index("ix_repair_due_id", ["due", "id"], unique=False)
        batch_op.create_index("ix_repair_owner", ["owner_type", "owner_id"], unique=False)
        batch_op.create_index("ix_repair_part_id", ["part_id"], unique=False)
        batch_op.create_index("ix_repair_removal_id", ["removal_id"], unique=False)
        batch_op.create_index("ix_repair_return_id", ["return_id"], unique=False)
        batch_op.create_index("ix_repair_since_id", ["since", "id"], unique=False)

    op.create_table(
        "customer_return",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("case", sa.Text(), nullable=False),
        sa.Column("goods", sa.Text(), nullable=True),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("requested", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("timely", sa.Boolean(), nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("asked", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("repair_tried", sa.Text(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("received", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_type", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "status IN ('asked', 'permitted', 'refused', 'partly_received', 'received', 'closed')",
            name=op.f("ck_customer_return_status"),
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract.id"], name=op.f("fk_customer_return_contract_id")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_customer_return_customer_id")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["service_plan.id"], name=op.f("fk_customer_return_plan_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_customer_return_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_return")),
    )
    with op.batch_alter_table("customer_return", schema=None) as batch_op:
        batch_op.create_index("ix_customer_return_asked_id", ["asked", "id"], unique=False)
        batch_op.create_index("ix_customer_return_contract_id", ["contract_id"], unique=False)
        batch_op.create_index("ix_customer_return_customer_id", ["customer_id"], unique=False)
        batch_op.create_index("ix_customer_return_owner", ["owner_type", "owner_id"], unique=False)
        batch_op.create_index("ix_customer_return_received_id", ["received", "id"], unique=False)
        batch_op.create_index("ix_customer_return_user_id", ["user_id"], unique=False)

    op.create_table(
        "customer_return_line",
        sa.Column("return_id", sa.Uuid(), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("lot", sa.Text(), nullable=True),
        sa.Column("serial", sa.Text(), nullable=True),
        sa.Column("listed", sa.BigInteger(), nullable=True),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("repair", sa.BigInteger(), nullable=False),
        sa.Column("maker", sa.BigInteger(), nullable=False),
        sa.Column("scrap", sa.BigInteger(), nullable=False),
        sa.Column("elsewhere", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_type", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["part_id"], ["part.id"], name=op.f("fk_customer_return_line_part_id")
        ),
        sa.ForeignKeyConstraint(
            ["return_id"], ["customer_return.id"], name=op.f("fk_customer_return_line_return_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_return_line")),
    )
    with op.batch_alter_table("customer_return_line", schema=None) as batch_op:
        batch_op.create_index(
            "ix_customer_return_line_owner", ["owner_type", "owner_id"], unique=False
        )
        batch_op.create_index("ix_customer_return_line_part_id", ["part_id"], unique=False)
        batch_op.create_index("ix_customer_return_line_return_id", ["return_id"], unique=False)
        batch_op.create_index("ix_customer_return_line_serial", ["serial"], unique=False)

    with op.batch_alter_table("transfer", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("repaired", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("removal_id", sa.Uuid(), nullable=True))
        batch_op.create_index("ix_transfer_removal_id", ["removal_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("transfer", schema=None) as batch_op:
        batch_op.drop_index("ix_transfer_removal_id")
        batch_op.drop_column("removal_id")
        batch_op.drop_column("repaired")

    with op.batch_alter_table("customer_return_line", schema=None) as batch_op:
        batch_op.drop_index("ix_customer_return_line_serial")
        batch_op.drop_index("ix_customer_return_line_return_id")
        batch_op.drop_index("ix_customer_return_line_part_id")
        batch_op.drop_index("ix_customer_return_line_owner")

    op.drop_table("customer_return_line")
    with op.batch_alter_table("customer_return", schema=None) as batch_op:
        batch_op.drop_index("ix_customer_return_user_id")
        batch_op.drop_index("ix_customer_return_received_id")
        batch_op.drop_index("ix_customer_return_owner")
        batch_op.drop_index("ix_customer_return_customer_id")
        batch_op.drop_index("ix_customer_return_contract_id")
        batch_op.drop_index("ix_customer_return_asked_id")

    op.drop_table("customer_return")
    with op.batch_alter_table("repair", schema=None) as batch_op:
        batch_op.drop_index("ix_repair_since_id")
        batch_op.drop_index("ix_repair_return_id")
        batch_op.drop_index("ix_repair_removal_id")
        batch_op.drop_index("ix_repair_part_id")
        batch_op.drop_index("ix_repair_owner")
        batch_op.drop_index("ix_repair_due_id")

    op.drop_table("repair")

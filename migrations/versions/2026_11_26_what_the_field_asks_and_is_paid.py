"""what the field asks and is paid."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "e388c5592147"
down_revision = "582d3365c394"
branch_labels = None
depends_on = None

# How many decisions of a kind stand in the timeline of each row's subject.
DECIDED = """(
    SELECT count(*) FROM decision
    JOIN decision_subject ON decision_subject.decision_id = decision.id
    WHERE decision_subject.subject_type = '{0}' AND decision_subject.subject_id = {0}.id
    AND decision.kind = '{1}'
)"""


def add(table: str, column: str, type_: Any, value: str) -> None:
    """Add a column that is never null, with a value for the rows that there are."""
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.add_column(sa.Column(column, type_, nullable=True))
    op.execute(f"UPDATE {table} SET {column} = {value}")
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.alter_column(column, existing_type=type_, nullable=False)


def upgrade() -> None:
    op.create_table(
        "unit_statement",
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("origin_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("taken", sa.Boolean(), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("happened", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_type", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_unit_statement_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_statement")),
    )
    with op.batch_alter_table("unit_statement", schema=None) as batch_op:
        batch_op.create_index("ix_unit_statement_asset_id", ["asset_id"], unique=False)
        batch_op.create_index("ix_unit_statement_owner", ["owner_type", "owner_id"], unique=False)

    op.create_table(
        "lost_seq",
        sa.Column("origin_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["origin_id"], ["origin.id"], name=op.f("fk_lost_seq_origin_id")),
        sa.PrimaryKeyConstraint("origin_id", "seq", name=op.f("pk_lost_seq")),
    )
    op.create_table(
        "unit_stay",
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_type", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_unit_stay_asset_id")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_unit_stay_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_stay")),
    )
    with op.batch_alter_table("unit_stay", schema=None) as batch_op:
        batch_op.create_index("ix_unit_stay_asset_id", ["asset_id"], unique=False)
        batch_op.create_index("ix_unit_stay_owner", ["owner_type", "owner_id"], unique=False)

    op.create_table(
        "money",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("fact_key", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("happened", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_type", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('expense', 'payment')", name=op.f("ck_money_kind")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_money_amount")),
        sa.ForeignKeyConstraint(["fact_key"], ["fact.key"], name=op.f("fk_money_fact_key")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_money_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_money")),
    )
    with op.batch_alter_table("money", schema=None) as batch_op:
        batch_op.create_index("ix_money_owner", ["owner_type", "owner_id"], unique=False)
        batch_op.create_index("ix_money_user_id", ["user_id"], unique=False)
        batch_op.create_index("ix_money_visit_id", ["visit_id"], unique=False)

    op.create_table(
        "notice_answer",
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("fact_key", sa.Uuid(), nullable=False),
        sa.Column("choice", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("answered", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_type", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["fact_key"], ["fact.key"], name=op.f("fk_notice_answer_fact_key")),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name=op.f("fk_notice_answer_notice_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_notice_answer_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_answer")),
    )
    with op.batch_alter_table("notice_answer", schema=None) as batch_op:
        batch_op.create_index("ix_notice_answer_notice_id", ["notice_id"], unique=False)
        batch_op.create_index("ix_notice_answer_owner", ["owner_type", "owner_id"], unique=False)

    op.create_table(
        "proposal",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("fact_key", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("happened", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_type", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state IN ('proposed', 'accepted', 'set_aside')", name=op.f("ck_proposal_state")
        ),
        sa.ForeignKeyConstraint(["fact_key"], ["fact.key"], name=op.f("fk_proposal_fact_key")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_proposal_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.create_index("ix_proposal_fact_key", ["fact_key"], unique=False)
        batch_op.create_index("ix_proposal_owner", ["owner_type", "owner_id"], unique=False)
        batch_op.create_index("ix_proposal_visit_id", ["visit_id"], unique=False)

    add("record_version", "stands", sa.Boolean(), "true")
    add("visit", "billed", sa.Boolean(), "false")
    add("visit", "plans", sa.BigInteger(), DECIDED.format("visit", "visit.planned"))
    add(
        "work_order", "changes", sa.BigInteger(), DECIDED.format("work_order", "work_order.changed")
    )


def downgrade() -> None:
    with op.batch_alter_table("work_order", schema=None) as batch_op:
        batch_op.drop_column("changes")

    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.drop_column("billed")
        batch_op.drop_column("plans")

    with op.batch_alter_table("record_version", schema=None) as batch_op:
        batch_op.drop_column("stands")

    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.drop_index("ix_proposal_visit_id")
        batch_op.drop_index("ix_proposal_owner")
        batch_op.drop_index("ix_proposal_fact_key")

    op.drop_table("proposal")
    with op.batch_alter_table("notice_answer", schema=None) as batch_op:
        batch_op.drop_index("ix_notice_answer_owner")
        batch_op.drop_index("ix_notice_answer_notice_id")

    op.drop_table("notice_answer")
    with op.batch_alter_table("money", schema=None) as batch_op:
        batch_op.drop_index("ix_money_visit_id")
        batch_op.drop_index("ix_money_user_id")
        batch_op.drop_index("ix_money_owner")

    op.drop_table("money")
    with op.batch_alter_table("unit_stay", schema=None) as batch_op:
        batch_op.drop_index("ix_unit_stay_owner")
        batch_op.drop_index("ix_unit_stay_asset_id")

    op.drop_table("unit_stay")
    op.drop_table("lost_seq")
    with op.batch_alter_table("unit_statement", schema=None) as batch_op:
        batch_op.drop_index("ix_unit_statement_owner")
        batch_op.drop_index("ix_unit_statement_asset_id")

    op.drop_table("unit_statement")

"""custody, reservations and the workshop."""

import sqlalchemy as sa
from alembic import op

revision = "df1498c3336a"
down_revision = "0710a04d23c2"
branch_labels = None
depends_on = None

# What is derived is told by the rows there are, and then derived again by the worker: the columns
# that are new are known to facts and decisions only.
FILLED = (
    """UPDATE custody SET statement_id = id, reminders = 0,
    state = CASE holder_type WHEN 'site' THEN 'out' ELSE 'available' END,
    cause_id = coalesce(
        (SELECT cause_id FROM custody_statement WHERE custody_statement.id = custody.id), id
    )""",
    "UPDATE unit_statement SET cause_id = id",
    "UPDATE unit_stay SET step = 'taken', step_since = since",
    """INSERT INTO outbox (kind, subject_type, subject_id, created, attempts)
    SELECT DISTINCT 'judge', 'visit', owner_id, CURRENT_TIMESTAMP, 0
    FROM custody_statement WHERE owner_type = 'visit'""",
    """INSERT INTO outbox (kind, subject_type, subject_id, created, attempts)
    SELECT DISTINCT 'judge', 'visit', owner_id, CURRENT_TIMESTAMP, 0
    FROM unit_statement WHERE owner_type = 'visit'""",
    """INSERT INTO outbox (kind, subject_type, subject_id, created, attempts)
    SELECT DISTINCT 'reconcile', 'unit', loaner_id, CURRENT_TIMESTAMP, 0 FROM custody_statement""",
    """INSERT INTO outbox (kind, subject_type, subject_id, created, attempts)
    SELECT DISTINCT 'reconcile', 'asset', asset_id, CURRENT_TIMESTAMP, 0 FROM unit_statement""",
)
NEEDED = {
    "custody": ("statement_id", "cause_id", "state", "reminders"),
    "unit_statement": ("cause_id",),
    "unit_stay": ("step", "step_since"),
}


def upgrade() -> None:
    op.create_table(
        "loaner_reservation",
        sa.Column("loaner_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("work_order_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_type", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("starts < until", name=op.f("ck_loaner_reservation_interval")),
        sa.ForeignKeyConstraint(
            ["loaner_id"], ["loaner.id"], name=op.f("fk_loaner_reservation_loaner_id")
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_loaner_reservation_site_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_loaner_reservation_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loaner_reservation")),
    )
    with op.batch_alter_table("loaner_reservation", schema=None) as batch_op:
        batch_op.create_index("ix_loaner_reservation_loaner_id", ["loaner_id"], unique=False)
        batch_op.create_index(
            "ix_loaner_reservation_owner", ["owner_type", "owner_id"], unique=False
        )
        batch_op.create_index("ix_loaner_reservation_starts_id", ["starts", "id"], unique=False)
        batch_op.create_index("ix_loaner_reservation_state_until", ["state", "until"], unique=False)

    op.create_table(
        "unit_step",
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("stay_id", sa.Uuid(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_type", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_unit_step_asset_id")),
        sa.ForeignKeyConstraint(["stay_id"], ["unit_stay.id"], name=op.f("fk_unit_step_stay_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_step")),
    )
    with op.batch_alter_table("unit_step", schema=None) as batch_op:
        batch_op.create_index("ix_unit_step_asset_id", ["asset_id"], unique=False)
        batch_op.create_index("ix_unit_step_owner", ["owner_type", "owner_id"], unique=False)
        batch_op.create_index("ix_unit_step_stay_id", ["stay_id"], unique=False)

    with op.batch_alter_table("custody", schema=None) as batch_op:
        batch_op.add_column(sa.Column("statement_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("cause_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("state", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("reminders", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("condition", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("accessories", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("photos", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("instead_of", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("inspected", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index("ix_custody_since_id", ["since", "id"], unique=False)

    with op.batch_alter_table("custody_statement", schema=None) as batch_op:
        batch_op.add_column(sa.Column("condition", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("accessories", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("photos", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("instead_of", sa.Uuid(), nullable=True))

    with op.batch_alter_table("unit_statement", schema=None) as batch_op:
        batch_op.add_column(sa.Column("cause_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("accessories", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("data_loss", sa.Boolean(), nullable=True))

    with op.batch_alter_table("unit_stay", schema=None) as batch_op:
        batch_op.add_column(sa.Column("accessories", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("data_loss", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("step", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("step_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("place_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("price_fen", sa.BigInteger(), nullable=True))
        batch_op.create_index("ix_unit_stay_since_id", ["since", "id"], unique=False)
        batch_op.create_index("ix_unit_stay_step_since_id", ["step_since", "id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_unit_stay_place_id"), "place", ["place_id"], ["id"]
        )

    for statement in FILLED:
        op.execute(statement)
    for table, columns in NEEDED.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.alter_column(column, nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("unit_stay", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_unit_stay_place_id"), type_="foreignkey")
        batch_op.drop_index("ix_unit_stay_step_since_id")
        batch_op.drop_index("ix_unit_stay_since_id")
        batch_op.drop_column("price_fen")
        batch_op.drop_column("place_id")
        batch_op.drop_column("step_since")
        batch_op.drop_column("step")
        batch_op.drop_column("data_loss")
        batch_op.drop_column("accessories")

    with op.batch_alter_table("unit_statement", schema=None) as batch_op:
        batch_op.drop_column("data_loss")
        batch_op.drop_column("accessories")
        batch_op.drop_column("cause_id")

    with op.batch_alter_table("custody_statement", schema=None) as batch_op:
        batch_op.drop_column("instead_of")
        batch_op.drop_column("photos")
        batch_op.drop_column("accessories")
        batch_op.drop_column("condition")

    with op.batch_alter_table("custody", schema=None) as batch_op:
        batch_op.drop_index("ix_custody_since_id")
        batch_op.drop_column("inspected")
        batch_op.drop_column("instead_of")
        batch_op.drop_column("photos")
        batch_op.drop_column("accessories")
        batch_op.drop_column("condition")
        batch_op.drop_column("reminders")
        batch_op.drop_column("state")
        batch_op.drop_column("cause_id")
        batch_op.drop_column("statement_id")

    with op.batch_alter_table("unit_step", schema=None) as batch_op:
        batch_op.drop_index("ix_unit_step_stay_id")
        batch_op.drop_index("ix_unit_step_owner")
        batch_op.drop_index("ix_unit_step_asset_id")

    op.drop_table("unit_step")
    with op.batch_alter_table("loaner_reservation", schema=None) as batch_op:
        batch_op.drop_index("ix_loaner_reservation_state_until")
        batch_op.drop_index("ix_loaner_reservation_starts_id")
        batch_op.drop_index("ix_loaner_reservation_owner")
        batch_op.drop_index("ix_loaner_reservation_loaner_id")

    op.drop_table("loaner_reservation")

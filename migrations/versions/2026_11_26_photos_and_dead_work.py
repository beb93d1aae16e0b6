"""photos and dead work."""

import sqlalchemy as sa
from alembic import op

revision = "88dc82a06b00"
down_revision = "faffb467bd51"
branch_labels = None
depends_on = None

STATES = ("arrived", "present", "unreadable")


def upgrade() -> None:
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("dead", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("photo_bytes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reason", sa.Text(), nullable=True))
        batch_op.add_column(
            sa.Column("seen", sa.JSON(), nullable=False, server_default=sa.text("'{}'"))
        )
        batch_op.add_column(sa.Column("erased", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("erased_under", sa.Text(), nullable=True))
    with op.batch_alter_table("photo_bytes", schema=None) as batch_op:
        batch_op.alter_column("seen", server_default=None)
    set_states(*STATES, "erased")

    with op.batch_alter_table("photo_promise", schema=None) as batch_op:
        batch_op.add_column(sa.Column("subject_id", sa.Uuid(), nullable=True))
        batch_op.create_index("ix_photo_promise_subject_id", ["subject_id"], unique=False)

    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.add_column(sa.Column("expires", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE upload SET expires = created")
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.alter_column("expires", nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.drop_column("expires")

    with op.batch_alter_table("photo_promise", schema=None) as batch_op:
        batch_op.drop_index("ix_photo_promise_subject_id")
        batch_op.drop_column("subject_id")

    # What was erased stays erased, and is kept as bytes that nobody can read.
    op.execute("UPDATE photo_bytes SET state = 'unreadable' WHERE state = 'erased'")
    set_states(*STATES)
    with op.batch_alter_table("photo_bytes", schema=None) as batch_op:
        batch_op.drop_column("erased_under")
        batch_op.drop_column("erased")
        batch_op.drop_column("seen")
        batch_op.drop_column("reason")

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_column("dead")


def set_states(*states: str) -> None:
    """Let photo_bytes.state be one of these."""
    name = op.f("ck_photo_bytes_state")
    with op.batch_alter_table("photo_bytes", schema=None) as batch_op:
        batch_op.drop_constraint(name, type_="check")
        batch_op.create_check_constraint(name, f"state IN ({', '.join(map(repr, states))})")
